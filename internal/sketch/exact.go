package sketch

import "slices"

// exactLimit is how many different values are kept as they are.
const exactLimit = 32

// entry is a value that was observed, with the sum of its weights.
type entry struct{ value, weight float64 }

// keep counts v among the exact values, or spills them all when v is one too
// many. Different values are what is limited, not observations: a set has the
// same size in whatever order it was put together.
func (s *Sketch) keep(v, weight float64) {
	lo, hi := 0, len(s.exact)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if s.exact[mid].value < v {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo < len(s.exact) && s.exact[lo].value == v {
		s.exact[lo].weight += weight
		return
	}
	if len(s.exact) == exactLimit {
		s.spill()
		s.bucket(v, weight)
		return
	}
	s.exact = slices.Insert(s.exact, lo, entry{v, weight})
}

// spill moves the exact values into buckets.
func (s *Sketch) spill() {
	if s.spilled {
		return
	}
	s.spilled = true
	for _, e := range s.exact {
		s.bucket(e.value, e.weight)
	}
	s.exact = nil
}
