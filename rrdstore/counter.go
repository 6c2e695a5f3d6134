package rrdstore

import (
	"math"

	"plimsoll/internal/total"
)

// counter is a running total and what is needed to lay it over rows.
type counter struct {
	total.Counter      // before the first sample its Total is what the archive holds
	whole         bool // all raw values were whole numbers

	// markTotal is the running total at markAt, the last end of a step. What
	// came after it is not yet in a row.
	markAt    int64
	markTotal float64
}

// advance takes the next raw value. What was counted, increment, falls to the
// time from `from` to at; ok is false when that time is not known.
func (c *counter) advance(at, start int64, raw float64, step, heartbeat int64) (from int64, increment float64, ok bool) {
	c.whole = (c.whole || !c.Known) && raw == math.Trunc(raw)
	from, increment, ok = c.Advance(at, start, raw, step, heartbeat)
	c.mark(at, from, increment, step, ok && at-from <= heartbeat)
	return from, increment, ok
}

// mark notes the running total at the last end of a step.
func (c *counter) mark(at, from int64, increment float64, step int64, inRows bool) {
	end := floorTo(at, step)
	switch {
	case !inRows:
		c.markAt, c.markTotal = end, c.Total
	case end > from:
		c.markAt = end
		c.markTotal = c.Total - increment*float64(at-end)/float64(at-from)
	case c.markAt != end:
		c.markAt, c.markTotal = end, c.Total-increment
	}
}

// count takes a sample of a counter and returns how many bytes more are buffered.
func (sr *series) count(at, start int64, raw float64) int {
	a := &sr.archives[0]
	if math.IsNaN(raw) {
		return a.begin(at)
	}
	from, increment, ok := sr.counter.advance(at, start, raw, sr.class.Tiers[0].millis(), sr.class.heartbeat.Milliseconds())
	if !ok {
		return a.begin(at)
	}
	from = max(from, a.last)
	return a.add(from, at, increment*1000/float64(at-from))
}
