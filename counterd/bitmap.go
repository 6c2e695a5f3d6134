package counterd

import "math/bits"

// bitmap is a set of record ids.
type bitmap []uint64

// grow makes room for ids below n.
func (b *bitmap) grow(n uint32) {
	for uint32(len(*b))*64 < n {
		*b = append(*b, 0)
	}
}

func (b bitmap) set(id uint32)      { b[id>>6] |= 1 << (id & 63) }
func (b bitmap) clear(id uint32)    { b[id>>6] &^= 1 << (id & 63) }
func (b bitmap) has(id uint32) bool { return id>>6 < uint32(len(b)) && b[id>>6]>>(id&63)&1 == 1 }

// each calls fn with the ids, in ascending order. fn may clear the id it got.
func (b bitmap) each(fn func(id uint32)) {
	for i, word := range b {
		for ; word != 0; word &= word - 1 {
			fn(uint32(i)<<6 | uint32(bits.TrailingZeros64(word)))
		}
	}
}
