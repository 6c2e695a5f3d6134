package spool

import (
	"bytes"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"plimsoll/internal/durable"
)

// What is written comes back, to the bit, whatever it is and however the order
// of the entries changes.
func TestRoundTrip(t *testing.T) {
	numbers := rapid.SampledFrom([]float64{0, math.Copysign(0, -1), 1, -1, 0.1, 1 << 53, -(1 << 53), 1<<53 - 1, 1e100, math.Inf(-1), math.NaN()})
	instants := []int64{0, 1, -1, 10_000, 1_700_000_000_000}
	starts := rapid.SampledFrom(append(instants, math.MaxInt64, math.MinInt64))
	names := rapid.SampledFrom([]string{"a", "b", "c", "d", "e", strings.Repeat("long", 100)})
	rapid.Check(t, func(rt *rapid.T) {
		s := open(t, testConfig(t.TempDir()))
		defer s.abandon()
		var want []second
		for range rapid.IntRange(1, 8).Draw(rt, "seconds") {
			sec := second{At: rapid.SampledFrom(instants).Draw(rt, "at")}
			for range rapid.IntRange(1, 6).Draw(rt, "entries") {
				e := counter(names.Draw(rt, "name"), numbers.Draw(rt, "value"))
				e.Start, e.Kind = starts.Draw(rt, "start"), rapid.Byte().Draw(rt, "kind")
				if rapid.Bool().Draw(rt, "is a timing") {
					e.Sketch = timing("", rapid.SliceOf(rapid.Float64Range(-10, 10)).Draw(rt, "values")...).Sketch
				}
				if rapid.Bool().Draw(rt, "is a set") {
					e.Members = rapid.SliceOfN(rapid.String(), 1, 3).Draw(rt, "members")
				}
				sec.Entries = append(sec.Entries, e)
			}
			s.append(t, sec.At, sec.Entries...)
			want = append(want, sec)
		}
		s.replaysTo(t, want...)
	})
}

func TestDeliveredIsNotReplayed(t *testing.T) {
	s := open(t, testConfig(t.TempDir()))
	for at := int64(1); at <= 12; at++ {
		s.append(t, at*1000, counter("a", float64(at)))
	}
	s.delivered(t, 10_000)
	s.append(t, 13_000, counter("b", 1))
	want := []second{
		{11_000, []Entry{counter("a", 11)}}, {12_000, []Entry{counter("a", 12)}}, {13_000, []Entry{counter("b", 1)}},
	}
	s = s.replaysTo(t, want...)
	s = s.replaysTo(t, want...) // a daemon that is killed again at once
	s.append(t, 14_000, counter("a", 14))
	s.delivered(t, 13_000)
	s = s.replaysTo(t, second{14_000, []Entry{counter("a", 14)}})
	s.delivered(t, 14_000)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s.replaysTo(t)
	if left := segments(t, s); len(left) != 0 {
		t.Errorf("all was delivered, and there is %v", left)
	}
}

func TestEndedInPeaceNothingIsLeft(t *testing.T) {
	for _, interval := range []time.Duration{0, time.Second} {
		cfg := testConfig(t.TempDir())
		cfg.SyncInterval = interval
		s := open(t, cfg)
		s.append(t, 1000, counter("a", 1))
		s.delivered(t, 1000)
		s.append(t, 2000, counter("a", 2))
		s.delivered(t, 2000)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if left := segments(t, s); len(left) != 0 {
			t.Errorf("all was delivered, and there is %v", left)
		}
	}
}

// After the clock was set back, the seconds count from lower again.
func TestClockSetBackHidesNothing(t *testing.T) {
	s := open(t, testConfig(t.TempDir()))
	s.append(t, 99_000, counter("a", 1))
	s.append(t, 99_500, counter("a", 2))
	s.delivered(t, 99_000)
	s.append(t, 50_000, counter("a", 3))
	s.delivered(t, 40_000)
	s.replaysTo(t, second{99_500, []Entry{counter("a", 2)}}, second{50_000, []Entry{counter("a", 3)}})
}

func TestSegmentsThatAreDoneGo(t *testing.T) {
	s := open(t, testConfig(t.TempDir()))
	for at := int64(1); at <= 10_000; at++ {
		s.append(t, at*1000, counter("a", float64(at)), timing("t", 1, 2, 3))
		if at%10 == 0 {
			s.delivered(t, at*1000)
		}
	}
	if st := s.Stats(); st.Bytes > 10_000 || st.Dropped != 0 {
		t.Errorf("%+v: more than the open interval is kept, or counted as lost", st)
	}
	if left := segments(t, s); len(left) > 1 {
		t.Errorf("segments %v", left)
	}
}

