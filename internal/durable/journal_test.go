package durable_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"plimsoll/internal/durable"
	"plimsoll/internal/durable/durabletest"
)

// sound never fails, and syncs nothing: tests crash no machine.
var sound = durabletest.New(durabletest.Fail, 0)

func open(t *testing.T, dir string, fs durable.FS) *durable.Journal {
	t.Helper()
	j, err := durable.OpenJournal(durable.JournalConfig{Dir: dir, SegmentBytes: 64, FS: fs})
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// replay reads all records of a journal on a sound disk.
func replay(t *testing.T, dir string) ([]string, durable.Replayed) {
	t.Helper()
	var got []string
	r, err := open(t, dir, sound).Replay(0, func(_ uint64, p []byte) error {
		got = append(got, string(p))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got, r
}

func TestReplayGivesWhatWasAppended(t *testing.T) {
	dir := t.TempDir()
	j := open(t, dir, sound)
	var want []string
	for i := range 40 {
		record := fmt.Sprintf("record %d", i)
		if j.Segment(); j.Append([]byte(record)) != nil {
			t.Fatal("append failed")
		}
		want = append(want, record)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	got, r := replay(t, dir)
	if !cmp.Equal(got, want) {
		t.Error(cmp.Diff(want, got))
	}
	if r.Segments < 5 || r.BadSegments != 0 || r.TornBytes != 0 {
		t.Errorf("replayed %+v, want several sound segments", r)
	}
}

func TestNumbersNeverGoDown(t *testing.T) {
	dir := t.TempDir()
	j := open(t, dir, sound)
	j.Append([]byte("a"))
	next := j.Rotate()
	if err := j.DropBelow(next); err != nil {
		t.Fatal(err)
	}
	j.Close()
	j, err := durable.OpenJournal(durable.JournalConfig{Dir: dir, SegmentBytes: 64, First: next, FS: sound})
	if err != nil {
		t.Fatal(err)
	}
	if got := j.Segment(); got < next {
		t.Errorf("segment %d after a restart, want at least %d", got, next)
	}
	if err := j.AppendIn(next+1, nil); !errors.Is(err, durable.ErrSegmentEnded) {
		t.Errorf("append in a segment that is not: %v", err)
	}
}

func TestTornTailIsCutOff(t *testing.T) {
	for cut := 1; cut < 16; cut++ {
		dir := t.TempDir()
		j := open(t, dir, sound)
		j.Append([]byte("whole"))
		j.Append([]byte("torn...."))
		j.Close()
		name := filepath.Join(dir, "00000001.wal")
		info, _ := os.Stat(name)
		os.Truncate(name, info.Size()-int64(cut))
		got, r := replay(t, dir)
		if !cmp.Equal(got, []string{"whole"}) || r.TornBytes != int64(16-cut) || r.BadSegments != 0 {
			t.Errorf("cut by %d: %q %+v", cut, got, r)
		}
		if _, r := replay(t, dir); r.TornBytes != 0 {
			t.Errorf("cut by %d: the tail is still there", cut)
		}
	}
}

// A flipped bit costs its own record; the segment is kept as it was.
func TestBitFlipCostsOneRecord(t *testing.T) {
	for at := range int64(60) {
		dir := t.TempDir()
		j := open(t, dir, sound)
		want := map[string]bool{}
		for i := range 5 {
			record := fmt.Sprintf("rec%d", i)
			j.Append([]byte(record))
			want[record] = true
		}
		j.Rotate()
		j.Append([]byte("newer"))
		j.Close()
		flip(t, filepath.Join(dir, "00000001.wal"), at)
		got, r := replay(t, dir)
		if r.BadSegments != 1 || len(got) != 5 {
			t.Fatalf("bit at %d: %q %+v, want one record lost", at, got, r)
		}
		bad := []durable.BadSegment{{File: filepath.Join(dir, "00000001.wal"), Bytes: 12, Places: 1}}
		if !cmp.Equal(r.Bad, bad) {
			t.Errorf("bit at %d: %s", at, cmp.Diff(bad, r.Bad))
		}
		for _, record := range got {
			if !want[record] && record != "newer" {
				t.Errorf("bit at %d: %q was never written", at, record)
			}
		}
		if _, err := os.Stat(filepath.Join(dir, "00000001.wal.bad")); err != nil {
			t.Error(err)
		}
		if again, r := replay(t, dir); !cmp.Equal(again, got) || r.BadSegments != 0 {
			t.Errorf("bit at %d: second replay %q %+v", at, again, r)
		}
	}
}

// What can be read is replayed though the disk has no room for a repair.
func TestDamageOnAFullDiskIsReplayed(t *testing.T) {
	dir := t.TempDir()
	j := open(t, dir, sound)
	for _, record := range []string{"one", "two", "three"} {
		j.Append([]byte(record))
	}
	j.Rotate()
	j.Append([]byte("four"))
	j.Close()
	flip(t, filepath.Join(dir, "00000001.wal"), 9)
	full := durabletest.New(durabletest.Full, 0)
	j = open(t, dir, full)
	full.Break()
	n := 0
	r, err := j.Replay(0, func(uint64, []byte) error { n++; return nil })
	if err != nil || n != 3 || r.Unrepaired == nil {
		t.Errorf("replayed %d, %v, unrepaired %v", n, err, r.Unrepaired)
	}
	if got, r := replay(t, dir); len(got) != 3 || r.BadSegments != 1 || r.Unrepaired != nil {
		t.Errorf("with room again: %q %+v", got, r)
	}
}

func flip(t *testing.T, name string, at int64) {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	data[at] ^= 1 << (at % 8)
	if err := os.WriteFile(name, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// For every operation n that can fail: what was acknowledged is there.
func TestEveryFailureKeepsWhatWasAcknowledged(t *testing.T) {
	for name, mode := range durabletest.Modes {
		for n := int64(1); ; n++ {
			dir := t.TempDir()
			fs := durabletest.New(mode, n)
			attempted, acknowledged := work(dir, fs)
			if fs.Ops() < n {
				break
			}
			got, _ := replay(t, dir)
			found := map[string]bool{}
			for _, record := range got {
				found[record] = true
				if !attempted[record] {
					t.Errorf("%s at %d: %q was never attempted", name, n, record)
				}
			}
			for _, record := range acknowledged {
				if !found[record] {
					t.Errorf("%s at %d: %q was acknowledged and is gone", name, n, record)
				}
			}
		}
	}
}

// work appends records, and heals a full disk half way.
func work(dir string, fs *durabletest.FS) (attempted map[string]bool, acknowledged []string) {
	attempted = map[string]bool{}
	j, err := durable.OpenJournal(durable.JournalConfig{Dir: dir, SegmentBytes: 48, SyncEach: true, FS: fs})
	if err != nil {
		return attempted, nil
	}
	for i := range 20 {
		record := fmt.Sprintf("record %d", i)
		attempted[record] = true
		j.Segment()
		if j.Append([]byte(record)) == nil {
			acknowledged = append(acknowledged, record)
		}
	}
	_ = j.Close()
	return attempted, acknowledged
}

func TestWriteFileIsWholeOrNotAtAll(t *testing.T) {
	for name, mode := range durabletest.Modes {
		for n := int64(1); ; n++ {
			file := filepath.Join(t.TempDir(), "state")
			if err := durable.WriteFile(sound, file, []byte("old")); err != nil {
				t.Fatal(err)
			}
			fs := durabletest.New(mode, n)
			err := durable.WriteFile(fs, file, []byte("new content"))
			if fs.Ops() < n {
				break
			}
			got, _ := os.ReadFile(file)
			if string(got) != "new content" && (string(got) != "old" || err == nil) {
				t.Errorf("%s at %d: %q, error %v", name, n, got, err)
			}
		}
	}
}

func TestSecondLockIsRefused(t *testing.T) {
	dir := t.TempDir()
	l, err := durable.LockDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := durable.LockDir(dir); !errors.Is(err, durable.ErrLocked) {
		t.Errorf("second lock: %v, want ErrLocked", err)
	}
	if err := l.Unlock(); err != nil {
		t.Fatal(err)
	}
	if l, err = durable.LockDir(dir); err != nil {
		t.Fatalf("after the unlock: %v", err)
	}
	l.Unlock()
}

// A record that could not be read back is not written; the journal goes on.
func TestTooLongARecordIsRefused(t *testing.T) {
	long, err := unix.Mmap(-1, 0, 1<<30+1, unix.PROT_READ, unix.MAP_ANON|unix.MAP_PRIVATE|unix.MAP_NORESERVE)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Munmap(long) }()
	if b, err := durable.AppendRecord(frames("a"), long); !errors.Is(err, durable.ErrTooLong) || !bytes.Equal(b, frames("a")) {
		t.Errorf("frame: %d bytes, %v", len(b), err)
	}
	dir := t.TempDir()
	j := open(t, dir, sound)
	if err := j.Append(long); !errors.Is(err, durable.ErrTooLong) {
		t.Errorf("append: %v", err)
	}
	if err := j.Append([]byte("short")); err != nil {
		t.Fatal(err)
	}
	j.Close()
	if got, _ := replay(t, dir); !cmp.Equal(got, []string{"short"}) {
		t.Errorf("replayed %q", got)
	}
}

func TestNextRecord(t *testing.T) {
	data := frames("a", "", "bc")
	for _, want := range []string{"a", "", "bc"} {
		payload, rest, ok := durable.NextRecord(data)
		if !ok || string(payload) != want {
			t.Fatalf("%q, %v, want %q", payload, ok, want)
		}
		if torn, _, ok := durable.NextRecord(data[:len(data)-len(rest)-1]); ok {
			t.Errorf("a torn record gave %q", torn)
		}
		data = rest
	}
	if _, _, ok := durable.NextRecord(data); ok {
		t.Error("a record behind the last")
	}
}

// frames returns records one behind the other.
func frames(payloads ...string) (b []byte) {
	for _, p := range payloads {
		b, _ = durable.AppendRecord(b, []byte(p)) // short ones are never refused
	}
	return b
}

func FuzzReplay(f *testing.F) {
	f.Add(frames("a", "bc"))
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 0, 1})
	f.Fuzz(func(t *testing.T, data []byte) {
		dir := t.TempDir()
		whole := frames("plimsoll")
		if err := os.WriteFile(filepath.Join(dir, "00000001.wal"), append(data, whole...), 0o644); err != nil {
			t.Fatal(err)
		}
		got, _ := replay(t, dir)
		again, r := replay(t, dir)
		if !cmp.Equal(got, again) || r.BadSegments != 0 || r.TornBytes != 0 {
			t.Errorf("first %q, then %q %+v", got, again, r)
		}
	})
}
