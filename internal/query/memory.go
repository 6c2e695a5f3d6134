package query

import (
	"cmp"
	"context"
	"maps"
	"math"
	"slices"
	"sync"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/annotations"

	"plimsoll/internal/metric"
)

// Memory is a small storage for tests of rules. It keeps samples as Prometheus'
// head does: raw, in order, and nothing is put before or in the place of what is
// there.
type Memory struct {
	mu     sync.RWMutex // guards what follows
	series map[string]*remembered
}

type remembered struct {
	labels  labels.Labels
	samples []chunks.Sample
}

// NewMemory returns a storage with nothing in it.
func NewMemory() *Memory { return &Memory{series: map[string]*remembered{}} }

// Put implements metric.Sink. Stale markers that come too late are left out in
// silence: they say that somebody gives a series no more, and another does.
func (m *Memory) Put(_ context.Context, samples []metric.Sample) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	var refused *metric.RefusedError
	for _, s := range samples {
		if !m.putLocked(s.Labels, &kept{at: s.At, f: s.Value}) && !value.IsStaleNaN(s.Value) {
			refused = refused.Refuse(s, "out of order")
		}
	}
	return refused.OrNil()
}

// hintedLocked is h as Prometheus reads it back: with a word on whether it is
// less than the one before.
func (m *Memory) hintedLocked(lbls labels.Labels, h *histogram.FloatHistogram) *histogram.FloatHistogram {
	s := m.series[lbls.String()]
	if s == nil || len(s.samples) == 0 || h.CounterResetHint == histogram.GaugeType {
		return h
	}
	before := s.samples[len(s.samples)-1].FH()
	if before == nil {
		return h
	}
	h = h.Copy()
	if h.DetectReset(before) {
		h.CounterResetHint = histogram.CounterReset
	} else {
		h.CounterResetHint = histogram.NotCounterReset
	}
	return h
}

func (m *Memory) putLocked(lbls labels.Labels, k *kept) bool {
	key := lbls.String()
	s := m.series[key]
	if s == nil {
		s = &remembered{labels: lbls}
		m.series[key] = s
	}
	if n := len(s.samples); n > 0 && s.samples[n-1].T() >= k.at {
		return k.same(s.samples[n-1])
	}
	s.samples = append(s.samples, k)
	return true
}

// Querier implements storage.Queryable.
func (m *Memory) Querier(mint, maxt int64) (storage.Querier, error) {
	return &memoryQuerier{m, mint, maxt}, nil
}

type memoryQuerier struct {
	memory     *Memory
	mint, maxt int64
}

// Select implements storage.Querier. The samples are those of the moment.
func (q *memoryQuerier) Select(_ context.Context, _ bool, _ *storage.SelectHints, ms ...*labels.Matcher) storage.SeriesSet {
	q.memory.mu.RLock()
	defer q.memory.mu.RUnlock()
	set := &memorySet{at: -1}
	for _, key := range slices.Sorted(maps.Keys(q.memory.series)) {
		s := q.memory.series[key]
		matches := !slices.ContainsFunc(ms, func(m *labels.Matcher) bool { return !m.Matches(s.labels.Get(m.Name)) })
		if in := q.within(s.samples); matches && len(in) > 0 {
			set.series = append(set.series, storage.NewListSeries(s.labels, in))
		}
	}
	slices.SortFunc(set.series, func(a, b *storage.SeriesEntry) int { return labels.Compare(a.Lset, b.Lset) })
	return set
}

func (q *memoryQuerier) within(all []chunks.Sample) []chunks.Sample {
	from, _ := slices.BinarySearchFunc(all, q.mint, earlier)
	to, found := slices.BinarySearchFunc(all, q.maxt, earlier)
	if found {
		to++
	}
	return all[from:max(from, to)]
}

func earlier(s chunks.Sample, at int64) int { return cmp.Compare(s.T(), at) }

func (q *memoryQuerier) LabelValues(context.Context, string, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}

func (q *memoryQuerier) LabelNames(context.Context, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}

func (q *memoryQuerier) Close() error { return nil }

type memorySet struct {
	series []*storage.SeriesEntry
	at     int
}

func (s *memorySet) Next() bool {
	s.at++
	return s.at < len(s.series)
}

func (s *memorySet) At() storage.Series                { return s.series[s.at] }
func (s *memorySet) Err() error                        { return nil }
func (s *memorySet) Warnings() annotations.Annotations { return nil }

// kept is a sample: a float, or with h a histogram.
type kept struct {
	at int64
	f  float64
	h  *histogram.FloatHistogram
}

func (k *kept) same(other chunks.Sample) bool {
	o, is := other.(*kept)
	return is && k.at == o.at && math.Float64bits(k.f) == math.Float64bits(o.f) && k.h == nil && o.h == nil
}

func (k *kept) T() int64                      { return k.at }
func (k *kept) ST() int64                     { return 0 }
func (k *kept) F() float64                    { return k.f }
func (k *kept) H() *histogram.Histogram       { return nil }
func (k *kept) FH() *histogram.FloatHistogram { return k.h }
func (k *kept) Copy() chunks.Sample           { c := *k; return &c }

func (k *kept) Type() chunkenc.ValueType {
	if k.h != nil {
		return chunkenc.ValFloatHistogram
	}
	return chunkenc.ValFloat
}
