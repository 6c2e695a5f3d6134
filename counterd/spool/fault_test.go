package spool

import (
	"errors"
	"os"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"

	"plimsoll/internal/durable"
	"plimsoll/internal/durable/durabletest"
)

// countingFS counts how often files are synced.
type countingFS struct {
	durable.Disk
	syncs atomic.Int64
}

func (c *countingFS) Create(name string) (durable.File, error) {
	f, err := c.Disk.Create(name)
	return countingFile{f, c}, err
}

type countingFile struct {
	durable.File
	fs *countingFS
}

func (f countingFile) Sync() error {
	f.fs.syncs.Add(1)
	return nil
}

const rounds = 14

// workload appends a second with known and new names in each round, delivering
// in between. It returns which rounds were appended, and up to which there was
// a Delivered.
func workload(s *Spool, fs *durabletest.FS) (appended []int64, delivered int64) {
	for at := int64(1); at <= rounds; at++ {
		if s.Append(at, round(at)) == nil {
			appended = append(appended, at)
		}
		switch at {
		case 4, 8, 9, 12:
			delivered = at - 1
			_ = s.Delivered(delivered)
		case 10:
			fs.Heal()
		}
	}
	return appended, delivered
}

func round(at int64) []Entry {
	return []Entry{counter("a", float64(at)), counter(string(rune('a'+at/2)), float64(at*at)), timing("t", float64(at))}
}

// For every operation that changes the disk, and each way to fail there: what
// was appended and not delivered is replayed, and nothing but what was tried.
func TestEveryFailure(t *testing.T) {
	for name, mode := range durabletest.Modes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for n := int64(1); failAt(t, mode, n); n++ {
			}
		})
	}
}

// failAt reports whether the workload has an n-th operation.
func failAt(t *testing.T, mode durabletest.Mode, n int64) bool {
	fs := durabletest.New(mode, n)
	if mode == durabletest.Crash {
		fs.Unhealable()
	}
	cfg := testConfig(t.TempDir())
	cfg.FS = fs
	var appended []int64
	var delivered int64
	s, err := Open(cfg)
	if err == nil {
		appended, delivered = workload(s, fs)
		s.abandon()
	}
	if fs.Ops() < n {
		return false
	}
	if s != nil {
		if failed := s.Stats().AppendErrors; failed != uint64(rounds-len(appended)) {
			t.Errorf("failure at %d: %d errors counted, %d rounds appended", n, failed, len(appended))
		}
	}
	cfg.FS = sound
	next := open(t, cfg)
	defer next.abandon()
	checkFailed(t, n, next.replay(t), appended, delivered)
	next.append(t, rounds+1, round(rounds+1)...)
	return true
}

func checkFailed(t *testing.T, n int64, got []second, appended []int64, delivered int64) {
	t.Helper()
	var there []int64
	for _, sec := range got {
		there = append(there, sec.At)
		if len(sec.Entries) != 3 || sec.Entries[0].Value != float64(sec.At) || sec.Entries[1].Value != float64(sec.At*sec.At) ||
			sec.Entries[1].Raw != string(rune('a'+sec.At/2)) || sec.Entries[2].Sketch.Sum() != float64(sec.At) {
			t.Errorf("failure at %d: round %d came back as %+v", n, sec.At, sec.Entries)
		}
	}
	if !slices.IsSorted(there) {
		t.Errorf("failure at %d: out of order: %v", n, there)
	}
	for _, at := range appended {
		if at > delivered && !slices.Contains(there, at) {
			t.Errorf("failure at %d: round %d was appended, replayed are %v", n, at, there)
		}
	}
}

func TestFullDiskHeals(t *testing.T) {
	fs := durabletest.New(durabletest.Full, 0)
	cfg := testConfig(t.TempDir())
	cfg.FS = fs
	s := open(t, cfg)
	s.append(t, 1, counter("a", 1))
	fs.Break()
	for at := int64(2); at <= 5; at++ {
		if err := s.Append(at, []Entry{counter("a", float64(at)), counter("b", 1)}); !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("Append on a full disk: %v", err)
		}
	}
	fs.Heal()
	s.append(t, 6, counter("b", 6), counter("a", 6))
	if st := s.Stats(); st.AppendErrors != 4 || st.Seconds != 2 {
		t.Errorf("%+v", st)
	}
	s.replaysTo(t, second{1, []Entry{counter("a", 1)}}, second{6, []Entry{counter("b", 6), counter("a", 6)}})
}

// Wherever the last write was torn, all seconds before it are there.
func TestTornTail(t *testing.T) {
	s := open(t, testConfig(t.TempDir()))
	s.append(t, 1, counter("a", 1), timing("t", 1, 2))
	name := segments(t, s)[0]
	before := len(read(t, name))
	s.append(t, 2, counter("a", 2), timing("t", 3))
	whole := read(t, name)
	for size := before; size < len(whole); size++ {
		write(t, name, whole[:size])
		s = s.replaysTo(t, second{1, []Entry{counter("a", 1), timing("t", 1, 2)}})
		if st := s.Stats(); st.TornBytes != uint64(size-before) || st.Damaged != 0 {
			t.Fatalf("cut at %d of %d: %+v", size, len(whole), st)
		}
	}
}

// A record that tells names is damaged: what refers to them is left out and
// counted, nothing is taken for another's, and the segment is kept.
func TestDamageInTheMiddle(t *testing.T) {
	s := open(t, testConfig(t.TempDir()))
	s.append(t, 1, counter("a", 1))
	name := segments(t, s)[0]
	from := len(read(t, name))
	s.append(t, 2, counter("b", 2), counter("a", 2))
	to := len(read(t, name))
	s.append(t, 3, counter("c", 3), counter("b", 3), counter("a", 3))
	whole := read(t, name)
	garbage := make([]byte, to-from)
	write(t, name, whole[:from], garbage, whole[to:])
	s = s.replaysTo(t, second{1, []Entry{counter("a", 1)}}, second{3, []Entry{counter("c", 3), counter("a", 3)}})
	if st := s.Stats(); st.Damaged != 1 || st.Orphans != 1 {
		t.Errorf("%+v", st)
	}
	if kept := read(t, name+".bad"); len(kept) != len(whole) {
		t.Errorf("%d bytes of %d were set aside", len(kept), len(whole))
	}
	s.append(t, 4, counter("a", 4))
	s.delivered(t, 4)
	s.replaysTo(t)
}

func TestGarbageIsSetAside(t *testing.T) {
	cfg := testConfig(t.TempDir())
	s := open(t, cfg)
	s.append(t, 1, counter("a", 1))
	first := segments(t, s)[0]
	s.abandon()
	// Behind it, a segment of noise, and one whose checksum is right alone.
	noise := make([]byte, 1000)
	for i := range noise {
		noise[i] = byte(i * i * 7)
	}
	write(t, first[:len(first)-5]+"2.wal", noise)
	odd, err := durable.AppendRecord(nil, []byte("a record of a later version"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, first[:len(first)-5]+"3.wal", odd)
	s = s.replaysTo(t, second{1, []Entry{counter("a", 1)}})
	if st := s.Stats(); st.Damaged != 1 || st.Refused != 1 {
		t.Errorf("%+v", st)
	}
	s.delivered(t, 1)
	for _, n := range []string{"2", "3"} {
		if _, err := os.Stat(first[:len(first)-5] + n + ".wal.bad"); err != nil {
			t.Errorf("not kept: %v", err)
		}
	}
	if left := segments(t, s); len(left) != 0 {
		t.Errorf("segments %v are left", left)
	}
}
