package query

import (
	"slices"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/annotations"

	"plimsoll/internal/metric"
)

// NewSeriesSet returns the given series, floats only, as a storage.SeriesSet.
// With sorted set they are put in the order of their labels first.
func NewSeriesSet(series []metric.Series, sorted bool) storage.SeriesSet {
	if sorted {
		slices.SortFunc(series, func(a, b metric.Series) int { return labels.Compare(a.Labels, b.Labels) })
	}
	return &seriesSet{series: series, at: -1}
}

// NewFailedSet returns a set that tells the engine that series could not be read.
func NewFailedSet(err error) storage.SeriesSet {
	return storage.ErrSeriesSet(promql.ErrStorage{Err: err})
}

type seriesSet struct {
	series []metric.Series
	at     int
}

func (s *seriesSet) Next() bool {
	s.at++
	return s.at < len(s.series)
}

func (s *seriesSet) At() storage.Series {
	one := s.series[s.at]
	return &storage.SeriesEntry{
		Lset: one.Labels,
		SampleIteratorFn: func(chunkenc.Iterator) chunkenc.Iterator {
			return storage.NewListSeriesIterator(points(one.Points))
		},
	}
}

func (*seriesSet) Err() error                        { return nil }
func (*seriesSet) Warnings() annotations.Annotations { return nil }

// EachPoint calls do for each float of a series, until it returns an error.
func EachPoint(one storage.Series, do func(metric.Point) error) error {
	it := one.Iterator(nil)
	for kind := it.Next(); kind != chunkenc.ValNone; kind = it.Next() {
		if kind != chunkenc.ValFloat {
			continue
		}
		at, v := it.At()
		if err := do(metric.Point{At: at, Value: v}); err != nil {
			return err
		}
	}
	return it.Err()
}

// points and point show a []metric.Point as storage.Samples without copying.
type points []metric.Point

func (p points) Get(i int) chunks.Sample { return (*point)(&p[i]) }
func (p points) Len() int                { return len(p) }

type point metric.Point

func (p *point) T() int64                    { return p.At }
func (*point) ST() int64                     { return 0 }
func (p *point) F() float64                  { return p.Value }
func (*point) H() *histogram.Histogram       { return nil }
func (*point) FH() *histogram.FloatHistogram { return nil }
func (*point) Type() chunkenc.ValueType      { return chunkenc.ValFloat }
func (p *point) Copy() chunks.Sample         { c := *p; return &c }

// WithWarning returns the set with a warning about it, which an answer shows.
func WithWarning(set storage.SeriesSet, warning error) storage.SeriesSet {
	return warned{set, annotations.New().Add(warning)}
}

type warned struct {
	storage.SeriesSet
	warnings annotations.Annotations
}

func (w warned) Warnings() annotations.Annotations { return w.warnings }
