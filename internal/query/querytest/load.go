// Package querytest holds series for tests: written by hand in the notation of
// promtool's unit tests, answered by the engine that answers everybody.
package querytest

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/util/annotations"

	"plimsoll/internal/metric"
	"plimsoll/internal/query"
)

// Shelf is a storage of fixed series.
type Shelf []metric.Series

// Load reads lines `load STEP`, each followed by series, such as
//
//	load 1m
//	  up{instance="a"} 1 1x10 0 _ stale
//
// All begin at the epoch of Unix time.
func Load(text string) (Shelf, error) {
	var (
		s    Shelf
		step model.Duration
		err  error
	)
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if every, is := strings.CutPrefix(line, "load "); is {
			if step, err = model.ParseDuration(every); err != nil {
				return nil, fmt.Errorf("line %d: %q: %w", i+1, line, err)
			}
			continue
		}
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		lbls, values, err := query.NewParser().ParseSeriesDesc(line)
		if err != nil || step == 0 {
			return nil, fmt.Errorf("line %d: %q: no series behind a line of load: %w", i+1, line, err)
		}
		s = append(s, series(lbls, values, time.Duration(step)))
	}
	return s, nil
}

func series(lbls labels.Labels, values []parser.SequenceValue, step time.Duration) metric.Series {
	one := metric.Series{Labels: lbls}
	for i, v := range values {
		if !v.Omitted {
			one.Points = append(one.Points, metric.Point{At: (time.Duration(i) * step).Milliseconds(), Value: v.Value})
		}
	}
	return one
}

// Engine returns an engine over s with the usual limits.
func (s Shelf) Engine() *query.Engine { return query.New(s, query.Default()) }

// Querier implements storage.Queryable.
func (s Shelf) Querier(mint, maxt int64) (storage.Querier, error) {
	return querier{s, mint, maxt}, nil
}

type querier struct {
	series     []metric.Series
	mint, maxt int64
}

// Select gives the series that match, with the points of the time asked for.
func (q querier) Select(_ context.Context, sorted bool, hints *storage.SelectHints, ms ...*labels.Matcher) storage.SeriesSet {
	from, to := q.mint, q.maxt
	if hints != nil {
		from, to = hints.Start, hints.End
	}
	var found []metric.Series
next:
	for _, one := range q.series {
		for _, m := range ms {
			if !m.Matches(one.Labels.Get(m.Name)) {
				continue next
			}
		}
		found = append(found, between(one, from, to))
	}
	return query.NewSeriesSet(found, sorted)
}

func between(one metric.Series, from, to int64) metric.Series {
	points := one.Points
	for len(points) > 0 && points[0].At < from {
		points = points[1:]
	}
	for len(points) > 0 && points[len(points)-1].At > to {
		points = points[:len(points)-1]
	}
	one.Points = points
	return one
}

// LabelNames implements storage.LabelQuerier; no expression asks it.
func (querier) LabelNames(context.Context, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}

// LabelValues implements storage.LabelQuerier; no expression asks it.
func (querier) LabelValues(context.Context, string, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}

// Close implements storage.Querier.
func (querier) Close() error { return nil }
