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
		sources := b.sources(b.tracks[i])
		b.rows(i, sources)
		b.openRow(i, sources)
		if b.tracks[i].tails != nil {
			b.tracks[i].tails = tailsOf(b.schema, &b.next, i)
		}
	}
}

// sources are the archives of which whole rows make up a row of t without loss.
func (b *backfill) sources(t *track) []*track {
	var out []*track
	for _, s := range sourcesFor(t.rra, t.span, b.tracks) {
		if s.span < t.span && t.span%s.span == 0 && (s.rra.CF == t.rra.CF || s.rra.Steps == 1) {
			out = append(out, s)
		}
	}
	return out
}

// rows rebuilds the complete rows that the points touch.
func (b *backfill) rows(i int, sources []*track) {
	t := b.tracks[i]
	next := int64(0)
	for _, r := range b.late.runs {
		begin, end := max(next, floor(r.begin, t.span)), min(-floor(-r.end, t.span), t.end)
		if gone := min(end, t.begin) - begin; gone > 0 {
			b.done.Gone += int(gone / t.span)
			begin += gone
		}
		for ; begin < end; begin += t.span {
			b.row(i, sources, begin)
		}
		next = max(next, begin)
	}
}

func (b *backfill) row(i int, sources []*track, begin int64) {
	t := b.tracks[i]
	source := covering(sources, begin, begin+t.span)
	changed, kept := false, false
	for ds, stored := range t.rowAt(begin) {
		said := b.late.tally(cfOf(t.rra.CF), ds, begin, begin+t.span)
		if said.count == 0 {
			continue
		}
		v := said.result(t.rra.XFF)
		switch {
		case t.rra.Steps == 1:
		case source != nil:
			sum := tally{function: said.function}
			source.add(&sum, ds, begin, begin+t.span)
			v = sum.result(t.rra.XFF)
		case !math.IsNaN(stored):
			wide, can := widened(said, stored)
			kept = kept || !can && !math.IsNaN(v) && v != stored
			v = wide
		}
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

// widened is a known value with what points say: the greatest of both for a
// maximum, the least for a minimum. Other functions cannot do that.
func widened(said tally, stored float64) (float64, bool) {
	switch said.function {
	case cfMax:
		return greater(said.value, stored), true
	case cfMin:
		return lesser(said.value, stored), true
	}
	return stored, false
}

// openRow puts into the row of an archive that is still open what the points say.
func (b *backfill) openRow(i int, sources []*track) {
	t, f := b.tracks[i], cfOf(b.schema.RRA[i].CF)
	open := floor(b.next.sec, b.schema.Step) * micros
	from := floor(b.next.sec, b.schema.Step*t.rra.Steps) * micros
	if from == open || t.tails == nil {
		return
	}
	source := covering(sources, from, open)
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
		default:
			wide, can := widened(said, c.value)
			c.value, kept = wide, kept || !can && wide != said.gathered()
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
