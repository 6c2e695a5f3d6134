package depend

import "math/bits"

// set is a set of nodes, a bit each. The zero set is empty.
type set []uint64

func (s set) has(i int) bool { return i/64 < len(s) && s[i/64]>>(i%64)&1 == 1 }

// with returns s and i; s may be changed.
func (s set) with(i int) set {
	for len(s) <= i/64 {
		s = append(s, 0)
	}
	s[i/64] |= 1 << (i % 64)
	return s
}

// union returns s and t; s may be changed, t is not.
func (s set) union(t set) set {
	for len(s) < len(t) {
		s = append(s, 0)
	}
	for k, word := range t {
		s[k] |= word
	}
	return s
}

// without returns the members that t does not have, in order.
func (s set) without(t set) []int {
	var out []int
	for k, word := range s {
		if k < len(t) {
			word &^= t[k]
		}
		for ; word != 0; word &= word - 1 {
			out = append(out, k*64+bits.TrailingZeros64(word))
		}
	}
	return out
}
