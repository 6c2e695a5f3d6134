package rrdstore

import (
	"context"
	"math"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/util/annotations"

	"plimsoll/internal/metric"
	"plimsoll/internal/query"
)

// Querier implements storage.Queryable.
func (s *Store) Querier(mint, maxt int64) (storage.Querier, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return nil, ErrClosed
	}
	return &querier{store: s, mint: mint, maxt: maxt}, nil
}

type querier struct {
	store      *Store
	mint, maxt int64
}

func (*querier) Close() error { return nil }

// LabelNames implements storage.LabelQuerier.
func (q *querier) LabelNames(ctx context.Context, _ *storage.LabelHints, ms ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	q.store.mu.RLock()
	defer q.store.mu.RUnlock()
	return q.store.index.labelNames(ms), nil, ctx.Err()
}

// LabelValues implements storage.LabelQuerier.
func (q *querier) LabelValues(ctx context.Context, name string, _ *storage.LabelHints, ms ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	q.store.mu.RLock()
	defer q.store.mu.RUnlock()
	return q.store.index.labelValues(name, ms), nil, ctx.Err()
}

// Select implements storage.Querier.
func (q *querier) Select(ctx context.Context, sorted bool, hints *storage.SelectHints, ms ...*labels.Matcher) storage.SeriesSet {
	views := q.views(ms)
	found := make([]metric.Series, 0, len(views))
	if hints != nil && hints.Func == "series" {
		for _, v := range views {
			found = append(found, metric.Series{Labels: v.labels})
		}
		return query.NewSeriesSet(found, sorted)
	}
	r := reader{store: q.store, window: q.window(hints)}
	for _, v := range views {
		if err := ctx.Err(); err != nil {
			return storage.ErrSeriesSet(err)
		}
		points, err := r.points(v)
		if err != nil {
			return storage.ErrSeriesSet(err)
		}
		if points = clip(points, q.mint, q.maxt); len(points) > 0 {
			found = append(found, metric.Series{Labels: v.labels, Points: points})
		}
	}
	return query.NewSeriesSet(found, sorted)
}

// views returns what matches and was not silent since before the query begins.
func (q *querier) views(ms []*labels.Matcher) []view {
	q.store.mu.RLock()
	defer q.store.mu.RUnlock()
	all := q.store.index.find(ms)
	awake := all[:0]
	for _, v := range all {
		if v.series.newestRow() >= q.mint {
			awake = append(awake, v)
		}
	}
	return awake
}

// newestRow is the end of the newest row or sample; that of a timing may be
// later than its last sample.
func (sr *series) newestRow() int64 {
	newest := sr.last
	for _, a := range sr.archives {
		newest = max(newest, a.last)
	}
	return newest
}

// lookback is how much earlier than its first instant a query begins to read,
// by the engine's default; a tier that misses only that much reaches far enough.
const lookback = 5 * time.Minute

// window chooses the tier: one point for each step of the query is enough, and
// a range selector needs at least four in its range.
func (q *querier) window(hints *storage.SelectHints) window {
	w := window{from: q.mint, to: q.maxt, cf: "AVERAGE"}
	want := time.Duration(0)
	if hints != nil {
		w.from, w.to = max(w.from, hints.Start), min(w.to, hints.End)
		want = time.Duration(hints.Step) * time.Millisecond
		if hints.Range > 0 {
			want = time.Duration(hints.Range) * time.Millisecond / 4
		}
		switch hints.Func {
		case "max_over_time":
			w.cf = "MAX"
		case "min_over_time":
			w.cf = "MIN"
		}
	}
	age := q.store.cfg.Now().Sub(metric.Time(w.from)) - lookback
	tiers := q.store.cfg.Tiers
	w.tier = chooseTier(tiers, want, age)
	if !keepsPeaks(tiers[w.tier], w.cf) {
		w.tier = chooseTier(tiers, 0, age) // the finest rows hide least
	}
	return w
}

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
	switch {
	case v.series.kind == metric.Counter:
		return r.counterPoints(), nil
	case v.series.kind == metric.Timing && (v.column == columnSum || v.column == columnCount):
		return r.amountPoints(v.column), nil
	}
	var out []metric.Point
	for _, rows := range [][]row{r.rows, r.tail.rows} {
		for i := range rows {
			out = appendKnown(out, rows[i].at, rows[i].values[v.column])
		}
	}
	if v.series.kind == metric.Gauge && lastAt(out) < r.snap.last {
		out = appendKnown(out, r.snap.last, r.snap.value)
	}
	return out, nil
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
