package sketch

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"plimsoll/internal/wire"
)

// The encoding. Integers are the varints of encoding/binary, floats 8 bytes
// little-endian. A number is a weight: uvarint(n<<1) for a whole one, else the
// byte 1 and a float.
//
//	version 1 │ form 0: empty
//	version 1 │ form 1: exact   │ moments │ uvarint n │ n × (float value, number weight)
//	version 1 │ form 2: buckets │ moments │ number zero │ positive bins │ negative bins
//
//	moments = count, sum, mean, m2, min, max   (6 floats)
//	bins    = uvarint n │ n × (varint index or, after the first, uvarint gap ≥ 1; number count)
const (
	version     = 1
	formEmpty   = 0
	formExact   = 1
	formBuckets = 2
)

// ErrEncoding marks bytes that are not the encoding of a sketch.
var ErrEncoding = errors.New("not the encoding of a sketch")

// AppendBinary appends the encoding of s to b. The error is always nil.
func (s *Sketch) AppendBinary(b []byte) ([]byte, error) {
	b = append(b, version)
	if s.count == 0 {
		return append(b, formEmpty), nil
	}
	form := byte(formExact)
	if s.spilled {
		form = formBuckets
	}
	b = append(b, form)
	for _, f := range [...]float64{s.count, s.sum, s.mean, s.m2, s.min, s.max} {
		b = wire.AppendFloat(b, f)
	}
	if !s.spilled {
		var values [exactLimit]entry
		b = binary.AppendUvarint(b, uint64(len(s.exact)))
		for _, e := range s.sorted(&values) {
			b = appendNumber(wire.AppendFloat(b, e.value), e.weight)
		}
		return b, nil
	}
	b = s.pos.appendTo(appendNumber(b, s.zero))
	neg := s.neg
	if neg == nil {
		neg = new(bins)
	}
	return neg.appendTo(b), nil
}

func (b *bins) appendTo(out []byte) []byte {
	n := 0
	for range b.all {
		n++
	}
	out = binary.AppendUvarint(out, uint64(n))
	last, first := int32(0), true
	for i, c := range b.all {
		if first {
			out = binary.AppendVarint(out, int64(i))
		} else {
			out = binary.AppendUvarint(out, uint64(i-last))
		}
		out = appendNumber(out, c)
		last, first = i, false
	}
	return out
}

func appendNumber(b []byte, n float64) []byte {
	if n == math.Trunc(n) && n < 1<<53 {
		return binary.AppendUvarint(b, uint64(n)<<1)
	}
	return wire.AppendFloat(append(b, 1), n)
}

// UnmarshalBinary sets s to what AppendBinary wrote. It refuses with ErrEncoding
// what AppendBinary cannot have written, and leaves s alone then.
func (s *Sketch) UnmarshalBinary(data []byte) error {
	d := decoder{wire.NewDecoder(data)}
	var n Sketch
	if v := d.Byte(); v != version {
		return fmt.Errorf("%w: version %d", ErrEncoding, v)
	}
	form := d.Byte()
	switch form {
	case formEmpty:
	case formExact, formBuckets:
		d.sketch(&n, form)
	default:
		d.Fail()
	}
	if d.End() != nil {
		return fmt.Errorf("%w: form %d, %d bytes", ErrEncoding, form, len(data))
	}
	*s = n
	return nil
}
