package rrdfile

import (
	"io"
	"math"
	"slices"
)

// micros is a second in the unit of tracks. Times are at most maxSeconds, so
// that all of them fit an int64.
const micros = 1_000_000

// track is what one archive says of every moment in a stretch of time: a row
// holds its value for all its time. The newest track goes on after its last row
// with what the open row and the open step have gathered, up to the last update.
type track struct {
	rra   RRA
	width int       // data sources
	span  int64     // µs of a row
	begin int64     // µs: where the first row begins
	end   int64     // µs: where the last row ends
	rows  []float64 // [row][data source]
	tails [][]segment
}

// segment is a stretch of one value up to end; it begins where the one before
// it ends.
type segment struct {
	end   int64 // µs
	value float64
}

// loadTrack reads the rows of an archive that touch from to to (seconds), with
// the tail if to is not before the last row's end. Rows before 1970 are none.
func loadTrack(r io.ReaderAt, s *Schema, st *state, i int, from, to int64) (*track, error) {
	a, ring := s.RRA[i], ringsOf(s)[i]
	span := s.Step * a.Steps
	newest := floor(st.sec, span)
	oldest := newest - min(a.Rows, newest/span)*span
	first := min(max(floor(from, span), oldest), newest)
	last := newest
	if to < newest {
		last = max(-floor(-to, span), first)
	}
	t := &track{rra: a, width: ring.width, span: span * micros, begin: first * micros, end: last * micros}
	n := (last - first) / span
	back := (newest - last) / span // rows newer than ours
	row := (st.row[i] - back - n + 1 + 2*ring.rows) % ring.rows
	var err error
	t.rows, err = ring.read(r, row, n, make([]float64, 0, n*int64(ring.width)))
	if last == newest {
		t.tails = tailsOf(s, st, i)
	}
	return t, err
}

// tailsOf is, for each data source, the time from the end of an archive's newest
// row to the last update. What is unknown of it is put first, as it is in a file
// that was made in the middle of a row.
func tailsOf(s *Schema, st *state, i int) [][]segment {
	a, step := s.RRA[i], s.Step*micros
	now := st.sec*micros + st.usec
	open, newest := floor(st.sec, s.Step)*micros, floor(st.sec, s.Step*a.Steps)*micros
	tails := make([][]segment, len(s.DS))
	for ds := range tails {
		c, p := &st.cdp[i*len(s.DS)+ds], &st.pdp[ds]
		steps := (open - newest) / step
		unknown := int64(min(c.unknown, uint64(steps)))
		mean := c.value
		if cfOf(a.CF) == cfAverage {
			mean /= float64(steps - unknown)
		}
		blank := int64(min(p.unknown, uint64((now-open)/micros))) * micros
		rate := p.value / (float64(now-open-blank) / micros)
		tails[ds] = []segment{
			{newest + unknown*step, math.NaN()},
			{open, mean},
			{open + blank, math.NaN()},
			{now, rate},
		}
	}
	return tails
}

// covers tells whether the track says something, be it that the value is
// unknown, of all the time between two moments.
func (t *track) covers(from, to int64) bool {
	end := t.end
	if len(t.tails) > 0 {
		end = t.tails[0][len(t.tails[0])-1].end
	}
	return t.begin <= from && to <= end
}

// rowAt is the row that begins at a moment.
func (t *track) rowAt(begin int64) []float64 {
	return t.rows[int((begin-t.begin)/t.span)*t.width:][:t.width]
}

// each calls do for the stretches between two moments, oldest first: with their
// µs and the value of a data source.
func (t *track) each(ds int, from, to int64, do func(us int64, v float64)) {
	for begin := t.begin + floor(max(from-t.begin, 0), t.span); begin < min(to, t.end); begin += t.span {
		do(min(to, begin+t.span)-max(from, begin), t.rowAt(begin)[ds])
	}
	if t.tails == nil {
		return
	}
	begin := t.end
	for _, seg := range t.tails[ds] {
		if us := min(to, seg.end) - max(from, begin); us > 0 {
			do(us, seg.value)
		}
		begin = seg.end
	}
}

// add gives what the track says of a time to a tally; a row weighs 1.
func (t *track) add(to *tally, ds int, from, until int64) {
	t.each(ds, from, until, func(us int64, v float64) { to.add(float64(us)/float64(t.span), v) })
}

// sourcesFor orders the tracks by how well they serve to make rows of an
// archive: those of the same function, and of single steps, whatever their
// function, come before averages; finer ones, of which whole rows make up one,
// before other finer ones, and these before coarser ones; among them the finest.
// What makes no row at all is left out.
func sourcesFor(want RRA, span int64, tracks []*track) []*track {
	rank := func(t *track) int {
		n := 0
		switch {
		case t.span > span:
			n = 4
		case span%t.span != 0:
			n = 2
		}
		if t.rra.CF != want.CF && t.rra.Steps != 1 {
			n++
		}
		return n
	}
	var out []*track
	for _, t := range tracks {
		if t.rra.CF == want.CF || t.rra.Steps == 1 || t.rra.CF == "AVERAGE" {
			out = append(out, t)
		}
	}
	slices.SortStableFunc(out, func(a, b *track) int {
		if d := rank(a) - rank(b); d != 0 {
			return d
		}
		if a.span != b.span {
			return int(min(max(a.span-b.span, -1), 1))
		}
		return int(min(max(a.begin-b.begin, -1), 1))
	})
	return out
}
