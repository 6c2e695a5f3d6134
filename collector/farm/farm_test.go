package farm

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/durable/durabletest"
	"plimsoll/internal/metric"
	"plimsoll/internal/sketch"
)

const epoch = 1_700_000_000_000

// sink remembers the merged timings, and the others by their number.
type sink struct {
	merged []metric.Sample
	others int
	err    error
}

func (s *sink) Put(_ context.Context, samples []metric.Sample) error {
	if s.err != nil {
		return s.err
	}
	for _, m := range samples {
		if m.Labels.Get("instance") == "" {
			s.merged = append(s.merged, m)
		} else {
			s.others++
		}
	}
	return nil
}

// rig is a farm with a clock of its own.
type rig struct {
	*testing.T
	*Farm
	sink *sink
	cfg  Config
	now  int64
}

func newRig(t *testing.T, edit func(*Config)) *rig {
	r := &rig{T: t, sink: &sink{}, now: epoch}
	r.cfg = Default()
	r.cfg.Dir, r.cfg.Sink = t.TempDir(), r.sink
	r.cfg.Now = func() time.Time { return metric.Time(r.now) }
	if edit != nil {
		edit(&r.cfg)
	}
	r.open()
	return r
}

func (r *rig) open() {
	r.Helper()
	r.cfg.Registerer = prometheus.NewRegistry()
	f, err := Open(r.cfg)
	if err != nil {
		r.Fatal(err)
	}
	r.Farm = f
}

func (r *rig) put(instance string, at int64, values ...float64) {
	r.Helper()
	if err := r.Put(r.Context(), []metric.Sample{timing(instance, at, values...)}); err != nil {
		r.Fatal(err)
	}
}

func timing(instance string, at int64, values ...float64) metric.Sample {
	s := metric.Sample{
		Labels: labels.FromStrings("__name__", "t_seconds", "job", "counterd", "instance", instance),
		Kind:   metric.Timing, At: at, Start: at - 10_000, Sketch: new(sketch.Sketch),
	}
	s.Sketch.AddAll(values)
	return s
}

func (r *rig) ticks(now int64) {
	r.Helper()
	r.now = now
	if err := r.tick(r.Context(), now); err != nil {
		r.Fatal(err)
	}
}

// text is the merged timings, one a line.
func (r *rig) text() []string {
	out := []string{}
	for _, s := range r.sink.merged {
		out = append(out, fmt.Sprintf("%s %d-%d n=%v", s.Labels, s.Start-epoch, s.At-epoch, s.Sketch.Count()))
	}
	return out
}

func (r *rig) wants(lines ...string) {
	r.Helper()
	if lines == nil {
		lines = []string{}
	}
	if diff := cmp.Diff(lines, r.text()); diff != "" {
		r.Error(diff)
	}
}

const one = `{__name__="t_seconds", job="counterd"} `

// Series that come once each, as of names that hold a number, leave their memory
// before the hour is over.
func TestSeriesWithoutSlotsAreBounded(t *testing.T) {
	r := newRig(t, func(c *Config) { c.MaxPending = 10 })
	at := int64(epoch)
	for i := range 100 {
		at += 60_000
		r.now = at
		s := timing("web1", at, 1)
		s.Labels = labels.NewBuilder(s.Labels).Set("user", fmt.Sprint(i)).Labels()
		if err := r.Put(t.Context(), []metric.Sample{s}); err != nil {
			t.Fatal(err)
		}
		r.ticks(at + 30_000)
	}
	if n := len(r.slots.by); n > 20 {
		t.Errorf("%d series are kept", n)
	}
	if n := len(r.sink.merged); n != 100 {
		t.Errorf("%d of 100 are merged", n)
	}
}

// The p95 of hosts that differ is that of all their observations.
func TestBandsAreThoseOfAllObservations(t *testing.T) {
	r := newRig(t, nil)
	var all []float64
	for i, scale := range []float64{0.01, 0.1, 2} {
		var values []float64
		for range 1000 * (i + 1) {
			values = append(values, scale*math.Exp(rand.NormFloat64()))
		}
		r.put(fmt.Sprint("web", i), epoch+10_000, values...)
		all = append(all, values...)
	}
	r.ticks(epoch + 30_000)
	r.wants(one + "0-10000 n=6000")
	sort.Float64s(all)
	for _, q := range metric.Quantiles {
		want := all[int(math.Ceil(q*float64(len(all))))-1]
		if got := r.sink.merged[0].Sketch.Quantile(q); math.Abs(got-want) > 0.01*want {
			t.Errorf("quantile %v is %v, want %v", q, got, want)
		}
	}
	if r.sink.others != 3 {
		t.Errorf("%d timings of hosts were passed on", r.sink.others)
	}
}

func TestOnlyWhatIsAskedForIsMerged(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Jobs, c.Names = nil, []string{"http_*"} })
	http := timing("web1", epoch+10_000, 1)
	http.Labels = labels.FromStrings("__name__", "http_request_duration_seconds", "instance", "web1", "page", "photo")
	gauge := metric.Sample{Labels: labels.FromStrings("__name__", "http_x", "instance", "web1"), At: epoch}
	if err := r.Put(t.Context(), []metric.Sample{http, gauge, timing("web1", epoch+10_000, 1)}); err != nil {
		t.Fatal(err)
	}
	r.ticks(epoch + 30_000)
	r.wants(`{__name__="http_request_duration_seconds", page="photo"} 0-10000 n=1`)
}

