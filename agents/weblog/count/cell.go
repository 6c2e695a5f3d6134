package count

import (
	"time"

	"plimsoll/agents/accesslog"
	"plimsoll/internal/sketch"
)

// interval is one that is open.
type interval struct {
	begin, end int64
	cells      map[*page]*cell
}

// cell is what one page has in one interval.
type cell struct {
	requests        []counted // few, so that looking through them is quick
	bytes           int64
	sized           bool // bytes were told
	took, upstreams sketch.Sketch
}

// slot is a status class and a method.
type slot struct{ code, method string }

type counted struct {
	slot
	n uint64
}

// interval returns the one that a request counts in.
func (t *Table) interval(at, now time.Time) *interval {
	ms := at.UnixMilli()
	if at.Sub(now) > MaxAhead {
		t.Ahead++
		ms = now.UnixMilli()
	}
	if ms < t.closed {
		t.Late++
		ms = t.closed
	}
	return t.intervalOf(ms)
}

func (t *Table) intervalOf(ms int64) *interval {
	begin := ms - ms%t.step
	if t.last == nil || t.last.begin != begin {
		t.last = t.open[begin+t.step]
	}
	if t.last == nil {
		t.last = &interval{begin: begin, end: begin + t.step, cells: map[*page]*cell{}}
		t.open[begin+t.step] = t.last
	}
	return t.last
}

func (i *interval) cell(t *Table, p *page) *cell {
	c := i.cells[p]
	if c == nil {
		c = &cell{}
		i.cells[p] = c
		t.cells++
	}
	return c
}

func (c *cell) add(e *accesslog.Entry) {
	c.count(slot{codeOf(e.Status), accesslog.MethodLabel(e.Method)}, 1)
	if e.Bytes >= 0 {
		c.bytes += e.Bytes
		c.sized = true
	}
	if e.DurationKnown {
		c.took.Add(e.Duration.Seconds(), 1)
	}
	if e.UpstreamKnown {
		c.upstreams.Add(e.Upstream.Seconds(), 1)
	}
}

func (c *cell) count(s slot, n uint64) {
	for i := range c.requests {
		if c.requests[i].slot == s {
			c.requests[i].n += n
			return
		}
	}
	s.method = cloned(s.method) // it is part of a line
	c.requests = append(c.requests, counted{s, n})
}

// codeOf returns the class of a status.
func codeOf(status int) string {
	switch status / 100 {
	case 1:
		return "1xx"
	case 2:
		return "2xx"
	case 3:
		return "3xx"
	case 4:
		return "4xx"
	case 5:
		return "5xx"
	}
	if status == 0 {
		return accesslog.None
	}
	return accesslog.Other
}
