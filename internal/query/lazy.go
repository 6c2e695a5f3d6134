package query

import (
	"context"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/util/annotations"

	"plimsoll/internal/metric"
)

// NewLazySet returns a storage.SeriesSet whose series are read when their points
// are asked for: the engine takes the whole set before it begins to count points
// against its limit, then goes through the series one by one. Read is given an
// index into all; it is called by one goroutine, and not after ctx ended. Its
// error becomes that of the query. Series without points may be among them.
func NewLazySet(ctx context.Context, all []labels.Labels, read func(i int) ([]metric.Point, error)) storage.SeriesSet {
	return &lazySet{ctx: ctx, all: all, read: read, at: -1}
}

type lazySet struct {
	ctx  context.Context //nolint:containedctx // of the query that the set is an answer to
	all  []labels.Labels
	read func(i int) ([]metric.Point, error)
	at   int
}

func (s *lazySet) Next() bool {
	s.at++
	return s.at < len(s.all)
}

func (s *lazySet) At() storage.Series {
	i := s.at
	return &storage.SeriesEntry{
		Lset:             s.all[i],
		SampleIteratorFn: func(chunkenc.Iterator) chunkenc.Iterator { return s.iterator(i) },
	}
}

func (*lazySet) Err() error                        { return nil }
func (*lazySet) Warnings() annotations.Annotations { return nil }

func (s *lazySet) iterator(i int) chunkenc.Iterator {
	if err := s.ctx.Err(); err != nil {
		return failed{chunkenc.NewNopIterator(), err}
	}
	found, err := s.read(i)
	if err != nil {
		return failed{chunkenc.NewNopIterator(), err}
	}
	return storage.NewListSeriesIterator(points(found))
}

// failed is the iterator of a series that cannot be read.
type failed struct {
	chunkenc.Iterator
	err error
}

func (f failed) Err() error { return f.err }
