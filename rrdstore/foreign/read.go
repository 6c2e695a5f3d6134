package foreign

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/storage"

	"plimsoll/internal/metric"
	"plimsoll/rrdstore/rrdfile"
)

// window is what a query wants to see of a series; times are in ms.
type window struct {
	from, to int64
	reach    int64  // rows that go back to here go back far enough
	cf       string // function wanted
	want     int64  // rows of this length are fine enough
	step     int64  // of a query for values at instants; 0 for one instant
	selected int64  // of a range selector; 0 for values at instants
	lookback int64
}

func newWindow(mint, maxt int64, hints *storage.SelectHints, lookback time.Duration) window {
	w := window{from: mint, to: maxt, cf: "AVERAGE", lookback: lookback.Milliseconds()}
	if hints != nil {
		w.from, w.to = max(w.from, hints.Start), min(w.to, hints.End)
		w.want, w.step, w.selected = hints.Step, hints.Step, hints.Range
		switch hints.Func {
		case "max_over_time":
			w.cf = "MAX"
		case "min_over_time":
			w.cf = "MIN"
		}
	}
	w.reach = w.from + w.lookback
	if w.selected > 0 {
		w.want, w.step, w.reach = w.selected/4, 0, w.from
	}
	return w
}

// points reads a series. The file is opened and closed here, so that queries
// hold no more files open than run at a time.
func (w window) points(ctx context.Context, e entry) ([]metric.Point, error) {
	v, err := rrdfile.OpenView(e.file.path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = v.Close() }() // nothing was written
	column := slices.IndexFunc(v.Schema().DS, func(d rrdfile.DS) bool { return d.Name == e.ds })
	if column < 0 {
		return nil, fmt.Errorf("%w: %s has no data source %s any more", rrdfile.ErrFormat, e.file.path, e.ds)
	}
	var l line
	var longest int64
	err = v.Read(ctx, func(look *rrdfile.Look) error {
		l = line{step: w.step}
		longest, err = w.read(look, v.Schema(), column, &l)
		return err
	})
	if err != nil {
		return nil, err
	}
	return clip(w.filled(l.points, longest), w.from, w.to), nil
}

// read puts the rows that the window wants into the line, coarse ones first. It
// returns the length of the longest.
func (w window) read(look *rrdfile.Look, s *rrdfile.Schema, column int, l *line) (int64, error) {
	archives := ranked(s, w.cf)
	if len(archives) == 0 {
		return 0, nil
	}
	best := w.choose(look, archives)
	longest := look.Span(archives[best]) * 1000
	after := (w.from - 2*longest) / 1000
	if w.short(longest) {
		w.to += longest // the row that a short range lies in
	}
	for i := best; i >= 0; i-- {
		rows, err := w.rows(look, archives[i], after, int64(len(s.DS)))
		if err != nil {
			return 0, err
		}
		n := len(rows.Values) / max(rows.DS, 1)
		if i > 0 { // finer rows may know more of the end
			for n > 0 && math.IsNaN(rows.Values[(n-1)*rows.DS+column]) {
				n--
			}
		}
		first := rows.End - int64(len(rows.Values)/max(rows.DS, 1)-1)*rows.Step
		for r := range n {
			after = first + int64(r)*rows.Step
			l.add((after-rows.Step)*1000, after*1000, rows.Values[r*rows.DS+column])
		}
	}
	return longest, nil
}

// maxValues bounds what is read of a file at once.
const maxValues = 8_000_000

func (w window) rows(look *rrdfile.Look, rra int, after, width int64) (rrdfile.Rows, error) {
	to := min(w.to/1000, look.Newest(rra))
	if n := (to - max(after, look.Oldest(rra))) / look.Span(rra); n*width > maxValues {
		return rrdfile.Rows{}, fmt.Errorf("%w: %d rows of a round-robin file", metric.ErrTooMuch, n)
	}
	return look.Rows(rra, after, to)
}

