package counterd

import (
	"bytes"
	"unicode/utf8"
)

// kind is what a sample does, and which table of a shard its name is found in.
type kind uint8

const (
	counter kind = iota // name or |c
	okCount             // ok_name:1
	noCount             // ok_name:0
	millis              // name:n, |ms or |h
	distrib             // |d
	gauge               // |g
	set                 // |s
	kindsAll
)

// sample is one value of a line.
type sample struct {
	kind   kind
	delta  bool    // a gauge is raised by value, not set
	value  float64 // as written
	rate   float64
	member []byte // of a set
}

// line is one parsed line. Its slices point into the datagram: it is good until
// the next read.
type line struct {
	name, tags []byte
	samples    []sample
	ignored    int // origin fields that were skipped

	maxName, maxTags int
}

// class marks the bytes that decide something.
var class = newClasses()

const (
	plainByte = iota
	controlByte
	highByte
	colonByte
	barByte
)

func newClasses() (t [256]uint8) {
	for c := range 0x20 {
		t[c] = controlByte
	}
	t[0x7f] = controlByte
	for c := 0x80; c < 256; c++ {
		t[c] = highByte
	}
	t[':'], t['|'] = colonByte, barByte
	return t
}

// parse reads b, one line without its end, not empty.
func (l *line) parse(b []byte) reason {
	l.tags, l.samples, l.ignored = nil, l.samples[:0], 0
	colon, bar, high := -1, -1, false
	for i, c := range b {
		switch class[c] {
		case plainByte:
		case controlByte:
			return badControl
		case highByte:
			high = true
		case colonByte:
			if colon < 0 {
				colon = i
			}
		case barByte:
			if bar < 0 {
				bar = i
			}
		}
	}
	if high && !utf8.Valid(b) {
		return badUTF8
	}
	r := l.flickrOrStatsd(b, colon, bar)
	switch {
	case r != good:
		return r
	case len(l.name) == 0:
		return badEmptyName
	case len(l.name) > l.maxName:
		return badLongName
	case len(l.tags) > l.maxTags:
		return badLongTags
	}
	return good
}

// flickrOrStatsd parses a line by the dialect that its first bar tells: only
// statsd's lines have one.
func (l *line) flickrOrStatsd(b []byte, colon, bar int) reason {
	if bar < 0 {
		return l.flickr(b, colon)
	}
	return l.statsd(b, colon, bar)
}

// flickr reads a bare name, a time in milliseconds, or a yes or no.
func (l *line) flickr(b []byte, colon int) reason {
	if colon < 0 {
		if isGraphite(b) {
			return badGraphite
		}
		l.name = b
		l.samples = append(l.samples, sample{kind: counter, value: 1, rate: 1})
		return good
	}
	l.name = b[:colon]
	v, r := parseNumber(trim(b[colon+1:]))
	if r != good {
		return r
	}
	k := millis
	if yes := len(l.name) >= 3 && string(l.name[:3]) == "ok_"; yes {
		l.name = l.name[3:]
		k = okCount
		if v == 0 {
			k = noCount
		}
		v = 1
	}
	if v < 0 {
		return badNegative
	}
	l.samples = append(l.samples, sample{kind: k, value: v, rate: 1})
	return good
}

// isGraphite recognises "path value timestamp".
func isGraphite(b []byte) bool {
	f := 0
	for ; f < 3; f++ {
		word, rest, _ := bytes.Cut(b, []byte{' '})
		if _, r := parseNumber(word); f > 0 && r != good {
			return false
		}
		if b = bytes.TrimLeft(rest, " "); len(b) == 0 {
			break
		}
	}
	return f == 2
}
