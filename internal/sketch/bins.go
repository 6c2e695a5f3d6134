package sketch

import (
	"encoding/binary"
	"math"
)

const (
	maxBins   = 2048 // neighbouring buckets of one sign
	chunkBits = 5
	chunkBins = 1 << chunkBits
	maxChunks = maxBins / chunkBins
	headBytes = 2
	unitBytes = 16 // of which all chunks are made
)

// bins are the counters of neighbouring buckets, in chunks of 32 whose counters
// are as wide as the greatest of them needs. The first bucket, base, and every
// chunk begin at a multiple of 32.
//
//	data  head₀ head₁ … headₙ₋₁ │ counters of chunk 0 │ of chunk 1 │ …
//	head  u16, little-endian: where the counters begin, in units of 16 bytes
//	      behind the heads, << 3 │ width
type bins struct {
	data []byte
	base int32
	n    int32 // chunks
}

// width says how wide the counters of a chunk are.
type width uint8

const (
	none     width = iota // all are 0 and take no room
	nibble                // 4 bits, the even bucket in the low ones
	narrow                // uint8
	middling              // uint16
	wide                  // uint32
	real                  // float64, for fractional and very great ones
)

// bytes returns the size of a chunk.
func (w width) bytes() int {
	if w == none {
		return 0
	}
	return unitBytes / 2 << w
}

// widthFor returns the least width that n fits in.
func widthFor(n float64) width {
	switch {
	case n > math.MaxUint32 || n != math.Trunc(n):
		return real
	case n > math.MaxUint16:
		return wide
	case n > math.MaxUint8:
		return middling
	case n > 15:
		return narrow
	}
	return nibble
}

func (b *bins) len() int { return int(b.n) << chunkBits }

// chunk returns where the counters of chunk c begin, and their width.
func (b *bins) chunk(c int) (at int, w width) {
	h := binary.LittleEndian.Uint16(b.data[c*headBytes:])
	return int(b.n)*headBytes + int(h>>3)*unitBytes, width(h & 7)
}

func (b *bins) setHead(c, unit int, w width) {
	binary.LittleEndian.PutUint16(b.data[c*headBytes:], uint16(unit<<3)|uint16(w))
}

// add counts weight in bucket i.
func (b *bins) add(i int32, weight float64) {
	if weight == 1 && b.increment(i) {
		return
	}
	off := int(i) - int(b.base)
	if uint(off) >= uint(b.len()) {
		off = b.cover(i)
	}
	b.addTo(off, weight)
}

// increment counts 1 in bucket i where that needs no more room.
func (b *bins) increment(i int32) bool {
	off := int(i) - int(b.base)
	if uint(off) >= uint(b.len()) {
		return false
	}
	at, w := b.chunk(off >> chunkBits)
	k := off & (chunkBins - 1)
	switch w {
	case nibble:
		p, shift := &b.data[at+k>>1], k&1<<2
		if *p>>shift&15 == 15 {
			return false
		}
		*p += 1 << shift
	case narrow:
		p := &b.data[at+k]
		if *p == math.MaxUint8 {
			return false
		}
		*p++
	case middling:
		p := b.data[at+k<<1:]
		n := binary.LittleEndian.Uint16(p)
		if n == math.MaxUint16 {
			return false
		}
		binary.LittleEndian.PutUint16(p, n+1)
	case wide:
		p := b.data[at+k<<2:]
		n := binary.LittleEndian.Uint32(p)
		if n == math.MaxUint32 {
			return false
		}
		binary.LittleEndian.PutUint32(p, n+1)
	default:
		return false
	}
	return true
}

// read returns the k-th counter of the chunk of width w at at.
func (b *bins) read(at int, w width, k int) float64 {
	switch w {
	case none:
		return 0
	case nibble:
		return float64(b.data[at+k>>1] >> (k & 1 << 2) & 15)
	case narrow:
		return float64(b.data[at+k])
	case middling:
		return float64(binary.LittleEndian.Uint16(b.data[at+k<<1:]))
	case wide:
		return float64(binary.LittleEndian.Uint32(b.data[at+k<<2:]))
	}
	return math.Float64frombits(binary.LittleEndian.Uint64(b.data[at+k<<3:]))
}

