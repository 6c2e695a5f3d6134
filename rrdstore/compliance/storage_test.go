package compliance

import (
	"context"
	"errors"
	"maps"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/annotations"
	"github.com/prometheus/prometheus/util/teststorage"

	"plimsoll/internal/metric"
	"plimsoll/rrdstore"
)

// shift is where the scripts' instant 0 is in the store, in ms: the begin of a
// row for every step that is used here.
const shift = 19_600 * 24 * 3_600_000

// loaded is a series as a script has it.
type loaded struct {
	labels  labels.Labels
	samples []chunks.Sample
	refused string // why the store does not hold it, "" if it does
}

// shelf is a storage.Storage over a store. It is made anew when something was
// loaded, and is asked by one goroutine.
type shelf struct {
	storage.Storage // what the scripts do not use
	testing.TB
	file    string
	written bool // to archives

	series map[string]*loaded
	store  *rrdstore.Store          // nil: to be made of series
	beside *teststorage.TestStorage // what the store refuses
	note   func(reason string, l labels.Labels)
}

func (s *shelf) Close() error {
	if s.store == nil {
		return nil
	}
	return errors.Join(s.store.Close(), s.beside.Close())
}

func (s *shelf) StartTime() (int64, error) { return 0, nil }

func (s *shelf) AppenderV2(context.Context) storage.AppenderV2 { return appender{s} }

// appender collects what is loaded.
type appender struct{ shelf *shelf }

func (appender) Rollback() error { return nil }

func (a appender) Commit() error {
	err := a.shelf.Close()
	a.shelf.store = nil
	return err
}

func (a appender) Append(_ storage.SeriesRef, l labels.Labels, st, at int64, v float64, _ *histogram.Histogram, h *histogram.FloatHistogram, _ storage.AppendV2Options) (storage.SeriesRef, error) {
	one := a.shelf.series[l.String()]
	if one == nil {
		one = &loaded{labels: l}
		a.shelf.series[l.String()] = one
	}
	one.samples = append(one.samples, sample{st, at, v, h})
	return 1, nil
}

// sample is a chunks.Sample.
type sample struct {
	st, at int64
	value  float64
	h      *histogram.FloatHistogram
}

func (s sample) T() int64                      { return s.at }
func (s sample) ST() int64                     { return s.st }
func (s sample) F() float64                    { return s.value }
func (sample) H() *histogram.Histogram         { return nil }
func (s sample) FH() *histogram.FloatHistogram { return s.h }
func (s sample) Copy() chunks.Sample           { return s }

func (s sample) Type() chunkenc.ValueType {
	if s.h != nil {
		return chunkenc.ValFloatHistogram
	}
	return chunkenc.ValFloat
}

// Querier fills the store first if something was loaded since.
func (s *shelf) Querier(mint, maxt int64) (storage.Querier, error) {
	if s.store == nil {
		s.fill()
	}
	q, err := s.store.Querier(mint+shift, maxt+shift)
	if err != nil {
		return nil, err
	}
	beside, err := s.beside.Querier(mint, maxt)
	return querier{q, beside, s}, err
}

// fill puts all that was loaded into a new store.
func (s *shelf) fill() {
	step, newest := s.step()
	c := rrdstore.Default()
	c.Dir = s.TempDir()
	c.Step = 100 * 24 * time.Hour // no row of it ends
	written := s.written && step%time.Second == 0
	if written {
		c.Step = step
	}
	c.Heartbeat = c.Step
	c.Tiers = []rrdstore.Tier{{Step: c.Step, Keep: max(c.Step, newest+2*c.Step)}}
	c.Now = func() time.Time { return metric.Time(shift).Add(newest + time.Minute) }
	var err error
	if s.store, err = rrdstore.Open(c); err != nil {
		s.Fatal(err)
	}
	s.beside = teststorage.New(s, func(opt *tsdb.Options) {
		opt.EnableSTStorage = true
		opt.FloatChunkEncoding = chunkenc.EncXOR2
		opt.EnableHistogramSTEncoding = true
	})
	for _, key := range slices.Sorted(maps.Keys(s.series)) {
		s.put(s.series[key], written, c.Step)
	}
	if written {
		if err := s.store.FlushAll(s.Context()); err != nil {
			s.Fatal(err)
		}
	}
}

