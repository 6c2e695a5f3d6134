package rrdstore

import (
	"context"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"
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

// Select implements storage.Querier. A series is read when its points are asked
// for. One goroutine uses a set and its series.
func (q *querier) Select(ctx context.Context, sorted bool, hints *storage.SelectHints, ms ...*labels.Matcher) storage.SeriesSet {
	views := q.views(ms)
	if sorted {
		slices.SortFunc(views, func(a, b told) int { return labels.Compare(a.labels, b.labels) })
	}
	if hints != nil && hints.Func == "series" {
		found := make([]metric.Series, len(views))
		for i, v := range views {
			found[i].Labels = v.labels
		}
		return query.NewSeriesSet(found, false)
	}
	all := make([]labels.Labels, len(views))
	for i, v := range views {
		all[i] = v.labels
	}
	want := q.ask(hints)
	set := query.NewLazySet(ctx, all, func() query.Reader {
		r := reader{store: q.store, ask: want}
		return func(i int) ([]metric.Point, error) {
			points, err := r.points(views[i].view)
			return clip(points, q.mint, q.maxt), err
		}
	})
	return query.Annotated(set, want.notes(views))
}

// notes tells of views that are answered from coarse rows.
func (a ask) notes(views []told) annotations.Annotations {
	var notes annotations.Annotations
	seen := map[query.Coarse]bool{}
	for _, v := range views {
		c := v.series.class
		w := a.window(c, c.Tiers)
		coarse := query.Coarse{Step: c.Tiers[w.tier].Step, CF: cfOf(v.series.kind, w.cf)}
		if w.tier > 0 && !seen[coarse] {
			seen[coarse] = true
			notes.Add(coarse)
		}
	}
	return notes
}

// cfOf is how rows of a kind are made when those of a function are asked for.
func cfOf(kind metric.Kind, cf string) string {
	switch kind {
	case metric.Counter:
		return "AVERAGE"
	case metric.Timing:
		return "SKETCH"
	}
	return cf
}

// told is a view with its labels, for as long as a query lasts.
type told struct {
	view
	labels labels.Labels
}

// views returns what matches and was not silent since before the query begins.
func (q *querier) views(ms []*labels.Matcher) []told {
	q.store.mu.RLock()
	defer q.store.mu.RUnlock()
	found := q.store.index.find(ms)
	awake := make([]told, 0, len(found))
	var made labels.Builder
	for _, v := range found {
		if v.series.newestRow() >= q.mint {
			awake = append(awake, told{v, v.labels(&made)})
		}
	}
	return awake
}

// newestRow is the end of the newest row or sample; that of a timing may be
// later than its last sample.
func (sr *series) newestRow() int64 {
	newest := sr.last
	for i := range sr.archives {
		newest = max(newest, sr.archives[i].last)
	}
	return newest
}

// lookback is how much earlier than its first instant a query begins to read,
// by the engine's default; a tier that misses only that much reaches far enough.
const lookback = 5 * time.Minute

// ask is what a query wants of the series that it selects.
type ask struct {
	from, to int64  // ms
	step     int64  // of the query, in ms; 0 for one instant
	selected int64  // the range of a range selector, in ms; 0: there is none
	cf       string // the consolidation function of the rows that are read
	age      time.Duration
	even     bool // an average over the points is taken
	newest   bool // only the newest point counts
}

func (q *querier) ask(hints *storage.SelectHints) ask {
	a := ask{from: q.mint, to: q.maxt, cf: "AVERAGE"}
	if hints != nil {
		a.from, a.to = max(a.from, hints.Start), min(a.to, hints.End)
		a.step, a.selected = hints.Step, hints.Range
		switch hints.Func {
		case "max_over_time":
			a.cf = "MAX"
		case "min_over_time":
			a.cf = "MIN"
		case "avg_over_time", "quantile_over_time", "stddev_over_time", "stdvar_over_time":
			a.even = true
		}
	}
	a.newest = a.single(hints)
	a.age = q.store.cfg.Now().Sub(metric.Time(a.from)) - lookback
	return a
}

// window chooses the tier for series of a class: one point for each step of the
// query is enough, and a range selector needs at least four in its range.
func (a ask) window(c *class, tiers []Tier) window {
	w := window{from: a.from, to: a.to, cf: a.cf}
	want := time.Duration(a.selected) * time.Millisecond / 4
	if a.selected <= 0 {
		want = time.Duration(a.step) * time.Millisecond
		w.step = a.step
	}
	w.tier = chooseTier(tiers, want, a.age)
	if !c.keeps(tiers[w.tier], w.cf) {
		w.tier = chooseTier(tiers, 0, a.age) // the finest rows hide least
		w.cf = "AVERAGE"
	}
	if w.tier > 0 { // in the finest tier is all that was sent: nothing is made up
		w.spacing = spacing(a.selected, tiers[w.tier].millis(), w.to-w.from)
		w.holding = a.holding(tiers[w.tier].millis())
	}
	return w
}
