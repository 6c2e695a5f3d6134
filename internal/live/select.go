package live

import (
	"context"
	"slices"
	"sort"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/util/annotations"

	"plimsoll/internal/metric"
	"plimsoll/internal/query"
)

// Querier implements storage.Queryable.
func (w *Window) Querier(mint, maxt int64) (storage.Querier, error) {
	return &querier{window: w, mint: mint, maxt: maxt}, nil
}

type querier struct {
	window     *Window
	mint, maxt int64
}

func (*querier) Close() error { return nil }

// Select implements storage.Querier. The points are copied, so that writers
// need not wait for readers.
func (q *querier) Select(_ context.Context, sorted bool, _ *storage.SelectHints, ms ...*labels.Matcher) storage.SeriesSet {
	var found []metric.Series
	q.each(ms, func(s *series) {
		from := sort.Search(len(s.points), func(i int) bool { return s.points[i].At >= q.mint })
		to := sort.Search(len(s.points), func(i int) bool { return s.points[i].At > q.maxt })
		if from < to {
			found = append(found, metric.Series{Labels: s.labels, Points: slices.Clone(s.points[from:to])})
		}
	})
	return query.NewSeriesSet(found, sorted)
}

// each calls f under the window's read lock for each series that matches.
func (q *querier) each(ms []*labels.Matcher, f func(*series)) {
	q.window.mu.RLock()
	defer q.window.mu.RUnlock()
	for _, all := range q.window.series {
		for _, s := range all {
			if matches(s.labels, ms) {
				f(s)
			}
		}
	}
}

func matches(l labels.Labels, ms []*labels.Matcher) bool {
	for _, m := range ms {
		if !m.Matches(l.Get(m.Name)) {
			return false
		}
	}
	return true
}

// LabelNames implements storage.LabelQuerier.
func (q *querier) LabelNames(_ context.Context, _ *storage.LabelHints, ms ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	var names []string
	q.each(ms, func(s *series) {
		s.labels.Range(func(l labels.Label) { names = append(names, l.Name) })
	})
	slices.Sort(names)
	return slices.Compact(names), nil, nil
}

// LabelValues implements storage.LabelQuerier.
func (q *querier) LabelValues(_ context.Context, name string, _ *storage.LabelHints, ms ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	var values []string
	q.each(ms, func(s *series) {
		if v := s.labels.Get(name); v != "" {
			values = append(values, v)
		}
	})
	slices.Sort(values)
	return slices.Compact(values), nil, nil
}