// The store is away: the newest seconds are kept, as many as MaxBytes allows.
func TestBoundDropsTheOldest(t *testing.T) {
	cfg := testConfig(t.TempDir())
	cfg.MaxBytes = minBytes
	s := open(t, cfg)
	const last = 5000
	for at := int64(1); at <= last; at++ {
		s.append(t, at, counter("a", float64(at)), timing("t", float64(at)))
		if n := s.Stats().Bytes; n > minBytes {
			t.Fatalf("%d bytes after second %d", n, at)
		}
	}
	if onDisk := diskBytes(t, s); onDisk > minBytes {
		t.Errorf("%d bytes on disk", onDisk)
	}
	st := s.Stats()
	_, got := s.killed(t)
	if st.Dropped == 0 || len(got) < last/20 || got[len(got)-1].At != last {
		t.Fatalf("dropped %d segments, %d seconds kept", st.Dropped, len(got))
	}
	for i, sec := range got {
		if sec.At != last-int64(len(got)-1-i) || sec.Entries[0].Value != float64(sec.At) {
			t.Fatalf("second %d of %d is %+v", i, len(got), sec)
		}
	}
}

func TestSecondThatIsTooBig(t *testing.T) {
	cfg := testConfig(t.TempDir())
	cfg.MaxBytes = minBytes
	s := open(t, cfg)
	s.append(t, 1, counter("a", 1))
	big := counter("b", 1)
	big.Members = []string{strings.Repeat("x", minBytes)}
	if err := s.Append(2, []Entry{big}); !errors.Is(err, ErrTooBig) {
		t.Errorf("%v, want ErrTooBig", err)
	}
	s.append(t, 3, counter("b", 3))
	s.replaysTo(t, second{1, []Entry{counter("a", 1)}}, second{3, []Entry{counter("b", 3)}})
}

func TestOneProcessOnly(t *testing.T) {
	s := open(t, testConfig(t.TempDir()))
	if _, err := Open(s.cfg); !errors.Is(err, durable.ErrLocked) {
		t.Errorf("a second Open: %v, want ErrLocked", err)
	}
}

func TestAfterClose(t *testing.T) {
	s := open(t, testConfig(t.TempDir()))
	s.append(t, 1, counter("a", 1))
	for range 2 {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Append(2, []Entry{counter("a", 2)}); !errors.Is(err, ErrClosed) {
		t.Errorf("Append after Close: %v", err)
	}
	if err := s.Delivered(1); !errors.Is(err, ErrClosed) {
		t.Errorf("Delivered after Close: %v", err)
	}
	s.replaysTo(t, second{1, []Entry{counter("a", 1)}})
}

func TestReplayEndsAtAnError(t *testing.T) {
	s := open(t, testConfig(t.TempDir()))
	s.append(t, 1, counter("a", 1))
	s.append(t, 2, counter("a", 2))
	s, _ = s.killed(t)
	odd, calls := errors.New("odd"), 0
	err := s.Replay(func(int64, []Entry) error { calls++; return odd })
	if !errors.Is(err, odd) || calls != 1 {
		t.Errorf("%v after %d calls", err, calls)
	}
}

func TestSyncInterval(t *testing.T) {
	cfg := testConfig(t.TempDir())
	disk := &countingFS{}
	cfg.FS, cfg.SyncInterval = disk, 2*time.Second
	s := open(t, cfg)
	for at := int64(1); at <= 10; at++ {
		s.append(t, at*1000, counter("a", float64(at)))
	}
	if err := s.Close(); err != nil { // waits for what was asked
		t.Fatal(err)
	}
	if n := disk.syncs.Load(); n < 1 || n > 6 {
		t.Errorf("%d syncs in 10 seconds", n)
	}
	lazy := &countingFS{}
	cfg.FS, cfg.SyncInterval = lazy, 0
	s = open(t, cfg)
	s.append(t, 11_000, counter("a", 11))
	if n := lazy.syncs.Load(); n != 0 {
		t.Errorf("%d syncs, none was wanted", n)
	}
	if err := s.Close(); err != nil || lazy.syncs.Load() == 0 {
		t.Errorf("Close (%v) did not sync what was not delivered", err)
	}
}

func TestConfigIsChecked(t *testing.T) {
	err := Config{SyncInterval: -1}.Validate()
	for _, want := range []string{"spool.dir: is empty", "spool.max_bytes: 0 is less", "spool.sync_interval: -1ns"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
	if _, err := Open(Config{}); err == nil {
		t.Error("Open took an empty Config")
	}
}

// segments returns the names of the segments on disk.
func segments(t testing.TB, s *Spool) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(s.cfg.Dir, "*.wal"))
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(all)
	return all
}

func diskBytes(t testing.TB, s *Spool) (n int) {
	t.Helper()
	for _, name := range segments(t, s) {
		n += len(read(t, name))
	}
	return n
}

func read(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func write(t testing.TB, name string, parts ...[]byte) {
	t.Helper()
	if err := os.WriteFile(name, bytes.Join(parts, nil), 0o644); err != nil {
		t.Fatal(err)
	}
}
