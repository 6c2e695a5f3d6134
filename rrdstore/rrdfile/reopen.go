package rrdfile

import "math"

// state carries the last update, the open step and the open rows over.
func (r *reshaper) state() {
	r.next.sec, r.next.usec = r.old.sec, r.old.usec
	for i, col := range r.column {
		r.next.pdp[i] = r.openStep(i, col)
	}
	for i, a := range r.to.RRA {
		for ds, col := range r.column {
			c := &r.next.cdp[i*len(r.column)+ds]
			c.value, c.unknown = r.openRow(a, col)
		}
	}
}

// openStep keeps the last reading only for the same type: a counter would take
// it for its own.
func (r *reshaper) openStep(i, col int) pdp {
	from := floor(r.old.sec, r.to.Step) * micros
	now := r.old.sec*micros + r.old.usec
	if col < 0 {
		return pdp{text: "U", unknown: uint64((now - from) / micros), value: math.NaN()}
	}
	p := r.old.pdp[col]
	if r.from.DS[col].Type != r.to.DS[i].Type {
		p.text, p.fresh = "U", false
	}
	if r.from.Step == r.to.Step {
		return p
	}
	p.unknown, p.value = uint64((now-from)/micros), math.NaN()
	average := RRA{CF: "AVERAGE", Steps: 1}
	if t := covering(sourcesFor(average, r.to.Step*micros, r.tracks), from, now); t != nil {
		p.value, p.unknown = t.amount(col, from, now)
	}
	return p
}

// amount is the rate x seconds of a time, and the seconds that are unknown.
func (t *track) amount(ds int, from, to int64) (float64, uint64) {
	amount, known, unknown := 0.0, to == from, int64(0)
	t.each(ds, from, to, func(us int64, v float64) {
		if math.IsNaN(v) {
			unknown += us
			return
		}
		known = true
		amount += float64(v * (float64(us) / micros))
	})
	if !known {
		amount = math.NaN()
	}
	return amount, uint64(unknown / micros)
}

// openRow is what the open row of an archive has gathered of a column.
func (r *reshaper) openRow(a RRA, col int) (float64, uint64) {
	step := r.to.Step * micros
	from, to := floor(r.old.sec, r.to.Step*a.Steps)*micros, floor(r.old.sec, r.to.Step)*micros
	if col < 0 {
		return math.NaN(), uint64((to - from) / step)
	}
	for i, b := range r.from.RRA {
		if b.CF == a.CF && b.Steps == a.Steps && r.from.Step == r.to.Step {
			c := r.old.cdp[i*len(r.from.DS)+col]
			return c.value, c.unknown
		}
	}
	return gathered(sourcesFor(a, r.to.Step*a.Steps*micros, r.tracks), cfOf(a.CF), col, from, to, step)
}

// gathered is the open row, from its begin to the end of the last step, by the
// first source that covers it: unknown steps are counted down to whole ones.
func gathered(sources []*track, f cf, ds int, from, to, step int64) (float64, uint64) {
	value, unknown := carry(f, math.NaN(), 0), int64(0)
	t := covering(sources, from, to)
	if t == nil {
		return value, uint64((to - from) / step)
	}
	t.each(ds, from, to, func(us int64, v float64) {
		switch {
		case math.IsNaN(v):
			unknown += us
		case f == cfAverage:
			value += float64(v * (float64(us) / float64(step)))
		case f == cfMax:
			value = greater(v, value)
		case f == cfMin:
			value = lesser(v, value)
		default:
			value = v
		}
	})
	return value, uint64(unknown / step)
}
