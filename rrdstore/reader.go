package rrdstore

import (
	"math"

	"github.com/prometheus/prometheus/model/value"

	"plimsoll/internal/metric"
)

// reader reads views one after another. Those of one series come together, so
// the rows of the last series are kept.
type reader struct {
	store *Store
	ask   ask

	series *series
	window window // for the class of the series
	snap   *snapshot
	rows   []row
	tail   tail
	room   []row // memory of rows, for those of the next series

	openOf *series
	open   []float64 // the row so far of its finest open interval
}

func (r *reader) load(sr *series) error {
	if r.series == sr {
		return nil
	}
	r.series = nil
	var err error
	if r.snap, err = r.store.snapshot(sr); err != nil {
		return err
	}
	r.window = r.ask.window(sr.class, r.snap.tiers)
	w := r.window
	if sr.kind != metric.Gauge {
		w.to = math.MaxInt64 / 2 // totals go back from now
		w.cf = "AVERAGE"
	}
	if r.rows, r.tail, err = r.store.rowsFor(r.snap, w, r.room[:0]); err != nil {
		return err
	}
	r.room = r.rows
	if r.even() && len(r.rows) > 0 { // a moment more would depend on what is written yet
		r.rows, r.tail.rows = evened(r.rows, r.snap.tiers[w.tier].millis()), nil
	}
	r.series = sr
	return nil
}

// even tells whether all points of a gauge are to weigh alike.
func (r *reader) even() bool {
	return r.ask.even && r.snap.kind == metric.Gauge && r.window.tier > 0
}

// points returns the points of a view, oldest first.
func (r *reader) points(v view) ([]metric.Point, error) {
	if p, ok := r.newest(v); ok {
		return []metric.Point{p}, nil
	}
	if err := r.load(v.series); err != nil {
		return nil, err
	}
	longest := r.snap.tiers[r.window.tier].millis()
	var points []metric.Point
	rising := true
	switch {
	case v.series.kind == metric.Counter:
		points = r.counterPoints()
	case v.series.kind == metric.Timing && (v.column == columnSum || v.column == columnCount):
		points = r.amountPoints(v.column)
	default:
		points, rising = r.valuePoints(v), false
	}
	return held(dense(points, r.window.spacing, longest, rising), r.window, longest), nil
}

// valuePoints returns the values of a gauge or of a column of a timing.
func (r *reader) valuePoints(v view) []metric.Point {
	l := line{step: r.window.step, points: make([]metric.Point, 0, len(r.rows)+len(r.tail.rows)+1)}
	if v.series.kind == metric.Gauge && r.window.tier == 0 {
		l.step = 0 // it was sent each step; a timing is not
	}
	for _, rows := range [][]row{r.rows, r.tail.rows} {
		for i := range rows {
			l.add(rows[i].from, rows[i].at, rows[i].values[v.column])
		}
	}
	if v.series.kind == metric.Gauge && !r.even() && l.seen < r.snap.last && r.snap.value != unknownValue {
		l.add(r.snap.last, r.snap.last, r.snap.value)
	}
	return l.points
}

// line turns rows of values into points, with marks where the value is no longer
// known.
type line struct {
	step   int64 // of the query, in ms
	until  int64 // how long the newest value holds
	seen   int64 // the end of the newest row, known or not
	points []metric.Point
}

// add appends the value of the row (from, at]. A value holds for the length of
// its row, and for a step of the query: an unknown finer row behind it, or one
// between two instants that are asked for, does not end it.
func (l *line) add(from, at int64, v float64) {
	l.seen = at
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

func lastAt(points []metric.Point) int64 {
	if len(points) == 0 {
		return 0
	}
	return points[len(points)-1].At
}

// clip returns the points from mint to maxt.
func clip(points []metric.Point, mint, maxt int64) []metric.Point {
	for len(points) > 0 && points[0].At < mint {
		points = points[1:]
	}
	for len(points) > 0 && points[len(points)-1].At > maxt {
		points = points[:len(points)-1]
	}
	return points
}
