package rrdstore

import "math"

// counter turns the raw values of a source, which fall to zero when it starts
// again, into a running total that never falls, and into increments.
type counter struct {
	known bool
	whole bool    // all raw values were whole numbers
	at    int64   // of raw, in ms
	start int64   // where the source stood at zero; 0: not told
	raw   float64 // as the source gave it
	total float64 // all increments, on top of the first raw value; before it what the archive holds

	// markTotal is the running total at markAt, the last end of a step. What
	// came after it is not yet in a row.
	markAt    int64
	markTotal float64
}

// startJitter is how far the told start of one and the same run of a source may
// wander, in ms, as when it is computed from an uptime. One after the last
// sample is another run's, however near.
const startJitter = 1000

// advance takes the next raw value. What was counted, increment, falls to the
// time from `from` to at; ok is false when that time is not known.
func (c *counter) advance(at, start int64, raw float64, step, heartbeat int64) (from int64, increment float64, ok bool) {
	from, increment, ok = c.increment(at, start, raw, step, heartbeat)
	c.whole = (c.whole || !c.known) && raw == math.Trunc(raw)
	if c.known {
		c.total += increment
	} else {
		c.total = max(raw, c.total+increment)
	}
	c.mark(at, from, increment, step, ok && at-from <= heartbeat)
	c.known, c.at, c.raw = true, at, raw
	if start > 0 {
		c.start = start
	}
	return from, increment, ok
}

func (c *counter) increment(at, start int64, raw float64, step, heartbeat int64) (from int64, increment float64, ok bool) {
	switch {
	case !c.known:
		if start <= 0 || start >= at || at-start > heartbeat {
			return at, 0, false
		}
		return floorTo(start, step), raw, true
	case c.start > 0 && (start > c.start+startJitter || start > c.at):
		return max(c.at, floorTo(min(start, at-1), step)), raw, true
	case raw < c.raw:
		return c.at, raw, true
	}
	return c.at, raw - c.raw, true
}

// mark notes the running total at the last end of a step.
func (c *counter) mark(at, from int64, increment float64, step int64, inRows bool) {
	end := floorTo(at, step)
	switch {
	case !inRows:
		c.markAt, c.markTotal = end, c.total
	case end > from:
		c.markAt = end
		c.markTotal = c.total - increment*float64(at-end)/float64(at-from)
	case c.markAt != end:
		c.markAt, c.markTotal = end, c.total-increment
	}
}

// count takes a sample of a counter and returns how many values it buffered.
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
