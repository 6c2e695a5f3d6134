package spool

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"
	"pgregory.net/rapid"

	"plimsoll/agents/remote"
	"plimsoll/internal/durable"
	"plimsoll/internal/durable/durabletest"
	"plimsoll/internal/metric"
	"plimsoll/internal/sketch"
)

// collector is the other end: it knows streams, as the real one does.
type collector struct {
	t      failer
	up     bool
	lose   bool // the next answer gets lost
	refuse map[string]int
	stored map[string]int // by series and instant
	next   map[string]uint64
	last   map[string]int64
}

type failer interface {
	Fatalf(format string, args ...any)
	Helper()
}

func newCollector(t failer) *collector {
	return &collector{t: t, up: true, stored: map[string]int{}, next: map[string]uint64{}, last: map[string]int64{}}
}

// Send implements Sender. While the collector is down it waits for ctx.
func (c *collector) Send(ctx context.Context, b remote.Batch) error {
	if !c.up {
		return context.Canceled
	}
	for i, s := range b.Samples {
		if b.Stream != "" && b.First+uint64(i) < c.next[b.Stream] {
			continue
		}
		series := s.Labels.String()
		if s.At <= c.last[series] {
			c.t.Fatalf("%s at %d comes behind %d", series, s.At, c.last[series])
		}
		c.last[series] = s.At
		c.stored[fmt.Sprint(series, "@", s.At)]++
	}
	if b.Stream != "" {
		c.next[b.Stream] = max(c.next[b.Stream], b.First+uint64(len(b.Samples)))
	}
	if c.lose {
		c.lose = false
		return context.DeadlineExceeded
	}
	if c.refuse != nil {
		return &metric.RefusedError{Reasons: c.refuse}
	}
	return nil
}

func testConfig(dir string, next Sender) Config {
	cfg := Default()
	cfg.Dir, cfg.Next, cfg.MaxBytes, cfg.BatchSamples = dir, next, minBytes, 40
	cfg.Now = func() time.Time { return time.Unix(1_700_000_000, 0) }
	return cfg
}

func open(t failer, cfg Config) (*Spool, *reader) {
	t.Helper()
	s, err := Open(cfg)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	return s, &reader{Spool: s}
}

// batch is what ten series are at the instant at, incompressible.
func batch(at int64) []metric.Sample {
	var out []metric.Sample
	for i := range 10 {
		out = append(out, metric.Sample{
			Labels: labels.FromStrings("__name__", "m", "i", fmt.Sprint(i), "x", noise(i)),
			Kind:   metric.Kind(i % 2), At: at, Start: int64(i % 2), Value: rand.Float64(),
		})
	}
	return out
}

// noise is a label of a series that takes room on disk.
func noise(series int) string {
	r := rand.New(rand.NewPCG(1, uint64(series)))
	b := make([]byte, 150)
	for i := range b {
		b[i] = 'a' + byte(r.IntN(26))
	}
	return string(b)
}

// ended is what a step gets: the fake collector never waits.
func ended() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// Whatever happens, what was put is delivered once, or counted.
func TestPutIsDeliveredOrCounted(t *testing.T) {
	base := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp(base, "")
		if err != nil {
			t.Fatalf("%v", err)
		}
		c := newCollector(t)
		fs := durabletest.New(durabletest.Crash, 0)
		cfg := testConfig(dir, c)
		cfg.fs = fs
		s, r := open(t, cfg)
		acknowledged, attempted, at := 0, 0, int64(0)
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				for range rapid.IntRange(1, 40).Draw(t, "batches") {
					at += 1000
					attempted += 10
					if err := s.Put(context.Background(), batch(at)); err == nil {
						acknowledged += 10
					}
				}
			},
			"put again": func(t *rapid.T) {
				if at > 0 && s.Put(context.Background(), batch(at)) != nil {
					t.Fatalf("what is kept is refused")
				}
			},
			"send": func(t *rapid.T) {
				for range rapid.IntRange(1, 10).Draw(t, "steps") {
					r.step(ended())
				}
			},
			"down": func(*rapid.T) { c.up = false },
			"up":   func(*rapid.T) { c.up = true },
			"lose": func(*rapid.T) { c.lose = true },
			"save": func(*rapid.T) {
				s.mu.Lock()
				defer s.mu.Unlock()
				_ = s.saveLocked()
			},
			"crash": func(t *rapid.T) {
				fs.Break()
				_ = s.lock.Unlock()
				fs = durabletest.New(durabletest.Crash, 0)
				cfg.fs = fs
				s, r = open(t, cfg)
			},
		})
		c.up = true
		for !r.step(ended()) {
		}
		got := s.Stats()
		if got.Waiting != 0 || got.Damaged != 0 || got.Put < uint64(acknowledged) || got.Put > uint64(attempted) {
			t.Fatalf("of %d acknowledged, %d attempted: %+v", acknowledged, attempted, got)
		}
		if uint64(len(c.stored)) != got.Delivered || got.Put != got.Delivered+got.Dropped {
			t.Fatalf("%d stored, %+v", len(c.stored), got)
		}
		for sample, n := range c.stored {
			if n != 1 {
				t.Fatalf("%s is stored %d times", sample, n)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatalf("close: %v", err)
		}
	})
}

