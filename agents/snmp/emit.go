package snmp

import (
	"slices"
	"strings"

	"plimsoll/internal/metric"
)

// emit adds the samples of what a poll saw of a table.
func (d *device) emit(b *batch, k *kept, v *view) {
	if !k.known {
		return // their labels are not
	}
	for _, r := range v.rows {
		name, named := k.names[r.index]
		if !named || k.raw[r.index] != r.raw {
			continue // the walk ended too early to tell whose values these are
		}
		state := d.stateOf(k, r.index, name)
		state.seen, state.sign.run = d.polls, d.clock.run
		k.judge(r, state)
		isWide := k.wide >= 0 && r.cells[k.wide].class != nothing
		for i, c := range r.cells {
			if c.class == nothing || isWide && i >= k.fast() {
				continue
			}
			if k.adjust != nil && i == 0 {
				c.number = k.adjust(c.number, func(name string) float64 { return k.float(r.index, name) })
			}
			b.value(k.columns[i], state.series[i], state, i, c.value, c.at)
		}
		for i, val := range k.slow[r.index] {
			if f, ok := val.float(); ok && i < len(k.spec.slow) {
				b.gauge(state.slow[i], r.at, f)
			}
		}
		if k.info != "" {
			b.gauge(state.info, r.at, 1)
		}
	}
	for name, r := range k.rows {
		if d.polls-r.seen > forgetAfter {
			delete(k.rows, name)
		}
	}
}

// forgetAfter is for how many polls a row that is gone is remembered.
const forgetAfter = 100

// judge notes by what the counters of 32 bits of a row are judged.
func (k *kept) judge(r *sighting, state *row) {
	if k.speed == "" {
		return
	}
	at := func(name string) float64 {
		if i := slices.Index(k.spec.columns, name); i >= 0 {
			f, _ := r.cells[i].float()
			return f
		}
		return 0
	}
	state.sign.discontinuity = at(k.discontinuity)
	speed := at(k.speed) * 1e6
	if narrow := k.float(r.index, "ifSpeed"); speed == 0 && narrow < 1<<32-1 {
		speed = narrow
	}
	state.setSpeed(speed)
}

// stateOf returns what is kept of a row, with the labels of its series. Where a
// label changed the series are new ones, and count anew.
func (d *device) stateOf(k *kept, index, name string) *row {
	pairs := d.pairs(k, index, name)
	id := strings.Join(pairs, "\x00")
	if k.key == "" {
		name = index
	}
	r := k.rows[name]
	if r == nil || r.names != id {
		r = &row{names: id, narrow: make([]narrow, len(k.columns))}
		for _, c := range k.columns {
			r.series = append(r.series, d.labelsFor(c.metric, pairs...))
		}
		for _, c := range k.spec.slow {
			r.slow = append(r.slow, d.labelsFor(c, pairs...))
		}
		k.rows[name] = r
	}
	if k.info != "" {
		d.informOf(k, r, index, pairs)
	}
	return r
}

// pairs are the labels of a row, by name and value.
func (d *device) pairs(k *kept, index, name string) (pairs []string) {
	if k.key != "" {
		pairs = append(pairs, k.key, name)
	}
	if k.index != "" {
		pairs = append(pairs, k.index, index)
	}
	texts := k.texts
	if k.info != "" {
		texts = d.interfaceLabels
	}
	for _, t := range texts {
		v := k.text(index, t)
		if t == "ifIndex" {
			v = index
		}
		pairs = append(pairs, t, v)
	}
	return pairs
}

// informOf makes the labels of the series that tells what else is known of a row.
func (d *device) informOf(k *kept, r *row, index string, pairs []string) {
	all := append(slices.Clone(pairs), "ifIndex", index)
	for _, t := range k.texts {
		all = append(all, t, k.text(index, t))
	}
	if l := r.info; l.Get(metric.NameLabel) != "" && l.Get("ifIndex") == index && !slices.ContainsFunc(k.texts, func(t string) bool { return l.Get(t) != k.text(index, t) }) {
		return
	}
	r.info = d.labelsFor(k.info, all...)
}
