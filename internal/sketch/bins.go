package sketch

import (
	"encoding/binary"
	"math"
)

const (
	maxBins = 2048 // neighbouring buckets of one sign
	grain   = 32   // bins grow in multiples of it, and start at one
)

// bins are the counters of neighbouring buckets, the first of which is base.
// The counters are little-endian in data, each 1<<shift bytes wide: unsigned
// integers of 1, 2 and 4 bytes, and float64 when shift is 3.
type bins struct {
	data  []byte
	base  int32
	shift uint8
}

// limits are the greatest counts that fit, by shift.
var limits = [...]float64{math.MaxUint8, math.MaxUint16, math.MaxUint32, math.Inf(1)}

func (b *bins) len() int { return len(b.data) >> b.shift }

// add counts weight in bucket i.
func (b *bins) add(i int32, weight float64) {
	off := int(i) - int(b.base)
	if uint(off) < uint(len(b.data)) && b.shift == 0 && weight == 1 && b.data[off] < math.MaxUint8 {
		b.data[off]++
		return
	}
	if off < 0 || off >= b.len() {
		b.cover(i)
		off = max(0, int(i)-int(b.base))
	}
	b.put(off, b.get(off)+weight)
}

func (b *bins) get(off int) float64 {
	switch b.shift {
	case 0:
		return float64(b.data[off])
	case 1:
		return float64(binary.LittleEndian.Uint16(b.data[off<<1:]))
	case 2:
		return float64(binary.LittleEndian.Uint32(b.data[off<<2:]))
	}
	return math.Float64frombits(binary.LittleEndian.Uint64(b.data[off<<3:]))
}

// put sets a counter, widening all of them until it fits.
func (b *bins) put(off int, n float64) {
	for b.shift < 3 && n > limits[b.shift] {
		b.resize(b.base, b.len(), b.shift+1)
	}
	if b.shift < 3 && n != math.Trunc(n) {
		b.resize(b.base, b.len(), 3)
	}
	switch b.shift {
	case 0:
		b.data[off] = uint8(n)
	case 1:
		binary.LittleEndian.PutUint16(b.data[off<<1:], uint16(n))
	case 2:
		binary.LittleEndian.PutUint32(b.data[off<<2:], uint32(n))
	default:
		binary.LittleEndian.PutUint64(b.data[off<<3:], math.Float64bits(n))
	}
}

// cover makes room for bucket i. Where that would be more than maxBins, the
// lowest collapse. The borders hang on the least and the greatest index alone,
// never on the order in which they came.
func (b *bins) cover(i int32) {
	lo, hi := i&^(grain-1), i|(grain-1)
	if n := b.len(); n > 0 {
		lo, hi = min(lo, b.base), max(hi, b.base+int32(n)-1)
	}
	lo = max(lo, hi-maxBins+1)
	if int(hi-lo)+1 == b.len() && lo == b.base {
		return // i lies below what can be kept apart
	}
	b.resize(lo, int(hi-lo)+1, b.shift)
}

// resize moves the counters to a new base, length and width.
func (b *bins) resize(base int32, n int, shift uint8) {
	old := *b
	*b = bins{data: make([]byte, n<<shift), base: base, shift: shift}
	for off := range old.len() {
		if c := old.get(off); c > 0 {
			to := max(0, off+int(old.base-base))
			b.put(to, b.get(to)+c)
		}
	}
}

// merge adds the counters of o.
func (b *bins) merge(o *bins) {
	for off := range o.len() {
		if c := o.get(off); c > 0 {
			b.add(o.base+int32(off), c)
		}
	}
}
