package rrdfile

import (
	"math"
	"slices"
)

// backfill is the arithmetic of Backfill: what points say, put into rows that
// were read and a copy of the state.
type backfill struct {
	schema *Schema
	late   *late
	next   state
	tracks []*track
	dirty  [][]bool // rows of the tracks that changed
	done   Backfilled
}

// openStep puts in what the points say of the step that is still open, if they
// know as much of it as is known, or more. A step that is complete is closed.
func (b *backfill) openStep() {
	now := b.next.sec*micros + b.next.usec
	begin := now - now%b.late.step
	if b.late.last < begin {
		b.late.close()
		return
	}
	for ds := range b.next.pdp {
		p, have := &b.next.pdp[ds], b.late.openKnown(ds)
		elapsed, stored := float64(now-begin)/micros, 0.0
		if !math.IsNaN(p.value) {
			stored = elapsed - float64(p.unknown)
		}
		if rest := b.late.open[ds].value; have >= stored && !math.IsNaN(rest) && (have > 0 || b.late.last == now) {
			p.value, p.unknown = rest, uint64(elapsed-have)
		}
	}
}

// archives rebuilds the finest archives first, as the others are made of them.
func (b *backfill) archives() {
	order := make([]int, len(b.tracks))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return int(min(max(b.tracks[i].span-b.tracks[j].span, -1), 1)) })
	for _, i := range order {
		b.rows(i)
		b.openRow(i)
		if b.tracks[i].tails != nil {
			b.tracks[i].tails = tailsOf(b.schema, &b.next, i)
		}
	}
}

// sources are the archives of which whole rows make up a row of t: those of its
// function, which lose nothing, or the averages.
func (b *backfill) sources(t *track, averages bool) []*track {
	var out []*track
	for _, s := range sourcesFor(t.rra, t.span, b.tracks) {
		own := s.rra.CF == t.rra.CF || s.rra.Steps == 1
		if s.span < t.span && t.span%s.span == 0 && own != averages {
			out = append(out, s)
		}
	}
	return out
}

// rows rebuilds the complete rows that the points touch.
func (b *backfill) rows(i int) {
	t := b.tracks[i]
	own, averages := b.sources(t, false), b.sources(t, true)
	next := int64(0)
	for _, r := range b.late.runs {
		begin, end := max(next, floor(r.begin, t.span)), min(-floor(-r.end, t.span), t.end)
		if gone := min(end, t.begin) - begin; gone > 0 {
			b.done.Gone += int(gone / t.span)
			begin += gone
		}
		for ; begin < end; begin += t.span {
			b.row(i, begin, covering(own, begin, begin+t.span), covering(averages, begin, begin+t.span))
		}
		next = max(next, begin)
	}
}

// row rebuilds one row from own, or as well as can be where that is nil.
func (b *backfill) row(i int, begin int64, own, averages *track) {
	t := b.tracks[i]
	changed, kept := false, false
	for ds, stored := range t.rowAt(begin) {
		said := b.late.tally(cfOf(t.rra.CF), ds, begin, begin+t.span)
		var v float64
		lost := false
		switch {
		case said.count == 0:
			continue
		case said.unknown == 0:
			v = said.result(t.rra.XFF)
		case own != nil:
			v = consolidated([]*track{own}, said.function, t.rra.XFF, ds, begin, begin+t.span)
		default:
			v, lost = said.into(stored, t.rra.XFF, averages, ds, begin, begin+t.span)
		}
		kept = kept || lost
		if !math.IsNaN(v) && v != stored {
			t.rowAt(begin)[ds], changed = v, true
			b.dirty[i][(begin-t.begin)/t.span] = true
		}
	}
	if changed {
		b.done.Rows++
	}
	if kept {
		b.done.Kept++
	}
}

// into is a row that the points cover in part, and of which no finer rows tell
// all: extremes are widened, what was unknown becomes what is said. It also
// tells whether a known value was kept though the points say another.
func (t *tally) into(stored, xff float64, averages *track, ds int, from, to int64) (v float64, lost bool) {
	v = t.result(xff)
	if math.IsNaN(stored) && averages != nil && t.widens() {
		stored = consolidated([]*track{averages}, t.function, xff, ds, from, to)
	}
	switch {
	case math.IsNaN(stored):
		return v, false
	case t.widens():
		return t.widened(stored), false
	}
	return stored, !math.IsNaN(v) && v != stored
}

// widens tells whether values can be put into one that is there, as for a
// maximum or a minimum.
func (t *tally) widens() bool { return t.function == cfMax || t.function == cfMin }

// widened is an extreme with what the points say.
func (t *tally) widened(stored float64) float64 {
	if t.function == cfMax {
		return greater(t.value, stored)
	}
	return lesser(t.value, stored)
}

// openRow puts into the row of an archive that is still open what the points say.
func (b *backfill) openRow(i int) {
	t, f := b.tracks[i], cfOf(b.schema.RRA[i].CF)
	open := floor(b.next.sec, b.schema.Step) * micros
	from := floor(b.next.sec, b.schema.Step*t.rra.Steps) * micros
	if from == open || t.tails == nil {
		return
	}
	source := covering(b.sources(t, false), from, open)
	kept := false
	for ds := range b.schema.DS {
		c := &b.next.cdp[i*len(b.schema.DS)+ds]
		said := b.late.tally(f, ds, from, open)
		steps := uint64((open - from) / b.late.step)
		switch {
		case said.count == 0:
		case source != nil:
			c.value, c.unknown = gathered([]*track{source}, f, ds, from, open, b.late.step)
		case said.known >= float64(steps-min(c.unknown, steps)):
			c.value, c.unknown = said.gathered(), uint64(said.unknown)
		case said.widens():
			c.value = said.widened(c.value)
		default:
			kept = kept || c.value != said.gathered()
		}
	}
	if kept {
		b.done.Kept++
	}
}

// gathered is the value of an open row of these steps.
func (t *tally) gathered() float64 {
	if t.function == cfAverage {
		return t.sum
	}
	return t.value
}
