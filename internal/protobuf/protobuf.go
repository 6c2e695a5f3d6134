// Package protobuf reads the messages of others field by field, without generated
// code: a reader knows the fields that it needs and passes over the rest.
package protobuf

import (
	"errors"
	"fmt"
	"iter"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// ErrMalformed marks bytes that are no message.
var ErrMalformed = errors.New("malformed protobuf message")

// Field is one field of a message (protobuf.dev/programming-guides/encoding). Its
// bytes are those of the message.
type Field struct {
	Number protowire.Number
	Kind   protowire.Type
	Bytes  []byte // of BytesType
	Bits   uint64 // of VarintType and Fixed64Type
}

// Is tells whether f has a number and the type that belongs to it.
func (f Field) Is(number protowire.Number, kind protowire.Type) bool {
	return f.Number == number && f.Kind == kind
}

// IsBytes tells whether f has a number and is a message, a string or bytes.
func (f Field) IsBytes(number protowire.Number) bool { return f.Is(number, protowire.BytesType) }

// IsVarint tells whether f has a number and is an integer, an enum or a bool.
func (f Field) IsVarint(number protowire.Number) bool { return f.Is(number, protowire.VarintType) }

// Float is the value of a double.
func (f Field) Float() float64 { return math.Float64frombits(f.Bits) }

// Reader reads messages, and those in them, and remembers that one was
// malformed: who reads asks for Err once, at the end. Its zero value is ready.
type Reader struct{ err error }

// Err returns the first error, which wraps ErrMalformed.
func (r *Reader) Err() error { return r.err }

func (r *Reader) fail(at protowire.Number, code int) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: behind field %d: %w", ErrMalformed, at, protowire.ParseError(code))
	}
}

// Fields yields the fields of a message up to the first malformed one. Those of
// types that a Field has no place for come without a value.
func (r *Reader) Fields(b []byte) iter.Seq[Field] {
	return func(yield func(Field) bool) {
		last := protowire.Number(0)
		for len(b) > 0 {
			f, n := next(b)
			if n < 0 {
				r.fail(last, n)
				return
			}
			b, last = b[n:], f.Number
			if !yield(f) {
				return
			}
		}
	}
}

// next returns the first field of b and its length, negative if malformed.
func next(b []byte) (Field, int) {
	number, kind, n := protowire.ConsumeTag(b)
	if n < 0 {
		return Field{}, n
	}
	f := Field{Number: number, Kind: kind}
	var m int
	switch kind {
	case protowire.VarintType:
		f.Bits, m = protowire.ConsumeVarint(b[n:])
	case protowire.Fixed64Type:
		f.Bits, m = protowire.ConsumeFixed64(b[n:])
	case protowire.BytesType:
		f.Bytes, m = protowire.ConsumeBytes(b[n:])
	default:
		m = protowire.ConsumeFieldValue(number, kind, b[n:])
	}
	if m < 0 {
		return Field{}, m
	}
	return f, n + m
}

// Varints yields the values of a repeated integer, packed or not.
func (r *Reader) Varints(f Field) iter.Seq[uint64] {
	return func(yield func(uint64) bool) {
		if f.Kind == protowire.VarintType {
			yield(f.Bits)
			return
		}
		for b := f.Bytes; len(b) > 0; {
			v, n := protowire.ConsumeVarint(b)
			if n < 0 {
				r.fail(f.Number, n)
				return
			}
			b = b[n:]
			if !yield(v) {
				return
			}
		}
	}
}

// Fixed64s yields the bits of a repeated double or fixed64, packed or not.
func (r *Reader) Fixed64s(f Field) iter.Seq[uint64] {
	return func(yield func(uint64) bool) {
		if f.Kind == protowire.Fixed64Type {
			yield(f.Bits)
			return
		}
		for b := f.Bytes; len(b) > 0; {
			v, n := protowire.ConsumeFixed64(b)
			if n < 0 {
				r.fail(f.Number, n)
				return
			}
			b = b[n:]
			if !yield(v) {
				return
			}
		}
	}
}