// step is the longest that all instants are a multiple of.
func (s *shelf) step() (step, newest time.Duration) {
	for _, one := range s.series {
		for _, p := range one.samples {
			at := time.Duration(p.T()) * time.Millisecond
			newest = max(newest, at)
			for step, at = at, step; at != 0; step, at = at, step%at {
			}
		}
	}
	if step == 0 {
		step = time.Minute
	}
	return step, newest
}

// put puts one series, or beside the store if it refuses some of it.
func (s *shelf) put(one *loaded, written bool, step time.Duration) {
	one.refused = ""
	if written {
		one.refused = holes[s.file+": "+one.labels.String()]
	}
	var batch []metric.Sample
	for _, p := range one.samples {
		switch {
		case p.FH() != nil:
			one.refused = "native histogram"
		case p.ST() != 0:
			one.refused = "start timestamps"
		case written && math.Abs(p.F()) > math.MaxFloat64/step.Seconds() && !math.IsInf(p.F(), 0):
			one.refused = "archives sum values times seconds, which is too much for a float"
		}
		batch = append(batch, metric.Sample{Labels: one.labels, At: p.T() + shift, Value: p.F()})
	}
	if one.refused == "" {
		var refused *metric.RefusedError
		err := s.store.Put(s.Context(), batch)
		if errors.As(err, &refused) {
			one.refused = slices.Sorted(maps.Keys(refused.Reasons))[0]
		} else if err != nil {
			s.Fatal(err)
		}
	}
	if one.refused == "" {
		return
	}
	s.note(one.refused, one.labels)
	to := s.beside.AppenderV2(s.Context())
	for _, p := range one.samples {
		if _, err := to.Append(0, one.labels, p.ST(), p.T(), p.F(), nil, p.FH(), storage.AppendV2Options{}); err != nil {
			s.Fatal(err)
		}
	}
	if err := to.Commit(); err != nil {
		s.Fatal(err)
	}
}

// querier gives the store's series and those that it refused.
type querier struct {
	storage.Querier
	beside storage.Querier
	shelf  *shelf
}

func (q querier) Close() error { return errors.Join(q.Querier.Close(), q.beside.Close()) }

func (q querier) Select(ctx context.Context, _ bool, hints *storage.SelectHints, ms ...*labels.Matcher) storage.SeriesSet {
	found := &set{at: -1}
	for all := q.beside.Select(ctx, true, hints, ms...); all.Next(); {
		found.series = append(found.series, all.At())
	}
	if hints != nil {
		h := *hints
		h.Start, h.End = h.Start+shift, h.End+shift
		hints = &h
	}
	for all := q.Querier.Select(ctx, true, hints, ms...); all.Next(); {
		if one := q.shelf.series[all.At().Labels().String()]; one.refused == "" {
			found.series = append(found.series, q.back(all.At()))
		}
	}
	slices.SortFunc(found.series, func(a, b storage.Series) int { return labels.Compare(a.Labels(), b.Labels()) })
	return found
}

// back moves the points of a series to the scripts' instants.
func (q querier) back(one storage.Series) storage.Series {
	var points []chunks.Sample
	it := one.Iterator(nil)
	for it.Next() != chunkenc.ValNone {
		at, v := it.At()
		points = append(points, sample{at: at - shift, value: v})
	}
	if err := it.Err(); err != nil {
		q.shelf.Error(err)
	}
	return storage.NewListSeries(one.Labels(), points)
}

type set struct {
	series []storage.Series
	at     int
}

func (s *set) Next() bool {
	s.at++
	return s.at < len(s.series)
}
func (s *set) At() storage.Series              { return s.series[s.at] }
func (*set) Err() error                        { return nil }
func (*set) Warnings() annotations.Annotations { return nil }
