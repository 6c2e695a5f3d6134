package wire

import (
	"encoding/binary"
	"errors"
	"math"
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"pgregory.net/rapid"
)

// What is written is read again, each field in its turn.
func TestWrittenIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b []byte
		var reads []func(d *Decoder) bool
		for range rapid.IntRange(0, 20).Draw(t, "fields") {
			write, read := field(t)
			b = write(b)
			reads = append(reads, read)
		}
		d := NewDecoder(b)
		for i, read := range reads {
			if !read(&d) {
				t.Fatalf("field %d differs", i)
			}
		}
		if err := d.End(); err != nil {
			t.Fatal(err)
		}
	})
}

// field draws a field: how it is written, and whether it is read alike.
func field(t *rapid.T) (write func([]byte) []byte, read func(*Decoder) bool) {
	u, s := rapid.Uint64().Draw(t, "number"), rapid.String().Draw(t, "text")
	switch rapid.IntRange(0, 7).Draw(t, "kind") {
	case 0:
		return func(b []byte) []byte { return append(b, byte(u)) }, func(d *Decoder) bool { return d.Byte() == byte(u) }
	case 1:
		return func(b []byte) []byte { return AppendBool(b, u%2 > 0) }, func(d *Decoder) bool { return d.Bool() == (u%2 > 0) }
	case 2:
		return func(b []byte) []byte { return binary.AppendUvarint(b, u) }, func(d *Decoder) bool { return d.Uint() == u }
	case 3:
		return func(b []byte) []byte { return binary.AppendVarint(b, int64(u)) }, func(d *Decoder) bool { return d.Int() == int64(u) }
	case 4:
		return func(b []byte) []byte { return AppendFloat(b, math.Float64frombits(u)) },
			func(d *Decoder) bool { return math.Float64bits(d.Float()) == u }
	case 5:
		return func(b []byte) []byte { return AppendString(b, []byte(s)) }, func(d *Decoder) bool { return d.String() == s }
	case 6:
		n := int(u % 9)
		return func(b []byte) []byte { return append(b, binary.LittleEndian.AppendUint64(nil, u)[:n]...) },
			func(d *Decoder) bool { return d.Little(n) == u&(1<<(8*n)-1) }
	}
	l := labels.FromStrings("a", s, "b", "c"+s)
	return func(b []byte) []byte { return AppendLabels(b, l) }, func(d *Decoder) bool { return labels.Equal(d.Labels(), l) }
}

// After the first field that is missing all are zero, and so it stays.
func TestErrorsStay(t *testing.T) {
	for name, read := range map[string]func(*Decoder) bool{
		"byte":   func(d *Decoder) bool { return d.Byte() == 0 },
		"bool":   func(d *Decoder) bool { return !d.Bool() },
		"uint":   func(d *Decoder) bool { return d.Uint() == 0 },
		"int":    func(d *Decoder) bool { return d.Int() == 0 },
		"float":  func(d *Decoder) bool { return d.Float() == 0 },
		"little": func(d *Decoder) bool { return d.Little(3) == 0 },
		"take":   func(d *Decoder) bool { return d.Take(1) == nil },
		"less":   func(d *Decoder) bool { return d.Take(-1) == nil },
		"count":  func(d *Decoder) bool { return d.Count() == 0 },
		"bytes":  func(d *Decoder) bool { return d.Bytes() == nil },
		"string": func(d *Decoder) bool { return d.String() == "" },
		"labels": func(d *Decoder) bool { return d.Labels().IsEmpty() },
	} {
		d := NewDecoder(nil)
		if !read(&d) || !errors.Is(d.Err(), ErrField) || d.Len() != 0 {
			t.Errorf("%s of nothing: %v", name, d.Err())
		}
	}
	other := errors.New("other")
	d := NewDecoder([]byte{1, 2})
	d.FailWith(other)
	if d.Fail(); d.Byte() != 0 || !errors.Is(d.End(), other) {
		t.Errorf("%v, want the first error", d.Err())
	}
	if d = NewDecoder([]byte{1}); d.End() == nil {
		t.Error("a rest is no error")
	}
}

// Whatever is read in whatever order, it ends, and takes no more than is there.
func FuzzDecoder(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8}, AppendLabels([]byte{7, 0x80, 1, 2}, labels.FromStrings("a", "b")))
	f.Add([]byte{8}, []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01})
	f.Fuzz(func(t *testing.T, order, data []byte) {
		d := NewDecoder(data)
		for _, what := range order {
			before, had := d.Len(), d.Err()
			one(&d, what)
			if d.Len() > before || had != nil && (d.Len() > 0 || !errors.Is(d.Err(), had)) {
				t.Fatalf("%d of %d bytes left, %v", d.Len(), before, d.Err())
			}
		}
	})
}

func one(d *Decoder, what byte) {
	switch what % 9 {
	case 0:
		d.Byte()
	case 1:
		d.Uint()
	case 2:
		d.Int()
	case 3:
		d.Float()
	case 4:
		d.Little(int(what) % 8)
	case 5:
		d.Take(int(what) - 20)
	case 6:
		d.Count()
	case 7:
		_ = d.String()
	case 8:
		d.Labels()
	}
}
