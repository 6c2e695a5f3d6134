package rrdfile

import (
	"math"
	"strconv"
	"strings"
)

// state is what an update changes, apart from the rows.
type state struct {
	sec, usec int64
	pdp       []pdp   // one per data source
	cdp       []cdp   // archive by archive, one per data source
	row       []int64 // index of the newest row of each archive
}

// pdp is the step of one data source that is not yet complete.
type pdp struct {
	text    string  // the last reading as the file gave it
	reading float64 // the last reading since, if fresh
	fresh   bool
	unknown uint64  // seconds
	value   float64 // rate x seconds
}

// cdp is the row of one archive and data source that is not yet complete.
// primary and secondary are the values of the last completed rows: the first
// of an update, and all that followed it.
type cdp struct {
	value              float64
	unknown            uint64 // steps
	primary, secondary float64
}

func newState(ds, rra int) state {
	return state{pdp: make([]pdp, ds), cdp: make([]cdp, ds*rra), row: make([]int64, rra)}
}

// copyFrom makes s equal to o without sharing memory; both are of one schema.
func (s *state) copyFrom(o *state) {
	s.sec, s.usec = o.sec, o.usec
	copy(s.pdp, o.pdp)
	copy(s.cdp, o.cdp)
	copy(s.row, o.row)
}

// start is the state of a file made at sec: everything before it is unknown.
// The scratch fields that say nothing yet keep what they have.
func (s *state) start(schema *Schema, sec int64) {
	s.sec, s.usec = sec, 0
	for i := range s.pdp {
		s.pdp[i] = pdp{text: "U", unknown: uint64(sec % schema.Step), value: math.NaN()}
	}
	for r, rra := range schema.RRA {
		begun := sec - sec%schema.Step
		for i := range schema.DS {
			c := &s.cdp[r*len(schema.DS)+i]
			c.value = math.NaN()
			c.unknown = uint64(begun % (schema.Step * rra.Steps) / schema.Step)
		}
	}
}

// lastText is the last reading in rrdtool's own form, "U" for unknown, in less
// than lastBytes. Integers have all their digits, as counters need them.
func (p *pdp) lastText() string {
	switch {
	case !p.fresh:
		return p.text
	case math.IsNaN(p.reading):
		return "U"
	case p.reading == math.Trunc(p.reading) && math.Abs(p.reading) < 1<<63:
		return strconv.FormatInt(int64(p.reading), 10)
	case math.Abs(p.reading) > 1e-6 && math.Abs(p.reading) < 1<<63:
		return strconv.FormatFloat(p.reading, 'f', -1, 64)
	}
	return strings.TrimPrefix(strconv.FormatFloat(p.reading, 'e', -1, 64), "+") // not +Inf
}

func (p *pdp) read(v float64) {
	p.reading, p.fresh = v, true
}
