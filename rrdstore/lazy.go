package rrdstore

import (
	"context"

	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/util/annotations"

	"plimsoll/internal/metric"
	"plimsoll/internal/query"
)

// lazySet is a storage.SeriesSet that reads each series when Next comes to it,
// so that who stops early costs little. One goroutine uses a set.
//
// BUG(storage): Prometheus' engine goes through the whole set before it counts
// the first point against max_samples, so what a query selects is in memory
// before it can be refused for that.
type lazySet struct {
	ctx        context.Context // of the query that the set is an answer to
	mint, maxt int64
	reader     reader
	views      []view // that are still to come
	now        storage.SeriesSet
	err        error
}

// Next goes on to the next series that has points.
func (s *lazySet) Next() bool {
	for len(s.views) > 0 && s.err == nil {
		v := s.views[0]
		s.views = s.views[1:]
		if s.err = s.ctx.Err(); s.err != nil {
			break
		}
		points, err := s.reader.points(v)
		if err != nil {
			s.err = err
			break
		}
		if points = clip(points, s.mint, s.maxt); len(points) > 0 {
			s.now = query.NewSeriesSet([]metric.Series{{Labels: v.labels, Points: points}}, false)
			return s.now.Next()
		}
	}
	return false
}

func (s *lazySet) At() storage.Series              { return s.now.At() }
func (s *lazySet) Err() error                      { return s.err }
func (*lazySet) Warnings() annotations.Annotations { return nil }
