package query

import (
	"context"
	"runtime"
	"sync"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/util/annotations"

	"plimsoll/internal/metric"
)

// most is how many series are read ahead of the one that is asked for.
const most = 64

// A Reader reads the points of the series i of a set. It is used by one goroutine.
type Reader func(i int) ([]metric.Point, error)

// NewLazySet returns a storage.SeriesSet whose series are read when their points
// are asked for: the engine takes the whole set before it begins to count points
// against its limit, then goes through the series one by one. So that all
// processors are used a few of those that come next are read with it, ever more,
// each goroutine with a reader of its own, over indexes into all; none is read
// after ctx ended. An error becomes that of the query. Series without points may
// be among them. One goroutine uses a set and its series.
func NewLazySet(ctx context.Context, all []labels.Labels, reader func() Reader) storage.SeriesSet {
	s := &lazySet{ctx: ctx, all: all, at: -1, ahead: 1}
	for range min(runtime.GOMAXPROCS(0), len(all)) {
		s.readers = append(s.readers, reader())
	}
	return s
}

type lazySet struct {
	ctx     context.Context //nolint:containedctx // of the query that the set is an answer to
	all     []labels.Labels
	readers []Reader
	at      int

	from  int // the series that was read first of those in found
	found []found
	ahead int // how many are read at once next
}

// found is what was read of a series.
type found struct {
	points []metric.Point
	err    error
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
	if i < s.from || i >= s.from+len(s.found) {
		s.read(i)
	}
	f := s.found[i-s.from]
	if f.err != nil {
		return failed{chunkenc.NewNopIterator(), f.err}
	}
	return storage.NewListSeriesIterator(points(f.points))
}

// read reads the series i and some that come after it, and returns when all its
// goroutines are done.
func (s *lazySet) read(i int) {
	n := min(s.ahead, len(s.all)-i)
	s.from, s.found = i, make([]found, n)
	s.ahead = min(2*s.ahead, most)
	part := (n + len(s.readers) - 1) / len(s.readers)
	var wait sync.WaitGroup
	for w := 1; w*part < n; w++ {
		wait.Go(func() { s.readPart(s.readers[w], w*part, min((w+1)*part, n)) })
	}
	s.readPart(s.readers[0], 0, min(part, n))
	wait.Wait()
}

// readPart reads those from..to of the series that are read at once.
func (s *lazySet) readPart(read Reader, from, to int) {
	for j := from; j < to; j++ {
		if err := s.ctx.Err(); err != nil {
			s.found[j].err = err
			continue
		}
		s.found[j].points, s.found[j].err = read(s.from + j)
	}
}

// failed is the iterator of a series that cannot be read.
type failed struct {
	chunkenc.Iterator
	err error
}

func (f failed) Err() error { return f.err }
