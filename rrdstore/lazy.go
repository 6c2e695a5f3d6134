package rrdstore

import (
	"context"

	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/util/annotations"

	"plimsoll/internal/metric"
	"plimsoll/internal/query"
)

// lazySet is a storage.SeriesSet whose series are read when their points are
// asked for: the engine takes the whole set before it begins to count points,
// then goes through the series one by one. Those without points in the window
// are in the set too. One goroutine uses a set and its series.
type lazySet struct {
	ctx        context.Context //nolint:containedctx // of the query that the set is an answer to
	mint, maxt int64
	reader     reader
	views      []view
	at         int
}

func (s *lazySet) Next() bool {
	s.at++
	return s.at < len(s.views)
}

func (s *lazySet) At() storage.Series {
	v := s.views[s.at]
	return &storage.SeriesEntry{
		Lset:             v.labels,
		SampleIteratorFn: func(it chunkenc.Iterator) chunkenc.Iterator { return s.read(v, it) },
	}
}

func (*lazySet) Err() error                        { return nil }
func (*lazySet) Warnings() annotations.Annotations { return nil }

// read returns the points of a view. An error is that of the iterator.
func (s *lazySet) read(v view, it chunkenc.Iterator) chunkenc.Iterator {
	if err := s.ctx.Err(); err != nil {
		return failed{chunkenc.NewNopIterator(), err}
	}
	points, err := s.reader.points(v)
	if err != nil {
		return failed{chunkenc.NewNopIterator(), err}
	}
	one := query.NewSeriesSet([]metric.Series{{Labels: v.labels, Points: clip(points, s.mint, s.maxt)}}, false)
	one.Next()
	return one.At().Iterator(it)
}

// failed is the iterator of a series that cannot be read.
type failed struct {
	chunkenc.Iterator
	err error
}

func (f failed) Err() error { return f.err }
