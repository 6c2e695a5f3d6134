package sketch

// exactLimit is how many different values are kept as they are.
const exactLimit = 32

// entry is a value that was observed, with the sum of its weights.
type entry struct{ value, weight float64 }

// keep counts v among the exact values, or spills them all when v is one too
// many. Different values are what is limited, not observations: a set has the
// same size in whatever order it was put together. To look through so few is
// quicker than to keep them in order.
func (s *Sketch) keep(v, weight float64) {
	for i := range s.exact {
		if s.exact[i].value == v {
			s.exact[i].weight += weight
			return
		}
	}
	switch n := len(s.exact); {
	case n == exactLimit:
		s.spill()
		s.bucket(v, weight)
		return
	case n == cap(s.exact):
		s.exact = append(make([]entry, 0, max(4, 2*n)), s.exact...)
	}
	s.exact = append(s.exact, entry{v, weight})
}

// sorted returns the exact values, ascending, in the memory of into: those who
// only read must not change s.
func (s *Sketch) sorted(into *[exactLimit]entry) []entry {
	out := into[:copy(into[:], s.exact)]
	for i := 1; i < len(out); i++ {
		e, at := out[i], i
		for ; at > 0 && out[at-1].value > e.value; at-- {
			out[at] = out[at-1]
		}
		out[at] = e
	}
	return out
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
