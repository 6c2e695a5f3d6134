package rrdstore

import (
	"math"

	"github.com/prometheus/prometheus/model/value"

	"plimsoll/internal/metric"
)

// reader reads views one after another. Those of one series come together, so
// the rows of the last series are kept.
type reader struct {
	store  *Store
	window window

	series *series
	snap   *snapshot
	rows   []row
	tail   tail
}

func (r *reader) load(sr *series) error {
	if r.series == sr {
		return nil
	}
	r.series = nil
	r.snap = r.store.snapshot(sr)
	w := r.window
	if sr.kind != metric.Gauge {
		w.to = math.MaxInt64 / 2 // totals go back from now
		if sr.kind == metric.Counter {
			w.cf = "AVERAGE"
		}
	}
	var err error
	if r.rows, r.tail, err = r.store.rowsFor(r.snap, w); err == nil {
		r.series = sr
	}
	return err
}

// points returns the points of a view, oldest first.
func (r *reader) points(v view) ([]metric.Point, error) {
	if err := r.load(v.series); err != nil {
		return nil, err
	}
	longest := r.store.cfg.Tiers[r.window.tier].millis()
	switch {
	case v.series.kind == metric.Counter:
		return dense(r.counterPoints(), r.window.spacing, longest, true), nil
	case v.series.kind == metric.Timing && (v.column == columnSum || v.column == columnCount):
		return dense(r.amountPoints(v.column), r.window.spacing, longest, true), nil
	}
	return dense(r.valuePoints(v), r.window.spacing, longest, false), nil
}

// valuePoints returns the values of a gauge or of a column of a timing.
func (r *reader) valuePoints(v view) []metric.Point {
	var out []metric.Point
	for _, rows := range [][]row{r.rows, r.tail.rows} {
		for i := range rows {
			out = appendKnown(out, rows[i].at, rows[i].values[v.column])
		}
	}
	if v.series.kind == metric.Gauge && lastAt(out) < r.snap.last {
		out = appendKnown(out, r.snap.last, r.snap.value)
	}
	return out
}

// appendKnown appends a value, or after one that was known a mark that it is no
// longer.
func appendKnown(out []metric.Point, at int64, v float64) []metric.Point {
	if math.IsNaN(v) {
		if n := len(out); n == 0 || value.IsStaleNaN(out[n-1].Value) {
			return out
		}
		v = math.Float64frombits(value.StaleNaN)
	}
	return append(out, metric.Point{At: at, Value: v})
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
