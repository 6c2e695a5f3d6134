package rrdfile

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
)

// Reshape returns the bytes of a file of the template's schema that tells the
// history of src: to be put in its place with Replace. Data sources are matched
// by name; one that src lacks is unknown. The last update is src's, and the next
// one goes on where src stands.
//
// A row that src has alike (same function, length and xff) is taken as it is.
// Any other is consolidated from the finest archive that covers it wholly, a
// maximum from maxima where there are such; where only coarser rows are left,
// they hold their value for all their time, so that the integral stays. The open
// rows are gathered in the same way.
func Reshape(src *File, template []byte) ([]byte, error) {
	schema, head, err := readHeader(bytes.NewReader(template), int64(len(template)))
	if err != nil {
		return nil, fmt.Errorf("reshape %s: template: %w", src.path, err)
	}
	l := layoutOf(len(schema.DS), len(schema.RRA))
	st, err := decodeState(schema, head[l.live:])
	if err != nil {
		return nil, fmt.Errorf("reshape %s: template: %w", src.path, err)
	}
	old, tracks, err := src.history()
	if err != nil {
		return nil, fmt.Errorf("reshape %s: %w", src.path, err)
	}
	r := &reshaper{from: src.schema, to: schema, old: old, next: &st, tracks: tracks, column: columns(src.schema, schema)}
	out := append([]byte(nil), template...)
	for i, ring := range ringsOf(schema) {
		r.rows(i, out[ring.offset:])
	}
	r.state()
	st.encode(schema, out[l.live:l.rows])
	return out, nil
}

// history is all that a file holds.
func (f *File) history() (state, []*track, error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	st := newState(len(f.schema.DS), len(f.schema.RRA))
	st.copyFrom(&f.state)
	tracks := make([]*track, len(f.rings))
	for i := range tracks {
		var err error
		if tracks[i], err = loadTrack(f.handle, f.schema, &st, i, 0, math.MaxInt64); err != nil {
			return st, nil, fmt.Errorf("archive %d: %w", i, err)
		}
	}
	return st, tracks, nil
}

// columns tells which data source of from each of to is, -1 for none.
func columns(from, to *Schema) []int {
	out := make([]int, len(to.DS))
	for i, d := range to.DS {
		out[i] = -1
		for j, e := range from.DS {
			if d.Name == e.Name {
				out[i] = j
			}
		}
	}
	return out
}

type reshaper struct {
	from, to *Schema
	old      state
	next     *state
	tracks   []*track
	column   []int
}

// alike is the archive of src with rows of the same meaning, nil for none.
func (r *reshaper) alike(a RRA) *track {
	var best *track
	for _, t := range r.tracks {
		same := t.rra.CF == a.CF && t.span == a.Steps*r.to.Step*micros && t.rra.XFF == a.XFF
		if same && (best == nil || t.begin < best.begin) {
			best = t
		}
	}
	return best
}

// rows fills the ring of archive i, whose first row is at b. A row that is a
// step follows the rule of steps: half of it may be unknown.
func (r *reshaper) rows(i int, b []byte) {
	a, span := r.to.RRA[i], r.to.Step*r.to.RRA[i].Steps
	sources := sourcesFor(a, span*micros, r.tracks)
	if t := r.alike(a); t != nil {
		sources = append([]*track{t}, sources...)
	}
	if a.CF == "AVERAGE" {
		sources = settled(sources, span*micros)
	}
	xff := a.XFF
	if a.Steps == 1 {
		xff = 0.5
	}
	newest := floor(r.old.sec, span)
	for back := range a.Rows {
		from, to := newest-span*(back+1), newest-span*back
		row := (r.next.row[i] - back + a.Rows) % a.Rows
		for ds, col := range r.column {
			v := math.NaN()
			if col >= 0 && from >= 0 {
				v = consolidated(sources, cfOf(a.CF), xff, col, from*micros, to*micros)
			}
			if back == 0 {
				c := &r.next.cdp[i*len(r.column)+ds]
				c.primary, c.secondary = v, v
			}
			binary.LittleEndian.PutUint64(b[8*(int(row)*len(r.column)+ds):], bitsOf(v))
		}
	}
}

// settled gives coarse rows that are to be spread over rows of span, where a
// better source tells of their later part, the value that is left for the earlier
// one: otherwise the integral would change where the finer rows begin.
func settled(sources []*track, span int64) []*track {
	out := append([]*track(nil), sources...)
	for i, coarse := range sources {
		var better *track
		for _, t := range sources[:i] {
			if better == nil || t.begin < better.begin {
				better = t
			}
		}
		if better != nil && coarse.span > span {
			out[i] = coarse.less(better, -floor(-better.begin, span))
		}
	}
	return out
}

// less is t with its row around the moment from made what is left of it if
// another track tells of all that comes after.
func (t *track) less(other *track, from int64) *track {
	if from <= t.begin || from >= t.end || (from-t.begin)%t.span == 0 {
		return t
	}
	begin := t.begin + floor(from-t.begin, t.span)
	row := t.rowAt(begin)
	out := *t
	out.rows = append([]float64(nil), t.rows...)
	for ds, v := range row {
		left := v * float64(t.span)
		other.each(ds, from, begin+t.span, func(us int64, b float64) { left -= float64(us) * known(b, v) })
		if left /= float64(from - begin); v >= 0 {
			left = max(left, 0) // a rate stays one
		}
		out.rowAt(begin)[ds] = left
	}
	return &out
}

// consolidated is the value of a time by the first source that covers it.
func consolidated(sources []*track, f cf, xff float64, ds int, from, to int64) float64 {
	sum := tally{function: f}
	if t := covering(sources, from, to); t != nil {
		t.add(&sum, ds, from, to)
	}
	return sum.result(xff)
}

func covering(sources []*track, from, to int64) *track {
	for _, t := range sources {
		if t.covers(from, to) {
			return t
		}
	}
	return nil
}
