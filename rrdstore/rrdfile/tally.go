package rrdfile

import "math"

// tally consolidates values that hold for different times into one. Of values
// of one weight its average is librrd's to the last digit.
type tally struct {
	function       cf
	known, unknown float64 // weight
	count          int     // of known values
	sum            float64 // of AVERAGE: value x weight
	value          float64 // of MIN, MAX and LAST; of one value alone, that
	last           float64
}

func (t *tally) add(weight, v float64) {
	t.last = v
	if math.IsNaN(v) {
		t.unknown += weight
		return
	}
	t.known += weight
	t.count++
	t.sum += float64(v * weight)
	switch {
	case t.count == 1 || t.function == cfLast:
		t.value = v
	case t.function == cfMax:
		t.value = greater(v, t.value)
	case t.function == cfMin:
		t.value = lesser(v, t.value)
	}
}

// result is unknown if more than the part xff of the weight is.
func (t *tally) result(xff float64) float64 {
	switch {
	case t.count == 0 || t.unknown > (t.known+t.unknown)*xff:
		return math.NaN()
	case t.function == cfLast:
		return t.last
	case t.function == cfAverage && t.count > 1:
		return t.sum / t.known
	}
	return t.value
}