// addTo adds to a counter, widening its chunk until the sum fits.
func (b *bins) addTo(off int, weight float64) {
	c, k := off>>chunkBits, off&(chunkBins-1)
	at, w := b.chunk(c)
	n := b.read(at, w, k) + weight
	if need := widthFor(n); need > w {
		b.widen(c, need)
		at, w = b.chunk(c)
	}
	b.write(at, w, k, n)
}

func (b *bins) write(at int, w width, k int, n float64) {
	switch w {
	case nibble:
		p, shift := &b.data[at+k>>1], k&1<<2
		*p = *p&^(15<<shift) | uint8(n)<<shift
	case narrow:
		b.data[at+k] = uint8(n)
	case middling:
		binary.LittleEndian.PutUint16(b.data[at+k<<1:], uint16(n))
	case wide:
		binary.LittleEndian.PutUint32(b.data[at+k<<2:], uint32(n))
	case real:
		binary.LittleEndian.PutUint64(b.data[at+k<<3:], math.Float64bits(n))
	}
}

// load reads the counters of chunk c and tells whether there may be any.
func (b *bins) load(c int, into *[chunkBins]float64) bool {
	at, w := b.chunk(c)
	data := b.data[at : at+w.bytes()]
	switch w {
	case none:
		return false
	case nibble:
		for k, pair := range data[:unitBytes] {
			into[2*k], into[2*k+1] = float64(pair&15), float64(pair>>4)
		}
	case narrow:
		for k, n := range data[:chunkBins] {
			into[k] = float64(n)
		}
	default:
		for k := range into {
			into[k] = b.read(at, w, k)
		}
	}
	return true
}

// all yields the buckets that hold something, ascending.
func (b *bins) all(yield func(i int32, n float64) bool) {
	var counts [chunkBins]float64
	for c := range int(b.n) {
		if !b.load(c, &counts) {
			continue
		}
		for k, n := range counts {
			if n > 0 && !yield(b.base+int32(c<<chunkBits+k), n) {
				return
			}
		}
	}
}

// backward yields them descending.
func (b *bins) backward(yield func(i int32, n float64) bool) {
	var counts [chunkBins]float64
	for c := int(b.n) - 1; c >= 0; c-- {
		if !b.load(c, &counts) {
			continue
		}
		for k := chunkBins - 1; k >= 0; k-- {
			if n := counts[k]; n > 0 && !yield(b.base+int32(c<<chunkBits+k), n) {
				return
			}
		}
	}
}

// merge adds the counters of o, chunk by chunk.
func (b *bins) merge(o *bins) {
	var more [chunkBins]float64
	for c := range int(o.n) {
		if !o.load(c, &more) {
			continue
		}
		first := o.base + int32(c<<chunkBits)
		if b.n == 0 || first < b.base || first >= b.base+int32(b.len()) {
			b.cover(first)
		}
		if first >= b.base {
			_, w := o.chunk(c)
			b.mergeChunk(int(first-b.base)>>chunkBits, w, &more)
			continue
		}
		for _, n := range more {
			if n > 0 {
				b.addTo(0, n) // it collapses
			}
		}
	}
}

// mergeChunk adds counters of width from to those of chunk c.
func (b *bins) mergeChunk(c int, from width, more *[chunkBins]float64) {
	var sum [chunkBins]float64
	b.load(c, &sum)
	greatest := 0.0
	for k, n := range more {
		sum[k] += n
		greatest = max(greatest, sum[k])
	}
	at, w := b.chunk(c)
	if need := max(widthFor(greatest), from); need > w {
		b.widen(c, need)
		at, w = b.chunk(c)
	}
	b.store(at, w, &sum)
}

// store sets all counters of the chunk of width w at at.
func (b *bins) store(at int, w width, counts *[chunkBins]float64) {
	data := b.data[at : at+w.bytes()]
	switch w {
	case nibble:
		for k := range data[:unitBytes] {
			data[k] = uint8(counts[2*k]) | uint8(counts[2*k+1])<<4
		}
	case narrow:
		for k := range data[:chunkBins] {
			data[k] = uint8(counts[k])
		}
	default:
		for k, n := range counts {
			b.write(at, w, k, n)
		}
	}
}
