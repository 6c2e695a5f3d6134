package rrdfile

import (
	"errors"
	"fmt"
	"math"
)

// Point is one update: a value for every data source at an instant.
type Point struct {
	At     int64     // unix milliseconds
	Values []float64 // one per data source, NaN = unknown
}

// ErrNotNewer is wrapped by the error for a point that is not after the last
// update of the file.
var ErrNotNewer = errors.New("not after the last update")

// machine applies points to a state. It does no I/O and owns its memory.
type machine struct {
	schema *Schema
	state  state
	// emit is called for each archive that completes n >= 1 rows (never more
	// than it holds): the first has c[ds].primary, the others c[ds].secondary.
	emit func(rra int, n int64, c []cdp)

	kinds []kind // of the schema's data sources and archives: to compare names for
	cfs   []cf   // each step would take as long as the arithmetic

	amount []float64 // rate x seconds of the interval now applied, per DS
	left   []float64 // the part of it that belongs to the open step
	rate   []float64 // the value of the steps now completed, per DS
	rows   []int64   // rows now completed, per archive

	step uint64   // the one that is open,
	ends []uint64 // and how many steps the open row of each archive has left

	first, end int // the archives that are brought forward: all, but for a preview of one
}

func newMachine(s *Schema, emit func(int, int64, []cdp)) *machine {
	n := len(s.DS)
	buf := make([]float64, 3*n)
	m := &machine{
		schema: s, state: newState(n, len(s.RRA)), emit: emit,
		amount: buf[:n], left: buf[n : 2*n], rate: buf[2*n:],
		rows: make([]int64, len(s.RRA)), end: len(s.RRA),
	}
	for _, d := range s.DS {
		m.kinds = append(m.kinds, kindOf(d.Type))
	}
	for _, a := range s.RRA {
		m.cfs = append(m.cfs, cfOf(a.CF))
		m.ends = append(m.ends, left(a.Steps, m.step))
	}
	return m
}

// span is an interval between two updates, cut at the last end of a step in it.
type span struct {
	seconds   float64 // all of it
	pre, post float64 // up to that end, and after it
	steps     uint64  // ends of steps in it
	firstStep uint64  // number, since the epoch, of the step open at its start
}

// check reports why p cannot follow the last update.
func (m *machine) check(p Point) error {
	s := &m.state
	sec, usec := p.At/1000, p.At%1000*1000
	switch {
	case p.At < 0 || sec > maxSeconds:
		return fmt.Errorf("time %d ms out of range", p.At)
	case sec < s.sec || sec == s.sec && usec <= s.usec:
		return fmt.Errorf("time %d ms: %w at %d.%06d", p.At, ErrNotNewer, s.sec, s.usec)
	case len(p.Values) != len(m.schema.DS):
		return fmt.Errorf("time %d ms: %d values, want %d", p.At, len(p.Values), len(m.schema.DS))
	}
	for i, d := range m.schema.DS {
		if err := checkReading(m.kinds[i], p.Values[i]); err != nil {
			return fmt.Errorf("time %d ms: data source %q: %w", p.At, d.Name, err)
		}
	}
	return nil
}

// apply brings the state forward to p, or leaves it alone and says why not.
func (m *machine) apply(p Point) error {
	if err := m.check(p); err != nil {
		return err
	}
	s := &m.state
	sec, usec := p.At/1000, p.At%1000*1000
	in := m.spanTo(sec, usec)
	for i := range m.amount {
		m.amount[i] = m.take(i, p.Values[i], in.seconds)
	}
	if in.steps == 0 {
		m.extend(in.seconds)
	} else {
		m.splitOpen(&in)
		m.complete(in, m.amount)
	}
	s.sec, s.usec = sec, usec
	return nil
}

func (m *machine) spanTo(sec, usec int64) span {
	s, step := &m.state, m.schema.Step
	in := span{seconds: float64(sec-s.sec) + float64(usec-s.usec)/1e6}
	first, last := s.sec/step, sec/step
	in.firstStep = uint64(first)
	if last <= first {
		in.pre = in.seconds
		return in
	}
	in.steps = uint64(last - first)
	now := last * step
	in.pre = float64(now-s.sec) - float64(s.usec)/1e6
	in.post = float64(sec-now) + float64(usec)/1e6
	return in
}

// splitOpen completes the step that was open before an interval of several
// steps by itself, so that its earlier part does not leak into the later ones
// (rrdtool since 1.7.1). It counts whole seconds, as rrdtool does.
func (m *machine) splitOpen(in *span) {
	open := float64(uint64(in.pre) % uint64(m.schema.Step))
	if in.steps < 2 || open == 0 {
		return
	}
	for i, a := range m.amount {
		m.left[i] = math.NaN()
		if !math.IsNaN(a) && in.seconds > 0 {
			m.left[i] = float64(a*open) / in.seconds
			m.amount[i] = a - m.left[i]
		}
	}
	m.complete(span{seconds: open, pre: open, steps: 1, firstStep: in.firstStep}, m.left)
	in.seconds -= open
	in.pre -= open
	in.steps--
	in.firstStep++
}

// complete ends in.steps steps, and the rows that end with them.
func (m *machine) complete(in span, amount []float64) {
	for i := range m.rate {
		m.rate[i] = m.endStep(i, amount[i], in)
	}
	m.open(in.firstStep)
	n := len(m.schema.DS)
	for r := m.first; r < m.end; r++ {
		c := m.state.cdp[r*n : (r+1)*n]
		m.rows[r] = consolidate(&m.schema.RRA[r], m.cfs[r], c, m.rate, in.steps, m.toEnd(r, in))
	}
	m.step = in.firstStep + in.steps
	for r := m.first; r < m.end; r++ {
		rows := m.rows[r]
		if rows == 0 {
			continue
		}
		m.state.row[r] = (m.state.row[r] + rows) % m.schema.RRA[r].Rows
		m.emit(r, rows, m.state.cdp[r*n:(r+1)*n])
	}
}

// open prepares toEnd for steps from first on. One point mostly goes on where the
// one before it ended: that spares a division for each archive and step.
func (m *machine) open(first uint64) {
	if m.step == first {
		return
	}
	for r := range m.ends {
		m.ends[r] = left(m.schema.RRA[r].Steps, first)
	}
}

// toEnd returns how many steps lead to the end of the row that is open before in,
// and counts down to the one open behind it.
func (m *machine) toEnd(r int, in span) uint64 {
	toEnd := m.ends[r]
	if toEnd > in.steps {
		m.ends[r] = toEnd - in.steps
	} else {
		m.ends[r] = left(m.schema.RRA[r].Steps, in.firstStep+in.steps)
	}
	return toEnd
}

// left is how many steps a row that is open at a step has left.
func left(per int64, step uint64) uint64 { return uint64(per) - step%uint64(per) }