// ranked returns the archives that tell of a function, finest first: those of
// that function, and of one step, where there is nothing to consolidate. Files
// without the function are read by their averages, or what else they have.
func ranked(s *rrdfile.Schema, cf string) []int {
	for _, other := range []string{"AVERAGE", "LAST", "MAX", "MIN"} {
		if slices.ContainsFunc(s.RRA, func(r rrdfile.RRA) bool { return r.CF == cf }) {
			break
		}
		cf = other
	}
	var all []int
	for i, r := range s.RRA {
		plain := r.CF == "AVERAGE" || r.CF == "LAST" || r.CF == "MAX" || r.CF == "MIN"
		if r.CF == cf || plain && r.Steps == 1 {
			all = append(all, i)
		}
	}
	other := func(i int) int {
		if s.RRA[i].CF == cf {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(all, func(a, b int) int {
		return cmp.Or(cmp.Compare(s.RRA[a].Steps, s.RRA[b].Steps), other(a)-other(b), cmp.Compare(s.RRA[b].Rows, s.RRA[a].Rows))
	})
	return slices.CompactFunc(all, func(a, b int) bool { return s.RRA[a].Steps == s.RRA[b].Steps })
}

// choose returns the place in archives of the finest that reaches back far
// enough, or of a coarser one that is fine enough, or else of the one that
// reaches back farthest.
func (w window) choose(look *rrdfile.Look, archives []int) int {
	best := 0
	for i := 1; i < len(archives); i++ {
		reached, oldest := look.Oldest(archives[best])*1000, look.Oldest(archives[i])*1000
		farther := reached > w.reach && oldest < reached
		enough := look.Span(archives[i])*1000 <= w.want && oldest <= max(w.reach, reached)
		if farther || enough {
			best = i
		}
	}
	return best
}

// line turns rows into points, with marks where the value is no longer known.
type line struct {
	step   int64 // of the query
	until  int64 // how long the newest value holds
	points []metric.Point
}

// add appends the value of the row (from, at]. A value holds for the length of
// its row, and for a step of the query.
func (l *line) add(from, at int64, v float64) {
	n := len(l.points)
	stale := n > 0 && value.IsStaleNaN(l.points[n-1].Value)
	switch {
	case !math.IsNaN(v):
		if stale && l.points[n-1].At >= at {
			l.points = l.points[:n-1]
		}
		l.points = append(l.points, metric.Point{At: at, Value: v})
		l.until = at + max(at-from, l.step)
	case n > 0 && !stale:
		l.points = append(l.points, metric.Point{At: max(at, l.until), Value: math.Float64frombits(value.StaleNaN)})
	}
}

// short tells whether two points of rows of this length are too far apart for
// the range selector.
func (w window) short(longest int64) bool { return w.selected > 0 && 2*longest > w.selected }

// maxFilled is how many points a series may be given between its own.
const maxFilled = 50_000

// filled adds points where rows, longest ms long at the most, are too long for
// the engine to see one at each instant, or two in each range.
func (w window) filled(points []metric.Point, longest int64) []metric.Point {
	every := w.lookback - 1000
	if w.selected > 0 {
		every = w.selected / 2
	}
	if longest <= every || every < 1 || (w.to-w.from)/every > maxFilled {
		return points
	}
	var out []metric.Point
	for i, p := range points {
		out = append(out, p)
		if value.IsStaleNaN(p.Value) {
			continue
		}
		v, end := p.Value, p.At+2*longest
		if i+1 < len(points) {
			next := points[i+1]
			end = min(end, next.At)
			if w.selected > 0 && !value.IsStaleNaN(next.Value) {
				v = next.Value // a row has its value all the time
			}
		}
		first := p.At + every*max(1, (w.from-p.At)/every) // what is before is not shown
		for at := first; at < min(end, w.to+1); at += every {
			out = append(out, metric.Point{At: at, Value: v})
		}
	}
	return out
}

// clip returns the points from mint to maxt.
func clip(points []metric.Point, mint, maxt int64) []metric.Point {
	first, _ := slices.BinarySearchFunc(points, mint, func(p metric.Point, at int64) int { return cmp.Compare(p.At, at) })
	points = points[first:]
	for len(points) > 0 && points[len(points)-1].At > maxt {
		points = points[:len(points)-1]
	}
	return points
}
