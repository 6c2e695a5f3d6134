package sketch

import "math"

// Lowest returns the sum of the k least observations, by weight, and the
// greatest among them: k may cut an observation's weight. Both are exact as
// long as all values are, and of k = Count; else each observation counts with
// the middle of its bucket, so that the error is at most 0.55 % of the sum of
// their magnitudes. upper is NaN when k is not positive or s is empty.
func (s *Sketch) Lowest(k float64) (sum, upper float64) {
	if s.count == 0 || !(k > 0) {
		return 0, math.NaN()
	}
	if k >= s.count*rankSlack {
		return s.sum, s.max
	}
	upper = s.min
	for v, weight := range s.ascending {
		upper = min(max(v, s.min), s.max)
		weight = min(weight, k)
		sum += upper * weight
		if k -= weight; k <= s.count*(1-rankSlack) {
			break
		}
	}
	return sum, upper
}

// ascending yields the values that stand for the observations, and how many
// each of them is.
func (s *Sketch) ascending(yield func(v, weight float64) bool) {
	if !s.spilled {
		var values [exactLimit]entry
		for _, e := range s.sorted(&values) {
			if !yield(e.value, e.weight) {
				return
			}
		}
		return
	}
	if s.neg != nil {
		for i, n := range s.neg.backward {
			if !yield(-middle(i), n) {
				return
			}
		}
	}
	if s.zero > 0 && !yield(0, s.zero) {
		return
	}
	for i, n := range s.pos.all {
		if !yield(middle(i), n) {
			return
		}
	}
}
