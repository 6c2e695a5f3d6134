package line

import (
	"bytes"
	"unicode/utf8"
)

// Kind is what a sample does.
type Kind uint8

// The kinds of samples. Values keep the unit that they were sent in: Millis are
// milliseconds.
const (
	Counter Kind = iota // name or |c
	OK                  // ok_name:1
	Fail                // ok_name:0
	Millis              // name:n, |ms or |h
	Value               // |d
	Gauge               // |g
	Set                 // |s

	// Kinds is how many there are.
	Kinds = iota
)

var kindText = [Kinds]string{"counter", "ok", "fail", "timing", "value", "gauge", "set"}

// String names the kind as the conformance table does.
func (k Kind) String() string {
	if int(k) < len(kindText) {
		return kindText[k]
	}
	return "unknown kind"
}

// Timing reports whether the values of a kind are observations, of which the
// spread is kept.
func (k Kind) Timing() bool { return k == Millis || k == Value }

// Sample is one value of a line.
type Sample struct {
	Kind   Kind
	Delta  bool    // a gauge is raised by Value, not set
	Value  float64 // as written, finite
	Rate   float64 // in (0, 1]: it stands for 1/Rate
	Member []byte  // of a set
}

// Line is one parsed line: a name with samples, or an Event, or a Check. Its
// slices point into the input: it is good until that is overwritten, or until
// the next Parse. An Event and a Check are copies.
type Line struct {
	Name, Tags []byte
	Samples    []Sample
	At         int64 // of the samples, seconds since 1970; 0 for now
	Ignored    int   // origin fields that were skipped
	Event      *Event
	Check      *Check
}

// Parser parses lines into its Line, which it uses again for each. It is for one
// goroutine.
type Parser struct {
	MaxName, MaxTags int // bytes; a name may have none of 0
	// SignedGauges makes +2|g and -2|g values, as DogStatsD has them, rather than
	// steps up and down, as etsy has them.
	SignedGauges bool
	Line
}

// Parse reads b, one line without its end as Next gives it. What it refuses
// leaves Line undefined.
func (p *Parser) Parse(b []byte) Reason {
	p.clear()
	end := nameEnd(b)
	if end == 0 || end > p.MaxName || b[0] == '_' {
		return p.parseAny(b)
	}
	if end == len(b) {
		return p.bare(b)
	}
	if b[end] == ':' && p.quick(b, end) {
		return Good
	}
	return p.parseAny(b)
}

// clear takes back what a line may leave. It writes no pointer without need:
// that would cost a barrier.
func (p *Parser) clear() {
	if p.Event != nil || p.Check != nil {
		p.Event, p.Check = nil, nil
	}
	if p.Tags != nil {
		p.Tags = nil
	}
	p.At, p.Ignored = 0, 0
}

// one makes v the only sample.
func (p *Parser) one(k Kind, v float64) {
	if cap(p.Samples) == 0 {
		p.Samples = make([]Sample, 0, 4)
	}
	p.Samples = p.Samples[:1]
	s := &p.Samples[0]
	s.Kind, s.Delta, s.Value, s.Rate = k, false, v, 1
	if s.Member != nil {
		s.Member = nil
	}
}

// parseAny reads every line, in no hurry. It is right without the short ways
// that Parse tries first.
func (p *Parser) parseAny(b []byte) Reason {
	p.clear()
	p.Name, p.Samples = nil, p.Samples[:0]
	event, check := bytes.HasPrefix(b, eventPrefix), bytes.HasPrefix(b, checkPrefix)
	if !isASCII(b) {
		allowed := byte(' ')
		if event || check { // texts of programs have tabs
			allowed = '\t'
		}
		if hasControl(b, allowed) {
			return BadControl
		}
		if !utf8.Valid(b) {
			return BadUTF8
		}
	}
	switch {
	case event:
		return p.event(b)
	case check:
		return p.check(b)
	}
	return p.metric(b)
}

// metric tells the dialect of a line by its first bar: only statsd's have one.
func (p *Parser) metric(b []byte) Reason {
	colon, bar := bytes.IndexByte(b, ':'), bytes.IndexByte(b, '|')
	var r Reason
	switch {
	case bar >= 0:
		r = p.statsd(b, colon, bar)
	case colon >= 0:
		r = p.timing(b, colon)
	default:
		return p.bare(b)
	}
	switch {
	case r != Good:
		return r
	case len(p.Name) == 0:
		return BadEmptyName
	case len(p.Name) > p.MaxName:
		return BadLongName
	case len(p.Tags) > p.MaxTags:
		return BadLongTags
	}
	return Good
}
