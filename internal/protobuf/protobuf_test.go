package protobuf

import (
	"errors"
	"math"
	"slices"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

// message has a field of each type: 1 a varint, 2 bytes, 3 a double, 4 a float,
// 5 packed varints.
func message() (b []byte) {
	b = protowire.AppendVarint(protowire.AppendTag(b, 1, protowire.VarintType), 300)
	b = protowire.AppendString(protowire.AppendTag(b, 2, protowire.BytesType), "text")
	b = protowire.AppendFixed64(protowire.AppendTag(b, 3, protowire.Fixed64Type), math.Float64bits(0.25))
	b = protowire.AppendFixed32(protowire.AppendTag(b, 4, protowire.Fixed32Type), 7)
	return protowire.AppendBytes(protowire.AppendTag(b, 5, protowire.BytesType), []byte{1, 2, 0x80, 1})
}

func TestFields(t *testing.T) {
	var r Reader
	var numbers []protowire.Number
	for f := range r.Fields(message()) {
		numbers = append(numbers, f.Number)
		switch {
		case f.Number == 1 && (!f.IsVarint(1) || f.IsBytes(1) || f.Bits != 300 || !slices.Equal(slices.Collect(r.Varints(f)), []uint64{300})),
			f.Number == 2 && (!f.IsBytes(2) || string(f.Bytes) != "text"),
			f.Number == 3 && f.Float() != 0.25,
			f.Number == 5 && !slices.Equal(slices.Collect(r.Varints(f)), []uint64{1, 2, 128}):
			t.Errorf("%+v", f)
		}
	}
	if r.Err() != nil || !slices.Equal(numbers, []protowire.Number{1, 2, 3, 4, 5}) {
		t.Errorf("%v, %v", numbers, r.Err())
	}
}

// A message that ends anywhere but behind a field is malformed, and what stood
// before is still read.
func TestMessageCutOff(t *testing.T) {
	whole := message()
	ends := map[int]bool{0: true}
	for rest := whole; len(rest) > 0; {
		_, n := next(rest)
		rest = rest[n:]
		ends[len(whole)-len(rest)] = true
	}
	for n := range whole {
		var r Reader
		for range r.Fields(whole[:n]) {
			continue
		}
		if errors.Is(r.Err(), ErrMalformed) == ends[n] {
			t.Errorf("the first %d bytes: %v", n, r.Err())
		}
	}
	var r Reader
	for range r.Varints(Field{Number: 5, Kind: protowire.BytesType, Bytes: []byte{1, 0x80}}) {
		continue
	}
	if !errors.Is(r.Err(), ErrMalformed) {
		t.Errorf("packed: %v", r.Err())
	}
}

func FuzzFields(f *testing.F) {
	f.Add(message())
	f.Fuzz(func(t *testing.T, b []byte) {
		var r Reader
		size := 0
		for f := range r.Fields(b) {
			size += len(f.Bytes)
			for range r.Varints(f) {
				continue
			}
		}
		if size > len(b) {
			t.Errorf("%d bytes in fields of %d", size, len(b))
		}
	})
}
