package rrdfile

import (
	"bytes"
	"fmt"
	"math"
	"time"
)

// rows checks the rows: each archive by itself, the functions of one length
// with each other, and averages with what they were made of.
func (r *Report) rows(s *Schema, st *state, b []byte) {
	tracks := make([]*track, len(s.RRA))
	for i, a := range s.RRA {
		var err error
		if tracks[i], err = loadTrack(bytes.NewReader(b), s, st, i, 0, math.MaxInt64); err != nil {
			r.problem("archive %d: %v", i, err)
			return
		}
		r.Archives = append(r.Archives, ArchiveReport{CF: a.CF, RowSeconds: s.Step * a.Steps, Rows: a.Rows})
	}
	for i, t := range tracks {
		r.finite(s, i, t)
		if t.rra.CF != "AVERAGE" {
			continue
		}
		for j, other := range tracks {
			if other.span == t.span && (other.rra.CF == "MIN" || other.rra.CF == "MAX") {
				r.ordered(s, i, t, j, other)
			}
		}
		r.compare(s, i, t, tracks)
	}
}

// finite counts what is known, and finds what is no number.
func (r *Report) finite(s *Schema, i int, t *track) {
	first := true
	for k, v := range t.rows {
		if math.IsNaN(v) {
			continue
		}
		r.Archives[i].Known++
		if math.IsInf(v, 0) && first {
			r.problem("%s is %v", t.place(s, i, k), v)
			first = false
		}
	}
}

// place names a value of a track.
func (t *track) place(s *Schema, i, k int) string {
	end := (t.begin + t.span*int64(k/t.width+1)) / micros
	return fmt.Sprintf("archive %d (%s of %d s) data source %q: the row that ends at %s",
		i, t.rra.CF, t.span/micros, s.DS[k%t.width].Name, time.Unix(end, 0).UTC().Format(time.RFC3339))
}

// ordered checks that an average lies within the extremes of the same time.
func (r *Report) ordered(s *Schema, i int, t *track, j int, extreme *track) {
	begin := max(t.begin, extreme.begin)
	for at := begin; at < t.end; at += t.span {
		for ds, v := range t.rowAt(at) {
			bound := extreme.rowAt(at)[ds]
			over := v - bound
			if extreme.rra.CF == "MIN" {
				over = -over
			}
			if over > tolerance(v, bound) {
				k := int((at-t.begin)/t.span)*t.width + ds
				r.problem("%s is %v, beyond the %s %v of archive %d", t.place(s, i, k), v, extreme.rra.CF, bound, j)
				return
			}
		}
	}
}

func tolerance(a, b float64) float64 { return 1e-9 * max(math.Abs(a), math.Abs(b)) }

// compare makes the rows of an average anew from the finest archive that covers
// them.
func (r *Report) compare(s *Schema, i int, t *track, tracks []*track) {
	var sources []*track
	for _, f := range sourcesFor(t.rra, t.span, tracks) {
		if f.span < t.span && t.span%f.span == 0 {
			sources = append(sources, f)
		}
	}
	out := &r.Archives[i]
	for at := t.begin; at < t.end; at += t.span {
		source := covering(sources, at, at+t.span)
		if source == nil {
			continue
		}
		for ds, v := range t.rowAt(at) {
			out.Compared++
			want, loose, ok := agrees(source, t, ds, at, v)
			if loose {
				out.Loose++
			}
			if ok {
				continue
			}
			out.Differ++
			if r.FirstDiffer == "" {
				k := int((at-t.begin)/t.span)*t.width + ds
				r.FirstDiffer = fmt.Sprintf("%s is %v, but %v by rows of %d s", t.place(s, i, k), v, want, source.span/micros)
			}
		}
	}
}

// agrees tells whether a value may be the average of the rows of source.
func agrees(source, t *track, ds int, at int64, v float64) (want float64, loose, ok bool) {
	sum := tally{function: cfAverage}
	least, most := math.Inf(1), math.Inf(-1)
	source.each(ds, at, at+t.span, func(us int64, row float64) {
		sum.add(float64(us)/float64(source.span), row)
		if !math.IsNaN(row) {
			least, most = min(least, row), max(most, row)
		}
	})
	want = sum.result(t.rra.XFF)
	slack := tolerance(least, most)
	switch {
	case math.IsNaN(v) && math.IsNaN(want) || math.Abs(v-want) <= slack:
		return want, false, true
	case source.rra.Steps == 1:
		return want, false, false
	}
	loose = math.IsNaN(v) || sum.unknown > 0 || v >= least-slack && v <= most+slack
	return want, loose, loose
}
