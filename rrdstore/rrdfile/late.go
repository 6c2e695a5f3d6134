package rrdfile

import (
	"fmt"
	"math"
	"slices"
	"sort"
)

// late is what points say: runs of whole steps, and of the step that is open
// behind the last point.
type late struct {
	step int64 // µs
	runs []run // ascending; in each some data source is known
	last int64 // µs: the last point
	open []pdp // from the end of the last whole step before it
}

// run is consecutive steps of one rate for each data source.
type run struct {
	begin, end int64 // µs
	rates      []float64
}

// replay applies points to an empty file that was last updated at from (ms): the
// steps are those that an Update would have made, if no silence were too long for
// it. As unknown time is counted in whole seconds, it begins with one.
func replay(s *Schema, from int64, points []Point) (*late, error) {
	if from < 0 || from > maxSeconds*1000 {
		return nil, fmt.Errorf("from %d ms: out of range", from)
	}
	l := &late{step: s.Step * micros}
	begin := -floor(-from, 1000)
	at := floor(begin/1000, s.Step) * micros
	patient := slices.Clone(s.DS)
	for i := range patient {
		patient[i].Heartbeat = maxSeconds
	}
	one := &Schema{Step: s.Step, DS: patient, RRA: []RRA{{CF: "AVERAGE", Rows: math.MaxInt64, Steps: 1}}}
	m := newMachine(one, func(_ int, n int64, c []cdp) {
		l.add(at, at+n*l.step, c)
		at += n * l.step
	})
	m.state.start(one, begin/1000)
	for i, p := range points {
		if p.At < from || i > 0 && p.At <= points[i-1].At {
			return nil, fmt.Errorf("time %d ms: points do not ascend from %d ms", p.At, from)
		}
		if p.At > begin {
			if err := m.apply(p); err != nil {
				return nil, err
			}
		} else if err := m.reading(p); err != nil {
			return nil, err
		}
	}
	l.last, l.open = m.state.sec*micros+m.state.usec, m.state.pdp
	return l, nil
}

// reading takes from a point no more than where the counters stand.
func (m *machine) reading(p Point) error {
	if len(p.Values) != len(m.schema.DS) {
		return fmt.Errorf("time %d ms: %d values, want %d", p.At, len(p.Values), len(m.schema.DS))
	}
	for i, v := range p.Values {
		m.state.pdp[i].read(v)
	}
	return nil
}

// add appends a run of the rates just completed, if any is known.
func (l *late) add(begin, end int64, c []cdp) {
	r := run{begin: begin, end: end, rates: make([]float64, len(c))}
	some := false
	for i := range c {
		r.rates[i] = c[i].primary
		some = some || !math.IsNaN(r.rates[i])
	}
	if some {
		l.runs = append(l.runs, r)
	}
}

// openKnown is how many seconds are known of the step that is open behind the
// last point.
func (l *late) openKnown(ds int) float64 {
	p := &l.open[ds]
	if math.IsNaN(p.value) {
		return 0
	}
	return max(float64(l.last%l.step)/micros-float64(p.unknown), 0)
}

// close makes the open step a whole one, which is known if half of it is: for a
// step that the file has completed.
func (l *late) close() {
	begin := l.last - l.last%l.step
	c := make([]cdp, len(l.open))
	for ds := range c {
		c[ds].primary = math.NaN()
		if have := l.openKnown(ds); have > 0 && have >= float64(l.step)/micros/2 {
			c[ds].primary = l.open[ds].value / have
		}
	}
	l.add(begin, begin+l.step, c)
}

// tally consolidates what is said of a time that begins and ends with a step; a
// step weighs 1.
func (l *late) tally(f cf, ds int, from, to int64) tally {
	out := tally{function: f}
	first := sort.Search(len(l.runs), func(i int) bool { return l.runs[i].end > from })
	at := from
	for _, r := range l.runs[first:] {
		if r.begin >= to {
			break
		}
		begin, end := max(r.begin, from), min(r.end, to)
		if begin > at {
			out.add(float64((begin-at)/l.step), math.NaN())
		}
		out.add(float64((end-begin)/l.step), r.rates[ds])
		at = end
	}
	if at < to {
		out.add(float64((to-at)/l.step), math.NaN())
	}
	return out
}
