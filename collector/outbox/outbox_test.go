package outbox

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/metric"
)

// sinks keep what each source put, and fail or refuse when told to.
type sinks struct {
	mu     sync.Mutex
	got    map[string][]int64
	away   map[string]bool
	refuse int64 // samples of this instant
}

type sink struct {
	all    *sinks
	source string
}

func (s sink) Put(_ context.Context, samples []metric.Sample) error {
	s.all.mu.Lock()
	defer s.all.mu.Unlock()
	if s.all.away[s.source] {
		return errors.New("away")
	}
	var refused *metric.RefusedError
	for _, one := range samples {
		if s.all.refuse != 0 && one.At == s.all.refuse {
			refused = refused.Refuse(one, "late")
			continue
		}
		s.all.got[s.source] = append(s.all.got[s.source], one.At)
	}
	return refused.OrNil()
}

func (s *sinks) set(source string, away bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.away[source] = away
}

func (s *sinks) of(source string) []int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]int64(nil), s.got[source]...)
}

func newOutbox(perSource, all int) (*Outbox, *sinks) {
	s := &sinks{got: map[string][]int64{}, away: map[string]bool{}}
	return New(Config{
		SinkFor: func(source string) metric.Sink { return sink{s, source} }, MaxPerSource: perSource, Max: all,
		Every: time.Second, Timeout: time.Second,
	}), s
}

func samples(at ...int64) (out []metric.Sample) {
	for _, t := range at {
		out = append(out, metric.Sample{At: t})
	}
	return out
}

func run(o *Outbox) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = o.Run(ctx) }() // stop waits for it
	return func() { cancel(); <-done }
}

func TestASinkThatIsAwayGetsAllInOrderAndDelaysNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, s := newOutbox(100, 1000)
		stop := run(o)
		s.set("a", true)
		o.Add("b", samples(7)...)
		o.Add("a", samples(1, 2)...)
		time.Sleep(1500 * time.Millisecond)
		if d := cmp.Diff([]int64{7}, s.of("b")); d != "" {
			t.Error(d)
		}
		if got := o.Stats(); got.Failing != "a: away" || got.Waiting != 2 {
			t.Errorf("%+v", got)
		}
		o.Add("a", samples(3)...)
		s.set("a", false)
		time.Sleep(time.Second)
		stop()
		if d := cmp.Diff([]int64{1, 2, 3}, s.of("a")); d != "" {
			t.Error(d)
		}
		if d := cmp.Diff(Stats{Put: 4}, o.Stats()); d != "" {
			t.Error(d)
		}
	})
}

func TestTheEndPutsWhatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, s := newOutbox(10, 10)
		stop := run(o)
		o.Add("a", samples(1)...)
		stop()
		if len(s.of("a")) != 1 {
			t.Error("what waited at the end is lost")
		}
	})
}

func TestBoundsAndTheAccount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, s := newOutbox(3, 5)
		s.refuse = 2
		if n := o.Add("a", samples(1, 2, 3, 4)...); n != 3 {
			t.Errorf("%d were queued, the bound of a source is 3", n)
		}
		if n := o.Add("b", samples(1, 1, 1)...); n != 2 {
			t.Errorf("%d were queued, the bound of all is 5", n)
		}
		if d := cmp.Diff(Stats{Dropped: 2, Waiting: 5}, o.Stats()); d != "" {
			t.Error(d)
		}
		run(o)()
		if d := cmp.Diff(Stats{Put: 4, Refused: 1, Dropped: 2}, o.Stats()); d != "" {
			t.Error(d)
		}
	})
}

func TestAddAllWaitsForRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, s := newOutbox(2, 10)
		stop := run(o)
		if err := o.AddAll(t.Context(), "a", samples(1, 2, 3, 4, 5)); err != nil {
			t.Fatal(err)
		}
		stop()
		if d := cmp.Diff([]int64{1, 2, 3, 4, 5}, s.of("a")); d != "" {
			t.Error(d)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := o.AddAll(ctx, "a", samples(1, 2, 3)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v, though nobody makes room", err)
		}
		if d := cmp.Diff(Stats{Put: 5, Dropped: 1, Waiting: 2}, o.Stats()); d != "" {
			t.Error(d)
		}
	})
}

// A source with much takes turns with one that has little.
func TestTurns(t *testing.T) {
	o, s := newOutbox(1<<20, 1<<20)
	o.Add("flood", make([]metric.Sample, 3*maxPut)...)
	o.Add("b", samples(1)...)
	for _, want := range []string{"flood", "b", "flood", "flood"} {
		source, batch := o.next(nil)
		if source != want || len(batch) > maxPut {
			t.Fatalf("%d samples of %q, want %q", len(batch), source, want)
		}
		o.deliver(t.Context(), source, batch)
	}
	if len(s.of("flood")) != 3*maxPut {
		t.Error("the flood was not put")
	}
}
