package query

import (
	"context"
	"slices"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"

	"plimsoll/internal/metric"
)

// sets returns the matcher sets of sel, one that matches all if it has none.
func sets(sel metric.Selection) [][]*labels.Matcher {
	if len(sel.Sets) == 0 {
		return [][]*labels.Matcher{nil}
	}
	return sel.Sets
}

// Series implements metric.Querier.
func (e *Engine) Series(ctx context.Context, sel metric.Selection) ([]labels.Labels, error) {
	q, err := e.storage.Querier(sel.Start.UnixMilli(), sel.End.UnixMilli())
	if err != nil {
		return nil, err
	}
	defer q.Close()
	hints := &storage.SelectHints{
		Start: sel.Start.UnixMilli(), End: sel.End.UnixMilli(), Func: "series", Limit: sel.Limit,
	}
	found := make(map[string]labels.Labels)
	for _, matchers := range sets(sel) {
		set := q.Select(ctx, false, hints, matchers...)
		for set.Next() {
			l := set.At().Labels()
			found[l.String()] = l
		}
		if err := set.Err(); err != nil {
			return nil, err
		}
	}
	out := make([]labels.Labels, 0, len(found))
	for _, l := range found {
		out = append(out, l)
	}
	slices.SortFunc(out, labels.Compare)
	return limited(out, sel.Limit), nil
}

// LabelNames implements metric.Querier.
func (e *Engine) LabelNames(ctx context.Context, sel metric.Selection) ([]string, error) {
	return e.strings(sel, func(q storage.Querier, m []*labels.Matcher) ([]string, error) {
		names, _, err := q.LabelNames(ctx, nil, m...)
		return names, err
	})
}

// LabelValues implements metric.Querier.
func (e *Engine) LabelValues(ctx context.Context, name string, sel metric.Selection) ([]string, error) {
	return e.strings(sel, func(q storage.Querier, m []*labels.Matcher) ([]string, error) {
		values, _, err := q.LabelValues(ctx, name, nil, m...)
		return values, err
	})
}

// strings asks for each matcher set and returns the sorted union.
func (e *Engine) strings(sel metric.Selection, ask func(storage.Querier, []*labels.Matcher) ([]string, error)) ([]string, error) {
	q, err := e.storage.Querier(sel.Start.UnixMilli(), sel.End.UnixMilli())
	if err != nil {
		return nil, err
	}
	defer q.Close()
	var all []string
	for _, matchers := range sets(sel) {
		found, err := ask(q, matchers)
		if err != nil {
			return nil, err
		}
		all = append(all, slices.Clone(found)...)
	}
	slices.Sort(all)
	return limited(slices.Compact(all), sel.Limit), nil
}

func limited[T any](all []T, limit int) []T {
	if limit > 0 && len(all) > limit {
		return all[:limit]
	}
	return all
}