func TestSlotsWaitForTheirGraceAndGoInOrder(t *testing.T) {
	r := newRig(t, nil)
	r.now = epoch + 10_000
	r.put("web1", epoch+10_000, 1)
	r.ticks(epoch + 29_000)
	r.wants()
	r.put("web2", epoch+10_000, 1, 2)
	r.put("web1", epoch+20_000, 3)
	r.ticks(epoch + 30_000)
	r.wants(one + "0-10000 n=3")
	r.put("web3", epoch+10_000, 1) // late
	r.ticks(epoch + 49_000)
	r.wants(one+"0-10000 n=3", one+"10000-20000 n=1")
	if got := valueOf(t, r.metrics.late.WithLabelValues("t_seconds")); got != 1 {
		t.Errorf("%v late", got)
	}
}

// After an outage of the collector all hosts send what they kept, one after the
// other, and the bands of that time are whole.
func TestAllThatWereAwayHaveTime(t *testing.T) {
	r := newRig(t, nil)
	r.now = epoch + 600_000
	for i := range int64(3) {
		r.put("web1", epoch+10_000*(i+1), 1)
	}
	r.ticks(epoch + 610_000)
	for i := range int64(3) {
		r.put("web2", epoch+10_000*(i+1), 1)
	}
	r.ticks(epoch + 620_000)
	r.wants(one+"0-10000 n=2", one+"10000-20000 n=2", one+"20000-30000 n=2")
}

func TestAnInstanceCountsOnce(t *testing.T) {
	r := newRig(t, nil)
	r.sink.err = errors.New("away")
	if err := r.Put(t.Context(), []metric.Sample{timing("web1", epoch+10_000, 1)}); !errors.Is(err, r.sink.err) {
		t.Errorf("got %v", err)
	}
	r.sink.err = nil
	r.put("web1", epoch+10_000, 1)
	r.ticks(epoch + 30_000)
	r.wants(one + "0-10000 n=1")
}

// A store that is away gets the merged timing later, as it was then.
func TestMergedTimingIsPutAgain(t *testing.T) {
	r := newRig(t, nil)
	r.put("web1", epoch+10_000, 1)
	r.sink.err = errors.New("away")
	if err := r.tick(t.Context(), epoch+30_000); err == nil {
		t.Error("no error")
	}
	r.sink.err = nil
	r.put("web2", epoch+10_000, 1) // its slot is being put
	r.ticks(epoch + 31_000)
	r.wants(one + "0-10000 n=1")
}

// A kill at any operation on the disk loses no share that was acknowledged, and
// puts no slot twice but one that was not struck off.
func TestKillLosesNone(t *testing.T) {
	for n := int64(1); n < 40; n++ {
		fs := durabletest.New(durabletest.Crash, n)
		fs.Unhealable()
		r := newRig(t, func(c *Config) { c.fs = durabletest.New(durabletest.Crash, 0) })
		r.cfg.fs = fs
		acknowledged := map[int64]float64{}
		if f, err := Open(r.cfg); err == nil {
			r.Farm = f
			for i := range int64(6) {
				r.now = epoch + i*10_000
				for _, host := range []string{"web1", "web2"} {
					if r.Put(t.Context(), []metric.Sample{timing(host, r.now, 1)}) == nil {
						acknowledged[r.now]++
					}
				}
				_ = r.tick(t.Context(), r.now)
			}
		}
		r.cfg.fs = nil
		r.open()
		r.ticks(epoch + 200_000)
		got := map[int64]float64{}
		for _, s := range r.sink.merged {
			got[s.At] = max(got[s.At], s.Sketch.Count())
		}
		for at, count := range acknowledged {
			if got[at] < count || got[at] > 2 {
				t.Fatalf("operation %d: %v at %d, %v were acknowledged", n, got[at], at-epoch, count)
			}
		}
		if paths := r.journal.Paths(0, math.MaxUint64); len(paths) > 0 {
			t.Errorf("operation %d: %v are left", n, paths)
		}
	}
}

func TestPendingIsBounded(t *testing.T) {
	r := newRig(t, func(c *Config) { c.MaxPending = 2 })
	for i := range int64(4) {
		r.put("web1", epoch+i*10_000, 1)
	}
	if got := valueOf(t, r.metrics.refused.WithLabelValues("t_seconds")); got != 2 {
		t.Errorf("%v refused", got)
	}
}

func valueOf(t *testing.T, c prometheus.Counter) float64 {
	t.Helper()
	var m dto.Metric
	if err := c.Write(&m); err != nil {
		t.Fatal(err)
	}
	return m.GetCounter().GetValue()
}

func TestConfigReportsAllProblems(t *testing.T) {
	err := Config{Names: []string{"["}, Jobs: []string{"["}}.Validate()
	if want := 4; err == nil || len(slices.Collect(lines(err))) != want {
		t.Errorf("got %v", err)
	}
	if err := Default().Validate(); err != nil {
		t.Error(err)
	}
}

func lines(err error) func(func(error) bool) {
	return func(yield func(error) bool) {
		for _, e := range err.(interface{ Unwrap() []error }).Unwrap() {
			if !yield(e) {
				return
			}
		}
	}
}

func FuzzRecord(f *testing.F) {
	b, err := encodeShares(5, []share{{labels: labels.FromStrings("a", "b"), instance: 7, start: 1, at: 2, sketch: timing("", 1, 2).Sketch}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte{closedRecord, 8})
	f.Fuzz(func(t *testing.T, b []byte) {
		n := 0
		err := decodeRecord(b, func(int64, share) { n++ }, func(int64) { n++ })
		if err != nil && n > 0 {
			t.Errorf("%d taken of a record that is wrong: %v", n, err)
		}
	})
}
