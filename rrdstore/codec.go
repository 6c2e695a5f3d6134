package rrdstore

import (
	"encoding/binary"
	"errors"
	"math"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/sketch"
)

var errShort = errors.New("record ends early")

// encoder appends numbers (varint, little-endian doubles), strings and byte
// runs with their length in front. The first error stays.
type encoder struct {
	b   []byte
	err error
}

func (e *encoder) byte(v byte)     { e.b = append(e.b, v) }
func (e *encoder) uint(v uint64)   { e.b = binary.AppendUvarint(e.b, v) }
func (e *encoder) int(v int64)     { e.b = binary.AppendVarint(e.b, v) }
func (e *encoder) float(v float64) { e.b = binary.LittleEndian.AppendUint64(e.b, math.Float64bits(v)) }

func (e *encoder) bytes(v []byte) {
	e.uint(uint64(len(v)))
	e.b = append(e.b, v...)
}

func (e *encoder) string(v string) {
	e.uint(uint64(len(v)))
	e.b = append(e.b, v...)
}

func (e *encoder) bool(v bool) {
	if v {
		e.byte(1)
		return
	}
	e.byte(0)
}

func (e *encoder) labels(l labels.Labels) {
	e.uint(uint64(l.Len()))
	l.Range(func(l labels.Label) {
		e.string(l.Name)
		e.string(l.Value)
	})
}

// sketch writes nil as an empty run.
func (e *encoder) sketch(s *sketch.Sketch) {
	if s == nil {
		e.uint(0)
		return
	}
	b, err := s.AppendBinary(nil)
	if e.err == nil {
		e.err = err
	}
	e.bytes(b)
}

// decoder reads what encoder wrote; after the first error it yields zeros.
type decoder struct {
	b       []byte
	err     error
	version byte // of the checkpoint that is read
}

func (d *decoder) fail() {
	d.b = nil
	if d.err == nil {
		d.err = errShort
	}
}

func (d *decoder) byte() byte {
	if len(d.b) < 1 {
		d.fail()
		return 0
	}
	v := d.b[0]
	d.b = d.b[1:]
	return v
}

func (d *decoder) uint() uint64 {
	v, n := binary.Uvarint(d.b)
	if n <= 0 {
		d.fail()
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *decoder) int() int64 {
	v, n := binary.Varint(d.b)
	if n <= 0 {
		d.fail()
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *decoder) float() float64 {
	if len(d.b) < 8 {
		d.fail()
		return 0
	}
	v := math.Float64frombits(binary.LittleEndian.Uint64(d.b))
	d.b = d.b[8:]
	return v
}

// bytes returns a part of the input, not a copy.
func (d *decoder) bytes() []byte {
	n := d.uint()
	if n > uint64(len(d.b)) {
		d.fail()
		return nil
	}
	v := d.b[:n]
	d.b = d.b[n:]
	return v
}

func (d *decoder) string() string { return string(d.bytes()) }
func (d *decoder) bool() bool     { return d.byte() != 0 }

// count reads the length of a list whose entries take at least one byte.
func (d *decoder) count() int {
	n := d.uint()
	if n > uint64(len(d.b)) {
		d.fail()
		return 0
	}
	return int(n)
}

func (d *decoder) labels() labels.Labels {
	n := d.count()
	pairs := make([]string, 0, 2*n)
	for range n {
		pairs = append(pairs, d.string(), d.string())
	}
	return labels.FromStrings(pairs...)
}

func (d *decoder) sketch() *sketch.Sketch {
	b := d.bytes()
	if len(b) == 0 {
		return nil
	}
	s := new(sketch.Sketch)
	if err := s.UnmarshalBinary(b); err != nil && d.err == nil {
		d.err = err
	}
	return s
}
