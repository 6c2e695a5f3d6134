package rrdfile

import (
	"encoding/binary"
	"math"
)

// encode writes the state over the header region b. Scratch fields that it
// does not know stay as they are.
func (s *state) encode(schema *Schema, b []byte) {
	l := layoutOf(len(schema.DS), len(schema.RRA))
	putI64(b, 0, s.sec)
	putI64(b, 8, s.usec)
	for i := range s.pdp {
		p := b[l.pdp-l.live+pdpBytes*int64(i):]
		clear(p[:lastBytes])
		copy(p[:lastBytes-1], s.pdp[i].lastText())
		putI64(p, 32, int64(s.pdp[i].unknown))
		putF64(p, 40, s.pdp[i].value)
	}
	for i := range s.cdp {
		c := b[l.cdp-l.live+cdpBytes*int64(i):]
		putF64(c, 0, s.cdp[i].value)
		putI64(c, 8, int64(s.cdp[i].unknown))
		putF64(c, 64, s.cdp[i].primary)
		putF64(c, 72, s.cdp[i].secondary)
	}
	for i, row := range s.row {
		putI64(b, int(l.pointers-l.live)+pointerBytes*i, row)
	}
}

func putI64(b []byte, at int, v int64) { binary.LittleEndian.PutUint64(b[at:], uint64(v)) }

func putF64(b []byte, at int, v float64) { binary.LittleEndian.PutUint64(b[at:], bitsOf(v)) }

// bitsOf is v as rrdtool stores it: one NaN stands for all.
func bitsOf(v float64) uint64 {
	if math.IsNaN(v) {
		return unknownBits
	}
	return math.Float64bits(v)
}

// encodeSchema writes what is fixed when a file is made to the begin of b.
func encodeSchema(s *Schema, b []byte) {
	l := layoutOf(len(s.DS), len(s.RRA))
	copy(b, cookie+version)
	putF64(b, 16, floatCookie)
	putI64(b, 24, int64(len(s.DS)))
	putI64(b, 32, int64(len(s.RRA)))
	putI64(b, 40, s.Step)
	for i, d := range s.DS {
		at := b[l.ds+dsBytes*int64(i):]
		copy(at[:20], d.Name)
		copy(at[20:40], d.Type)
		putI64(at, 40, d.Heartbeat)
		putF64(at, 48, d.Min)
		putF64(at, 56, d.Max)
	}
	for i, r := range s.RRA {
		at := b[l.rra+rraBytes*int64(i):]
		copy(at[:20], r.CF)
		putI64(at, 24, r.Rows)
		putI64(at, 32, r.Steps)
		putF64(at, 40, r.XFF)
	}
}
