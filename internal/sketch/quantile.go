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
	if !s.spilled {
		return s.searchExact(want)
	}
	return min(max(s.search(want), s.min), s.max)
}

func (s *Sketch) searchExact(want float64) float64 {
	for _, e := range s.exact {
		if want -= e.weight; want <= 0 {
			return e.value
		}
	}
	return s.max
}

// search walks the buckets from the least value to the greatest.
func (s *Sketch) search(want float64) float64 {
	if s.neg != nil {
		for off := s.neg.len() - 1; off >= 0; off-- {
			if want -= s.neg.get(off); want <= 0 {
				return -middle(s.neg.base + int32(off))
			}
		}
	}
	if want -= s.zero; want <= 0 {
		return 0
	}
	for off := range s.pos.len() {
		if want -= s.pos.get(off); want <= 0 {
			return middle(s.pos.base + int32(off))
		}
	}
	return s.max // rounding of fractional weights ate the last of them
}
