package rrdstore

import (
	"context"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/durable/durabletest"
	"plimsoll/internal/metric"
	"plimsoll/internal/query"
	"plimsoll/internal/sketch"
)

// epoch is a multiple of a day, so that rows of all tiers begin there.
const epoch = int64(1_700_006_400_000)

// rig is a store with a clock that the test moves, and an engine over it.
type rig struct {
	*testing.T
	*Store
	config Config
	now    int64
	engine *query.Engine
}

func testConfig(dir string) Config {
	c := Default()
	c.Dir = dir
	c.fs = durabletest.New(durabletest.Fail, 0) // syncs nothing: tests crash no machine
	c.ReserveBytes = 0
	return c
}

func newRig(t *testing.T, change func(*Config)) *rig {
	t.Helper()
	r := &rig{T: t, config: testConfig(t.TempDir()), now: epoch}
	if change != nil {
		change(&r.config)
	}
	r.config.Now = func() time.Time { return metric.Time(r.now) }
	r.open()
	t.Cleanup(func() { r.Close() })
	return r
}

func (r *rig) open() {
	r.Helper()
	s, err := Open(r.config)
	if err != nil {
		r.Fatal(err)
	}
	r.Store = s
	r.engine = query.New(s, query.Config{
		Timeout: time.Minute, MaxSamples: 50_000_000, Lookback: 5 * time.Minute,
		Resolution: s.Resolution, Now: r.config.Now,
	})
}

// reopen closes the store and opens it again.
func (r *rig) reopen() {
	r.Helper()
	if err := r.Close(); err != nil {
		r.Fatal(err)
	}
	r.open()
}

// crash leaves the store as kill -9 would, and opens it again.
func (r *rig) crash() {
	r.Helper()
	r.abandon()
	r.open()
}

// abandon gives the directory free and does nothing else: what is only in
// memory is gone.
func (s *Store) abandon() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.lock.Unlock()
	s.files.closeAll()
	s.volume.Close()
}

func named(name string, pairs ...string) labels.Labels {
	return labels.FromStrings(append([]string{model.MetricNameLabel, name}, pairs...)...)
}

func gaugeSample(l labels.Labels, at int64, v float64) metric.Sample {
	return metric.Sample{Labels: l, At: at, Value: v}
}

func counterSample(l labels.Labels, at, start int64, v float64) metric.Sample {
	return metric.Sample{Labels: l, Kind: metric.Counter, At: at, Start: start, Value: v}
}

func timingSample(l labels.Labels, at int64, values ...float64) metric.Sample {
	sk := new(sketch.Sketch)
	for _, v := range values {
		sk.Add(v, 1)
	}
	return metric.Sample{Labels: l, Kind: metric.Timing, At: at, Start: at - 10_000, Sketch: sk}
}

func (r *rig) put(samples ...metric.Sample) {
	r.Helper()
	for _, s := range samples {
		r.now = max(r.now, s.At)
	}
	if err := r.Put(r.Context(), samples); err != nil {
		r.Fatal(err)
	}
}

// refused puts samples and returns the reasons for which some were refused.
func (r *rig) refused(samples ...metric.Sample) map[string]int {
	r.Helper()
	var refused *metric.RefusedError
	if err := r.Put(r.Context(), samples); !errors.As(err, &refused) {
		r.Fatalf("Put: %v, want a refusal", err)
	}
	return refused.Reasons
}

func (r *rig) flush() {
	r.Helper()
	if err := r.FlushAll(r.Context()); err != nil {
		r.Fatal(err)
	}
}

// value asks an instant query that has one answer, NaN for none.
func (r *rig) value(expr string, at int64) float64 {
	r.Helper()
	got := r.query(metric.Query{Expr: expr, End: metric.Time(at)})
	if len(got) == 0 {
		return math.NaN()
	}
	if len(got) != 1 || len(got[0].Points) != 1 {
		r.Fatalf("%s: %v, want one value", expr, got)
	}
	return got[0].Points[0].Value
}

func (r *rig) query(q metric.Query) []metric.Series {
	r.Helper()
	got, err := r.engine.Query(context.Background(), q)
	if err != nil {
		r.Fatalf("%s: %v", q.Expr, err)
	}
	return got.Series
}

// points asks for all points of one series from from to to, as stored.
func (r *rig) points(l labels.Labels, from, to int64) []metric.Point {
	r.Helper()
	q, err := r.Querier(from, to)
	if err != nil {
		r.Fatal(err)
	}
	var ms []*labels.Matcher
	l.Range(func(l labels.Label) { ms = append(ms, labels.MustNewMatcher(labels.MatchEqual, l.Name, l.Value)) })
	set := q.Select(r.Context(), false, nil, ms...)
	var out []metric.Point
	for set.Next() {
		if !labels.Equal(set.At().Labels(), l) {
			continue
		}
		it := set.At().Iterator(nil)
		for it.Next() != 0 {
			at, v := it.At()
			out = append(out, metric.Point{At: at, Value: v})
		}
		if err := it.Err(); err != nil {
			r.Fatal(err)
		}
	}
	if err := set.Err(); err != nil {
		r.Fatal(err)
	}
	return out
}
