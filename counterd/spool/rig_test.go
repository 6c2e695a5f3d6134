package spool

import (
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/durable"
	"plimsoll/internal/durable/durabletest"
	"plimsoll/internal/sketch"
)

// sound never fails, and syncs nothing: tests crash no machine.
var sound = durabletest.New(durabletest.Fail, 0)

// second is what Replay gives, of its own memory.
type second struct {
	At      int64
	Entries []Entry
}

// compared are the ways in which two seconds are compared: floats by their
// bits, sketches by their encoding.
var compared = cmp.Options{
	cmp.Comparer(labels.Equal),
	cmp.Comparer(func(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) }),
	cmp.Transformer("encoding", func(s *sketch.Sketch) string {
		if s == nil {
			return "nil"
		}
		b, err := s.AppendBinary(nil)
		return fmt.Sprintf("%x %v", b, err)
	}),
}

func testConfig(dir string) Config {
	return Config{Dir: dir, MaxBytes: 1 << 20, FS: sound}
}

func open(t testing.TB, cfg Config) *Spool {
	t.Helper()
	s, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.abandon)
	return s
}

// abandon is what kill -9 leaves: the kernel closes the lock.
func (s *Spool) abandon() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.closed = true
		s.syncer.stop()
		_ = s.lock.Unlock()
	}
}

func (s *Spool) append(t testing.TB, at int64, entries ...Entry) {
	t.Helper()
	if err := s.Append(at, entries); err != nil {
		t.Fatal(err)
	}
}

func (s *Spool) delivered(t testing.TB, boundary int64) {
	t.Helper()
	if err := s.Delivered(boundary); err != nil {
		t.Fatal(err)
	}
}

func (s *Spool) replay(t testing.TB) (all []second) {
	t.Helper()
	err := s.Replay(func(at int64, entries []Entry) error {
		all = append(all, second{at, append([]Entry(nil), entries...)})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// killed opens and replays what a daemon left that was killed.
func (s *Spool) killed(t testing.TB) (*Spool, []second) {
	t.Helper()
	s.abandon()
	cfg := s.cfg
	cfg.FS = durable.Disk{}
	next := open(t, cfg)
	return next, next.replay(t)
}

func (s *Spool) replaysTo(t testing.TB, want ...second) *Spool {
	t.Helper()
	next, got := s.killed(t)
	if diff := cmp.Diff(want, got, compared); diff != "" {
		t.Errorf("replayed otherwise than written (-want +got):\n%s", diff)
	}
	return next
}

func counter(name string, total float64) Entry {
	return Entry{Labels: labels.FromStrings("__name__", name+"_total", "host", "web1"), Raw: name, Kind: 1, Value: total, Start: 10_000}
}

func timing(name string, values ...float64) Entry {
	e := Entry{Labels: labels.FromStrings("__name__", name+"_seconds"), Raw: name, Kind: 2, Sketch: new(sketch.Sketch)}
	for _, v := range values {
		e.Sketch.Add(v, 1)
	}
	return e
}
