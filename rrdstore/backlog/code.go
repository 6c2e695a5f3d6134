package backlog

import (
	"encoding/binary"
	"math"
	"math/bits"

	"plimsoll/internal/sketch"
)

// form is a way in which a value is a whole number m.
type form uint8

const (
	whole form = iota + 1
	rate
	thousandths
	millionths
	bucket
	noisyRate
)

// Heads that are no form.
const (
	same       = 0
	unknown    = 1
	allUnknown = 2
	xored      = 0x40
	changed    = 0x80 // flag: the change of the distance follows
)

// number returns the m whose value is nearest to v, ok if there is one.
// distance is that to the point before, in ms.
func (f form) number(v float64, distance int64) (m int64, ok bool) {
	switch f {
	case rate:
		v = v * float64(distance) / 1000
	case thousandths:
		v *= 1000
	case millionths:
		v *= 1_000_000
	case noisyRate:
		v = v * float64(distance) / 10
	case bucket:
		i, ok := sketch.Bucket(v)
		return int64(i), ok
	}
	if !(math.Abs(v) < 1<<53) {
		return 0, false
	}
	return int64(math.RoundToEven(v)), true
}

func (f form) value(m, distance int64) float64 {
	switch f {
	case rate:
		return float64(m) * 1000 / float64(distance)
	case thousandths:
		return float64(m) / 1000
	case millionths:
		return float64(m) / 1_000_000
	case noisyRate:
		return float64(m) * 10 / float64(distance)
	case bucket:
		return sketch.Middle(int32(m))
	}
	return float64(m)
}

// change returns, as zigzag, how far the m of v is from that of before, and how
// many bytes that takes.
func (f form) change(m int64, before float64, distance int64) (rest uint64, size int) {
	last, ok := f.number(before, distance)
	if !ok {
		last = 0
	}
	d := m - last
	rest = uint64(d<<1) ^ uint64(d>>63)
	return rest, (bits.Len64(rest) + 7) / 8
}

// code is how a value is written.
type code struct {
	head  byte
	size  uint8 // of rest, in bytes
	rest  uint64
	ulps  int64 // of a noisy rate
	noisy bool
}

// encode returns the code of v behind a value before.
func encode(v, before float64, distance int64) code {
	b := math.Float64bits(v)
	if b == math.Float64bits(before) {
		return code{head: same}
	}
	if math.IsNaN(v) {
		return code{head: unknown}
	}
	for f := whole; f <= bucket; f++ {
		m, ok := f.number(v, distance)
		if ok && math.Float64bits(f.value(m, distance)) == b {
			rest, size := f.change(m, before, distance)
			return code{head: byte(f)<<3 | byte(size), size: uint8(size), rest: rest}
		}
	}
	x := encodeBits(b ^ math.Float64bits(before))
	if c, size := encodeNoisy(v, before, distance); size < int(x.size) {
		return c
	}
	return x
}

func encodeBits(x uint64) code {
	t := bits.TrailingZeros64(x) / 8
	x >>= 8 * t
	n := (bits.Len64(x) + 7) / 8
	return code{head: xored | byte(t<<3) | byte(n-1), size: uint8(n), rest: x}
}

// encodeNoisy returns how many bytes its code takes, 9 if it should not be used.
func encodeNoisy(v, before float64, distance int64) (c code, size int) {
	m, ok := noisyRate.number(v, distance)
	if !ok || distance <= 0 {
		return code{}, 9
	}
	ulps := int64(math.Float64bits(v) - math.Float64bits(noisyRate.value(m, distance)))
	rest, n := noisyRate.change(m, before, distance)
	c = code{head: byte(noisyRate)<<3 | byte(n), size: uint8(n), rest: rest, ulps: ulps, noisy: true}
	return c, n + varintSize(ulps)
}

func varintSize(v int64) int {
	return (bits.Len64(uint64(v<<1)^uint64(v>>63)|1) + 6) / 7
}

func appendHead(p []byte, c code, change int64) []byte {
	if change == 0 {
		return append(p, c.head)
	}
	return binary.AppendVarint(append(p, c.head|changed), change)
}

func (c code) appendRest(p []byte) []byte {
	var full [8]byte
	binary.LittleEndian.PutUint64(full[:], c.rest)
	p = append(p, full[:c.size]...)
	if c.noisy {
		p = binary.AppendVarint(p, c.ulps)
	}
	return p
}