func TestTimingsKeepTheirObservations(t *testing.T) {
	var got []metric.Sample
	s, r := open(t, testConfig(t.TempDir(), sendFunc(func(b remote.Batch) error {
		got = append(got, b.Samples...)
		return nil
	})))
	var sk sketch.Sketch
	for i := range 1000 {
		sk.Add(float64(i)/100, 1)
	}
	want := []metric.Sample{
		{Labels: labels.FromStrings("__name__", "t_seconds"), Kind: metric.Timing, At: 20_000, Start: 10_000, Sketch: &sk},
		{Labels: labels.FromStrings("__name__", "c_total"), Kind: metric.Counter, At: 20_000, Start: 5, Value: 7},
	}
	if err := s.Put(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	r.step(ended())
	same := cmp.Comparer(func(a, b *sketch.Sketch) bool {
		if a == nil || b == nil {
			return a == b
		}
		x, _ := a.AppendBinary(nil)
		y, _ := b.AppendBinary(nil)
		return string(x) == string(y)
	})
	if diff := cmp.Diff(want, got, same, cmp.Comparer(labels.Equal)); diff != "" {
		t.Error(diff)
	}
}

type sendFunc func(remote.Batch) error

func (f sendFunc) Send(_ context.Context, b remote.Batch) error { return f(b) }

func TestRefusedIsCountedByReason(t *testing.T) {
	c := newCollector(t)
	c.refuse = map[string]int{"future": 3}
	s, r := open(t, testConfig(t.TempDir(), c))
	if err := s.Put(t.Context(), batch(1000)); err != nil {
		t.Fatal(err)
	}
	r.step(ended())
	if got := s.Stats(); got.Delivered != 7 || got.Refused["future"] != 3 || got.Put != 10 {
		t.Errorf("%+v", got)
	}
}

// A disk that takes nothing: samples are handed on at once, or stay with the
// caller.
func TestDiskThatTakesNothing(t *testing.T) {
	c := newCollector(t)
	cfg := testConfig(t.TempDir(), c)
	fs := durabletest.New(durabletest.Full, 0)
	cfg.fs = fs
	s, _ := open(t, cfg)
	fs.Break()
	if err := s.Put(t.Context(), batch(1000)); err != nil {
		t.Errorf("nothing waits, and still: %v", err)
	}
	c.up = false
	if err := s.Put(t.Context(), batch(2000)); err == nil {
		t.Error("acknowledged what is nowhere")
	}
	fs.Heal()
	if err := s.Put(t.Context(), batch(2000)); err != nil {
		t.Error(err)
	}
	if got := s.Stats(); got.Delivered != 10 || got.Waiting != 10 || len(c.stored) != 10 {
		t.Errorf("%+v, %d stored", got, len(c.stored))
	}
}

func TestStateThatCannotBeReadIsSetAside(t *testing.T) {
	c := newCollector(t)
	cfg := testConfig(t.TempDir(), c)
	s, _ := open(t, cfg)
	if err := s.Put(t.Context(), batch(1000)); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	writeFile(t, s.statePath(), "nonsense")
	s, r := open(t, cfg)
	r.step(ended())
	if got := s.Stats(); got.Delivered != 10 || len(c.stored) != 10 {
		t.Errorf("%+v", got)
	}
	if _, err := Open(cfg); err == nil || errors.Is(err, ErrClosed) {
		t.Errorf("opened twice: %v", err)
	}
}

func TestRunSendsUntilItEnds(t *testing.T) {
	c := newCollector(t)
	cfg := testConfig(t.TempDir(), c)
	sent := make(chan int, 10)
	cfg.Next = sendFunc(func(b remote.Batch) error { sent <- len(b.Samples); return c.Send(t.Context(), b) })
	s, _ := open(t, cfg)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()
	for i := range 3 {
		if err := s.Put(t.Context(), batch(int64(i+1)*1000)); err != nil {
			t.Fatal(err)
		}
		<-sent
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if got := s.Stats(); got.Delivered != 30 {
		t.Errorf("%+v", got)
	}
}

func FuzzRecord(f *testing.F) {
	var e encoder
	samples := batch(1000)
	for i := range samples {
		if err := e.add(&samples[i]); err != nil {
			f.Fatal(err)
		}
	}
	f.Add(e.finish(7, len(samples)))
	f.Fuzz(func(t *testing.T, record []byte) {
		h, packed, err := readHead(record)
		if err != nil {
			return
		}
		if out, err := new(decoder).samples(nil, h, packed, 0); err == nil && len(out) != h.n {
			t.Errorf("%d samples of %d", len(out), h.n)
		}
	})
}

func writeFile(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A spool that was copied to another host, or outlived a crash of the machine, goes
// on under another stream: its numbers are no longer those that collectors know.
func TestAnotherInstanceIsAnotherStream(t *testing.T) {
	cfg := testConfig(t.TempDir(), newCollector(t))
	stream := func(instance string) string {
		t.Helper()
		cfg.Instance = instance
		s, _ := open(t, cfg)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		return s.state.stream
	}
	first := stream("web1")
	if again, other := stream("web1"), stream("web2"); again != first || other == first {
		t.Errorf("streams %s, %s, %s", first, again, other)
	}
}

func TestOlderThanTheLastIsLate(t *testing.T) {
	c := newCollector(t)
	s, r := open(t, testConfig(t.TempDir(), c))
	for _, at := range []int64{2000, 2000} {
		if err := s.Put(t.Context(), batch(at)); err != nil {
			t.Fatal(err)
		}
	}
	var refused *metric.RefusedError
	if err := s.Put(t.Context(), batch(1000)); !errors.As(err, &refused) || refused.Reasons["late"] != 10 {
		t.Errorf("got %v", err)
	}
	r.step(ended())
	if got := s.Stats(); got.Put != 10 || got.Delivered != 10 {
		t.Errorf("%+v", got)
	}
}

// A clock that was far ahead for one tick, as before it was set for the first time,
// must not silence the host until that instant comes.
func TestClockThatWasAheadAndIsSetBack(t *testing.T) {
	c := newCollector(t)
	cfg := testConfig(t.TempDir(), c)
	now := cfg.Now().UnixMilli()
	s, r := open(t, cfg)
	put := func(at int64) {
		t.Helper()
		if err := s.Put(t.Context(), batch(at)); err != nil {
			t.Fatal(err)
		}
		r.step(ended())
		clear(c.last) // it refused what was ahead
	}
	put(now - 20_000)
	put(now + 365*24*3600*1000)
	put(now - 10_000)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s, r = open(t, cfg)
	put(now)
	if err := s.Put(t.Context(), batch(now)); err != nil {
		t.Fatal(err)
	}
	if got := s.Stats(); got.Delivered != 40 || got.Put != 40 {
		t.Errorf("%+v", got)
	}
}

// unreadable is a disk of which reads fail, as where files are many.
type unreadable struct {
	durable.Disk
	after int // reads; never if negative
}

func (u *unreadable) ReadAt(name string, b []byte, at int64) (int, error) {
	u.after--
	if u.after == -1 {
		return 0, syscall.EMFILE
	}
	return u.Disk.ReadAt(name, b, at)
}

func TestReadThatFailsOnceLosesNothing(t *testing.T) {
	c := newCollector(t)
	cfg := testConfig(t.TempDir(), c)
	disk := &unreadable{after: -1}
	cfg.fs, cfg.BatchSamples, cfg.MaxBytes = disk, 1000, 8<<20
	s, r := open(t, cfg)
	disk.after = 1
	for i := range 50 { // more than are read at once, less than a batch
		if err := s.Put(t.Context(), batch(int64(i+1)*1000)); err != nil {
			t.Fatal(err)
		}
	}
	for range 5 {
		r.step(ended())
	}
	if got := s.Stats(); disk.after >= 0 || got.Delivered != 500 || got.Damaged != 0 {
		t.Errorf("%d reads left, %+v", disk.after, got)
	}
}

// Who empties the directory of a running agent loses what waits there, which is
// counted, and nothing that comes later.
func TestDirectoryThatIsRemoved(t *testing.T) {
	c := newCollector(t)
	cfg := testConfig(t.TempDir(), c)
	s, r := open(t, cfg)
	if err := s.Put(t.Context(), batch(1000)); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(cfg.Dir); err != nil {
		t.Fatal(err)
	}
	r.step(ended())
	if err := s.Put(t.Context(), batch(2000)); err != nil {
		t.Fatal(err)
	}
	r.step(ended())
	if got := s.Stats(); got.Put != 20 || got.Damaged != 10 || got.Delivered != 10 || len(c.stored) != 10 {
		t.Errorf("%+v, %d stored", got, len(c.stored))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	again, _ := open(t, cfg)
	if got := again.Stats(); got.Put != 20 || got.Delivered != 10 {
		t.Errorf("after a restart %+v", got)
	}
}

// BenchmarkSample is what a sample costs: to be kept, and read again to be sent.
func BenchmarkSample(b *testing.B) {
	cfg := testConfig(b.TempDir(), sendFunc(func(remote.Batch) error { return nil }))
	cfg.MaxBytes, cfg.BatchSamples, cfg.Now = 1<<30, 5000, time.Now
	s, r := open(b, cfg)
	var samples []metric.Sample
	for i := range 1000 {
		samples = append(samples, metric.Sample{
			Labels: labels.FromStrings("__name__", "node_cpu_seconds_total", "cpu", fmt.Sprint(i), "instance", "web1", "job", "node", "mode", "idle"),
			Kind:   metric.Counter, Value: float64(i) * 1.7,
		})
	}
	at := int64(0)
	b.ReportAllocs()
	for b.Loop() {
		at += 10_000
		for i := range samples {
			samples[i].At = at
		}
		if err := s.Put(b.Context(), samples); err != nil {
			b.Fatal(err)
		}
		r.step(ended())
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(at/10), "ns/sample")
}
