package rrdstore

import (
	"encoding/binary"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/sketch"
	"plimsoll/internal/wire"
)

// encoder appends the fields of package wire. The first error stays.
type encoder struct {
	b   []byte
	err error
}

func (e *encoder) byte(v byte)     { e.b = append(e.b, v) }
func (e *encoder) uint(v uint64)   { e.b = binary.AppendUvarint(e.b, v) }
func (e *encoder) int(v int64)     { e.b = binary.AppendVarint(e.b, v) }
func (e *encoder) bool(v bool)     { e.b = wire.AppendBool(e.b, v) }
func (e *encoder) float(v float64) { e.b = wire.AppendFloat(e.b, v) }
func (e *encoder) bytes(v []byte)  { e.b = wire.AppendString(e.b, v) }
func (e *encoder) string(v string) { e.b = wire.AppendString(e.b, v) }

func (e *encoder) labels(l labels.Labels) { e.b = wire.AppendLabels(e.b, l) }

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

// decoder reads what encoder wrote.
type decoder struct {
	wire.Decoder
	version byte // of the checkpoint that is read
}

func newDecoder(b []byte) decoder { return decoder{Decoder: wire.NewDecoder(b)} }

func (d *decoder) sketch() *sketch.Sketch {
	b := d.Bytes()
	if len(b) == 0 {
		return nil
	}
	s := new(sketch.Sketch)
	if err := s.UnmarshalBinary(b); err != nil {
		d.FailWith(err)
	}
	return s
}
