package history

import (
	"bytes"
	"strconv"
	"strings"
	"time"

	"plimsoll/counterd/line"
	"plimsoll/internal/metric"
)

// events reads lines of counters, times and gauges.
type events struct {
	r      *reading
	parser line.Parser
	ids    map[string]uint32 // by kind, name and tags
	owners map[string]string // of metric names: the raw name and kind
	key    []byte
	buf    []byte
}

// maxName and maxTags are those of counterd's own defaults, and more.
const maxName, maxTags = 1024, 8192

func newEvents(r *reading) *events {
	return &events{
		r: r, parser: line.Parser{MaxName: maxName, MaxTags: maxTags},
		ids: map[string]uint32{}, owners: map[string]string{},
	}
}

func (x *events) begin([]byte) error { return nil }

func (x *events) parse(b []byte) verdict {
	if b = bytes.Trim(b, " "); len(b) == 0 {
		return verdict{}
	}
	at, b, found := x.stamp(b)
	if r := x.parser.Parse(b); r != line.Good {
		return bad(r.String(), "by the grammar of counters")
	}
	p := &x.parser
	switch {
	case p.Event != nil, p.Check != nil:
		x.r.skip("event")
		return verdict{}
	case !found:
		return bad("no timestamp", "no |T and seconds")
	case at <= 0 || at > maxMillis/1000:
		return bad("invalid time", "%d s", at)
	}
	for _, s := range p.Samples {
		switch {
		case s.Kind == line.Set:
			return bad("set", "its members are not kept")
		case s.Delta:
			return bad("relative gauge", "what it was before is not known")
		}
	}
	return x.apply(at)
}

// stamp takes the first |T off a line: counterd has it for counters and gauges
// only, here times have it too.
func (x *events) stamp(b []byte) (at int64, rest []byte, found bool) {
	for from := 0; ; {
		i := bytes.Index(b[from:], []byte("|T"))
		if i < 0 {
			return 0, b, false
		}
		begin := from + i
		digits, _, _ := bytes.Cut(b[begin+2:], []byte{'|'})
		at, err := strconv.ParseUint(string(digits), 10, 62)
		if from = begin + 2; err != nil {
			continue
		}
		x.buf = append(append(x.buf[:0], b[:begin]...), b[from+len(digits):]...)
		return int64(at), x.buf, true
	}
}

// apply counts the samples of a good line.
func (x *events) apply(at int64) verdict {
	ids := make([]uint32, 0, 4)
	for _, s := range x.parser.Samples { // a line counts whole or not at all
		id, v := x.series(s.Kind)
		if v.reason != "" {
			return v
		}
		ids = append(ids, id)
	}
	end := x.intervalEnd(at * 1000)
	for i, s := range x.parser.Samples {
		switch s.Kind {
		case line.Counter:
			x.r.sorter.count(ids[i], end, s.Value/s.Rate)
		case line.OK, line.Fail:
			x.r.sorter.count(ids[i], end, 1)
		case line.Millis:
			x.r.sorter.observe(ids[i], end, s.Value/1000, 1/s.Rate)
		case line.Value:
			x.r.sorter.observe(ids[i], end, s.Value, 1/s.Rate)
		case line.Gauge:
			x.r.sorter.value(ids[i], at*1000, s.Value)
			continue // it counts there
		}
		x.r.Taken++
	}
	return verdict{}
}

// intervalEnd returns the end of the interval that holds at, as counterd has it:
// an end belongs to what it ends.
func (x *events) intervalEnd(at int64) int64 {
	step := int64(x.r.options.Interval / time.Millisecond)
	return (at + step - 1) / step * step
}

func (x *events) series(k line.Kind) (uint32, verdict) {
	p := &x.parser
	x.key = append(append(append(append(x.key[:0], byte(k)), p.Name...), '|'), p.Tags...)
	if id, known := x.ids[string(x.key)]; known {
		return id, verdict{}
	}
	name := line.MetricName(k, p.Name)
	owner := strings.Replace(k.String(), "fail", "ok", 1) + " " + string(p.Name)
	if other, taken := x.owners[name]; taken && other != owner {
		return 0, bad("name collision", "%s is already %q", name, short(other))
	}
	l, r := line.Labels(k, name, p.Tags)
	if r != line.Good {
		return 0, bad(r.String(), "tags %q", short(string(p.Tags)))
	}
	kind := metric.Gauge
	switch k {
	case line.Counter, line.OK, line.Fail:
		kind = metric.Counter
	case line.Millis, line.Value:
		kind = metric.Timing
	}
	id, v := x.r.sorter.find(l, kind, kind != metric.Gauge)
	if v.reason == "" {
		x.remember(name, owner, id)
	}
	return id, v
}

// remember keeps what need not be worked out again; spellings are bounded like
// series.
func (x *events) remember(name, owner string, id uint32) {
	x.owners[name] = owner
	if len(x.ids) >= 2*x.r.options.MaxSeries {
		clear(x.ids)
	}
	x.ids[string(x.key)] = id
}
