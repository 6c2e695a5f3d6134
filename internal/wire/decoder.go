package wire

import (
	"encoding/binary"
	"errors"
	"math"

	"github.com/prometheus/prometheus/model/labels"
)

// ErrField is the error for a field that is missing or impossible.
var ErrField = errors.New("a field is missing or impossible")

// maxLabelBytes is far above what any label has, and below what labels can hold.
const maxLabelBytes = 1 << 20

// Decoder takes fields off the front of bytes. It has one owner.
type Decoder struct {
	rest []byte
	err  error
}

// NewDecoder returns one that reads b, which must not change meanwhile.
func NewDecoder(b []byte) Decoder { return Decoder{rest: b} }

// Err is the first error.
func (d *Decoder) Err() error { return d.err }

// Len is how many bytes are left, none after an error.
func (d *Decoder) Len() int { return len(d.rest) }

// End returns the first error; that something is left is one too.
func (d *Decoder) End() error {
	if len(d.rest) > 0 {
		d.Fail()
	}
	return d.err
}

// Fail notes that what was read cannot be: all that follows is zero.
func (d *Decoder) Fail() { d.FailWith(ErrField) }

// FailWith notes why what was read cannot be.
func (d *Decoder) FailWith(err error) {
	d.rest = nil
	if d.err == nil {
		d.err = err
	}
}

// Byte reads a byte.
func (d *Decoder) Byte() byte {
	if len(d.rest) == 0 {
		d.Fail()
		return 0
	}
	v := d.rest[0]
	d.rest = d.rest[1:]
	return v
}

// Bool reads a bool: any byte but 0 is true.
func (d *Decoder) Bool() bool { return d.Byte() != 0 }

// Uint reads a uvarint.
func (d *Decoder) Uint() uint64 {
	if len(d.rest) > 0 && d.rest[0] < 0x80 {
		return uint64(d.Byte())
	}
	v, n := binary.Uvarint(d.rest)
	if n <= 0 {
		d.Fail()
		return 0
	}
	d.rest = d.rest[n:]
	return v
}

// Int reads a varint.
func (d *Decoder) Int() int64 {
	v := d.Uint()
	return int64(v>>1) ^ -int64(v&1)
}

// Float reads a float.
func (d *Decoder) Float() float64 { return math.Float64frombits(d.Little(8)) }

// Little reads an integer of n ≤ 8 bytes, the lowest first.
func (d *Decoder) Little(n int) uint64 {
	if len(d.rest) < 8 {
		return d.lastLittle(n)
	}
	v := binary.LittleEndian.Uint64(d.rest) & (1<<(8*n) - 1)
	d.rest = d.rest[n:]
	return v
}

// lastLittle is Little close to the end.
func (d *Decoder) lastLittle(n int) uint64 {
	var full [8]byte
	copy(full[:], d.Take(n))
	return binary.LittleEndian.Uint64(full[:])
}

// Take reads n bytes: a part of the input, no copy.
func (d *Decoder) Take(n int) []byte {
	if uint(n) > uint(len(d.rest)) {
		d.Fail()
		return nil
	}
	v := d.rest[:n:n]
	d.rest = d.rest[n:]
	return v
}

// Count reads the length of a list whose entries take at least a byte each.
func (d *Decoder) Count() int {
	n := d.Uint()
	if n > uint64(len(d.rest)) {
		d.Fail()
		return 0
	}
	return int(n)
}

// Bytes reads a run of bytes: a part of the input, no copy.
func (d *Decoder) Bytes() []byte { return d.Take(d.Count()) }

// String reads a string.
func (d *Decoder) String() string { return string(d.Bytes()) }

// Labels reads labels.
func (d *Decoder) Labels() labels.Labels {
	b := labels.NewScratchBuilder(4)
	for range d.Count() {
		name, value := d.String(), d.String()
		if len(name) > maxLabelBytes || len(value) > maxLabelBytes {
			d.Fail()
		}
		if d.err != nil {
			return labels.EmptyLabels()
		}
		b.Add(name, value)
	}
	b.Sort()
	return b.Labels()
}
