// Package total has the one arithmetic by which the raw values of counters
// become running totals, so that a counter grows in the same way whatever
// remembers it: the round-robin archives or an engine elsewhere.
package total

// Counter turns the raw values of a source, which fall to zero when it starts
// again, into a running total that never falls, and into increments. The zero
// Counter knows nothing yet; one that has a Total already goes on from there.
type Counter struct {
	Known bool
	At    int64   // of Raw, in ms
	Start int64   // where the source stood at zero; 0: not told
	Raw   float64 // as the source gave it
	Total float64 // all increments, on top of the first raw value
}

// StartJitter is how far the told start of one and the same run of a source may
// wander, in ms, as when it is computed from an uptime. One after the last
// sample is another run's, however near.
const StartJitter = 1000

// Advance takes the next raw value, which was told at the instant at by a source
// that stood at zero at start (0: not told). What was counted, increment, falls
// to the time from `from`, which is on the grid where start decides, to at; ok is
// false when that time is not known: at the first value of a source that began
// longer than reach ago. All times are in ms.
func (c *Counter) Advance(at, start int64, raw float64, grid, reach int64) (from int64, increment float64, ok bool) {
	from, increment, ok = c.increment(at, start, raw, grid, reach)
	if c.Known {
		c.Total += increment
	} else {
		c.Total = max(raw, c.Total+increment)
	}
	c.Known, c.At, c.Raw = true, at, raw
	if start > 0 {
		c.Start = start
	}
	return from, increment, ok
}

func (c *Counter) increment(at, start int64, raw float64, grid, reach int64) (from int64, increment float64, ok bool) {
	switch {
	case !c.Known:
		if start <= 0 || start >= at || at-start > reach {
			return at, 0, false
		}
		return floorTo(start, grid), raw, true
	case c.Start > 0 && (start > c.Start+StartJitter || start > c.At):
		return max(c.At, floorTo(min(start, at-1), grid)), raw, true
	case raw < c.Raw:
		return c.At, raw, true
	}
	return c.At, raw - c.Raw, true
}

func floorTo(at, grid int64) int64 { return at - at%grid }
