package sketch

import "math"

// rankSlack forgives the rounding of q·n: 0.07·100 is 7.000000000000001 in
// float64, and the seventh observation is meant.
const rankSlack = 1 - 1e-12

// Quantile returns the value at rank ceil(q·n) (nearest rank): Min for q = 0,
// Max for q = 1, NaN when s is empty or q is not in [0, 1].
func (s *Sketch) Quantile(q float64) float64 {
	switch {
	case s.count == 0 || !(q >= 0 && q <= 1):
		return math.NaN()
	case q == 0:
		return s.min
	case q == 1:
		return s.max
	}
	want := q * s.count * rankSlack
	return min(max(s.search(want), s.min), s.max)
}

// search walks from the least value to the greatest.
func (s *Sketch) search(want float64) float64 {
	if !s.spilled {
		return s.searchExact(want)
	}
	if s.neg != nil {
		for i, n := range s.neg.backward {
			if want -= n; want <= 0 {
				return -middle(i)
			}
		}
	}
	if want -= s.zero; want <= 0 {
		return 0
	}
	for i, n := range s.pos.all {
		if want -= n; want <= 0 {
			return middle(i)
		}
	}
	return s.max // rounding of fractional weights ate the last of them
}

func (s *Sketch) searchExact(want float64) float64 {
	var values [exactLimit]entry
	for _, e := range s.sorted(&values) {
		if want -= e.weight; want <= 0 {
			return e.value
		}
	}
	return s.max
}
