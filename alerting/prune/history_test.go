package prune_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/util/annotations"

	"plimsoll/alerting/prune"
	"plimsoll/alerting/rule"
	"plimsoll/internal/metric"
	"plimsoll/internal/query"
)

// begin is a Monday, midnight UTC.
var begin = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

// history is a storage of series made by hand. Before coarseUntil it keeps only
// one point for each coarseStep, and says so.
type history struct {
	series      []metric.Series
	coarseStep  time.Duration
	coarseUntil time.Time
}

// add appends a series with a value for each step from an instant on; NaN-free
// gaps are the instants for which value says false.
func (h *history) add(lbls labels.Labels, from, to time.Time, step time.Duration, value func(time.Time) (float64, bool)) {
	s := metric.Series{Labels: lbls}
	for at := from; !at.After(to); at = at.Add(step) {
		if v, ok := value(at); ok {
			s.Points = append(s.Points, metric.Point{At: at.UnixMilli(), Value: v})
		}
	}
	h.series = append(h.series, s)
}

func load(instance string) labels.Labels {
	return labels.FromStrings("__name__", "load", "instance", instance)
}

func (h *history) querier() metric.Querier { return query.New(h, query.Default()) }

// Querier implements storage.Queryable.
func (h *history) Querier(mint, maxt int64) (storage.Querier, error) {
	return window{h, mint, maxt}, nil
}

type window struct {
	*history
	mint, maxt int64
}

func (w window) Select(_ context.Context, sorted bool, _ *storage.SelectHints, ms ...*labels.Matcher) storage.SeriesSet {
	coarse := time.UnixMilli(w.mint).Add(5 * time.Minute).Before(w.coarseUntil)
	var found []metric.Series
	for _, s := range w.series {
		if !matches(s.Labels, ms) {
			continue
		}
		points := between(s.Points, w.mint, w.maxt)
		if coarse {
			points = slices.DeleteFunc(slices.Clone(points), func(p metric.Point) bool { return p.At%w.coarseStep.Milliseconds() != 0 })
		}
		found = append(found, metric.Series{Labels: s.Labels, Points: points})
	}
	set := query.NewSeriesSet(found, sorted)
	if coarse {
		return query.Annotated(set, annotations.New().Add(query.Coarse{Step: w.coarseStep, CF: "AVERAGE"}))
	}
	return set
}

func matches(l labels.Labels, ms []*labels.Matcher) bool {
	for _, m := range ms {
		if !m.Matches(l.Get(m.Name)) {
			return false
		}
	}
	return true
}

func between(points []metric.Point, mint, maxt int64) []metric.Point {
	after := func(p metric.Point, at int64) int {
		if p.At < at {
			return -1
		}
		return 1
	}
	from, _ := slices.BinarySearchFunc(points, mint, after)
	to, _ := slices.BinarySearchFunc(points, maxt+1, after)
	return points[from:to]
}

func (window) LabelNames(context.Context, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}

func (window) LabelValues(context.Context, string, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}

func (window) Close() error { return nil }

func replay(t *testing.T, q metric.Querier, c rule.Config, from, to time.Time) prune.Report {
	t.Helper()
	r, err := prune.Replay(t.Context(), q, c, from, to)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// spikes is 1 but for 9 in the minutes [at, at+lasts) after begin.
func spikes(lasts time.Duration, at ...time.Duration) func(time.Time) (float64, bool) {
	return func(now time.Time) (float64, bool) {
		for _, a := range at {
			if since := now.Sub(begin.Add(a)); since >= 0 && since < lasts {
				return 9, true
			}
		}
		return 1, true
	}
}
