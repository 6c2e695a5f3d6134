package rrdfile

import "math"

// consolidate brings the open row of one archive, which ends after toEnd steps,
// forward by steps of the given rates, and returns how many rows that completes.
func consolidate(a *RRA, f cf, c []cdp, rate []float64, steps, toEnd uint64) int64 {
	per, rows := uint64(a.Steps), int64(0)
	if toEnd <= steps {
		rows = int64(min((steps-toEnd)/per+1, uint64(a.Rows)))
	}
	for i := range c {
		switch {
		case per == 1:
			c[i].single(rate[i], steps)
		case rows == 0:
			c[i].gather(f, rate[i], steps)
		default:
			c[i].finish(a, f, rate[i], steps, toEnd)
		}
	}
	return rows
}

// single is for archives whose rows are steps: nothing to consolidate.
func (c *cdp) single(rate float64, steps uint64) {
	c.primary = rate
	if steps > 1 {
		c.secondary = rate
	}
}

// gather adds steps that do not end the row.
func (c *cdp) gather(f cf, rate float64, steps uint64) {
	if math.IsNaN(rate) {
		c.unknown += steps
		return
	}
	switch {
	case math.IsNaN(c.value) && f == cfAverage:
		c.value = rate * float64(steps)
	case math.IsNaN(c.value):
		c.value = rate
	case f == cfAverage:
		c.value += float64(rate * float64(steps))
	case f == cfMin:
		c.value = lesser(rate, c.value)
	case f == cfMax:
		c.value = greater(rate, c.value)
	default:
		c.value = rate
	}
}

// finish adds steps of which the toEnd-th ends the row. The rows after it are
// of one value; what is left of the steps opens the next row.
func (c *cdp) finish(a *RRA, f cf, rate float64, steps, toEnd uint64) {
	per := uint64(a.Steps)
	if math.IsNaN(rate) {
		c.unknown += toEnd
	}
	c.secondary = rate
	if float64(c.unknown) > float64(per)*a.XFF {
		c.primary = math.NaN()
	} else {
		c.primary = c.result(f, rate, toEnd, per)
	}
	over := (steps - toEnd) % per
	c.value = carry(f, rate, over)
	c.unknown = 0
	if math.IsNaN(rate) {
		c.unknown = over
	}
}

// result is the value of a row with enough known steps.
func (c *cdp) result(f cf, rate float64, toEnd, per uint64) float64 {
	switch f {
	case cfAverage:
		sum := known(c.value, 0) + float64(known(rate, 0)*float64(toEnd))
		return sum / float64(per-c.unknown)
	case cfMax:
		return greater(known(rate, math.Inf(-1)), known(c.value, math.Inf(-1)))
	case cfMin:
		return lesser(known(rate, math.Inf(1)), known(c.value, math.Inf(1)))
	}
	return rate
}

// carry is the value a new row starts with: over steps of the rate, or the
// neutral element of the function.
func carry(f cf, rate float64, over uint64) float64 {
	none := over == 0 || math.IsNaN(rate)
	switch {
	case f == cfAverage && none:
		return 0
	case f == cfAverage:
		return rate * float64(over)
	case !none:
		return rate
	case f == cfMax:
		return math.Inf(-1)
	case f == cfMin:
		return math.Inf(1)
	}
	return math.NaN()
}

func known(v, otherwise float64) float64 {
	if math.IsNaN(v) {
		return otherwise
	}
	return v
}

// greater and lesser return b when the two compare equal.
func greater(a, b float64) float64 {
	if a > b {
		return a
	}
	return b
}

func lesser(a, b float64) float64 {
	if a < b {
		return a
	}
	return b
}
