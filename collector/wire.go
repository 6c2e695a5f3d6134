package collector

import (
	"errors"
	"iter"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// errMalformed marks a request that is not what its content type says.
var errMalformed = errors.New("malformed protobuf message")

// field is one field of a protobuf message (protobuf.dev/programming-guides/encoding).
type field struct {
	number protowire.Number
	kind   protowire.Type
	bytes  []byte // of BytesType
	bits   uint64 // of VarintType and Fixed64Type
}

func (f field) float() float64 { return math.Float64frombits(f.bits) }

// wire reads messages; it remembers that one was malformed.
type wire struct{ err error }

// fields yields the fields of a message up to the first malformed one. Fields of
// types that the messages here do not use are passed over.
func (w *wire) fields(b []byte) iter.Seq[field] {
	return func(yield func(field) bool) {
		for len(b) > 0 {
			f, n := readField(b)
			if n < 0 {
				w.err = errMalformed
				return
			}
			b = b[n:]
			if !yield(f) {
				return
			}
		}
	}
}

// readField returns the first field of b and its length, negative if malformed.
func readField(b []byte) (field, int) {
	number, kind, n := protowire.ConsumeTag(b)
	if n < 0 {
		return field{}, n
	}
	f := field{number: number, kind: kind}
	var m int
	switch kind {
	case protowire.VarintType:
		f.bits, m = protowire.ConsumeVarint(b[n:])
	case protowire.Fixed64Type:
		f.bits, m = protowire.ConsumeFixed64(b[n:])
	case protowire.BytesType:
		f.bytes, m = protowire.ConsumeBytes(b[n:])
	default:
		m = protowire.ConsumeFieldValue(number, kind, b[n:])
	}
	if m < 0 {
		return field{}, m
	}
	return f, n + m
}

// is says whether f has a number and the type that belongs to it.
func (f field) is(number protowire.Number, kind protowire.Type) bool {
	return f.number == number && f.kind == kind
}

// varints yields a repeated uint32 field, packed or not.
func (w *wire) varints(f field) iter.Seq[uint64] {
	return func(yield func(uint64) bool) {
		if f.kind == protowire.VarintType {
			yield(f.bits)
			return
		}
		for b := f.bytes; len(b) > 0; {
			v, n := protowire.ConsumeVarint(b)
			if n < 0 {
				w.err = errMalformed
				return
			}
			b = b[n:]
			if !yield(v) {
				return
			}
		}
	}
}
