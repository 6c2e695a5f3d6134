package rrdstore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/durable/durabletest"
	"plimsoll/internal/metric"
)

// busy puts rounds of samples, one after another, until stop: gauges, counters
// and timings, a new series in each round, and one whose kind changes.
type busy struct {
	store *Store
	acked atomic.Int64 // rounds
}

const busyRounds = 600

func (b *busy) put(i int64) error {
	at := epoch + i*10_000
	samples := round(i)
	for k := range int64(40) {
		samples = append(samples, gaugeSample(named("many", "k", fmt.Sprint(k)), at, float64(k*i)))
	}
	samples = append(samples, counterSample(named("born_total", "i", fmt.Sprint(i/10)), at, epoch, float64(i)))
	changing := gaugeSample(named("changing"), at, float64(i))
	if i > busyRounds/2 {
		changing.Kind = metric.Counter
	}
	return b.store.Put(nothing, append(samples, changing))
}

// openCopy opens a snapshot as a store of its own.
func (r *rig) openCopy(dir string) *rig {
	r.Helper()
	c := &rig{T: r.T, config: testConfig(dir), now: r.now}
	c.config.Now, c.config.Retention = r.config.Now, r.config.Retention
	c.open()
	r.Cleanup(func() { c.Close() })
	return c
}

// sameAnswers compares all that two stores answer for the time up to an instant.
func sameAnswers(t *testing.T, a, b *rig, until int64) {
	t.Helper()
	q, err := a.Querier(epoch, until)
	if err != nil {
		t.Fatal(err)
	}
	set := q.Select(t.Context(), false, nil, labels.MustNewMatcher(labels.MatchRegexp, "__name__", ".+"))
	n := 0
	for set.Next() {
		l := set.At().Labels()
		want, got := pointMap(a.points(l, epoch, until)), pointMap(b.points(l, epoch, until))
		for at, v := range want {
			if g, there := got[at]; !there || !near(g, v) {
				t.Errorf("%s at %d: %v, %v in the copy; %d and %d points", l, (at-epoch)/10_000, v, g, len(want), len(got))
				break
			}
		}
		if len(want) > 0 {
			n++
		}
	}
	if n < 50 {
		t.Errorf("only %d series have points", n)
	}
}

// A snapshot that is taken while samples come, archives are updated and
// checkpoints made opens as a store with all that was acknowledged before.
func TestSnapshotUnderLoad(t *testing.T) {
	r := newRig(t, func(c *Config) { c.SegmentBytes = 20_000 })
	r.now = epoch + busyRounds*10_000
	b := &busy{store: r.Store}
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	half, snapped := make(chan struct{}), make(chan struct{})
	wg.Go(func() {
		for i := int64(1); i <= busyRounds; i++ {
			if err := b.put(i); err != nil {
				t.Error(err)
			}
			b.acked.Store(i)
			if i == busyRounds/2-50 {
				close(half)
			}
			if i == busyRounds-50 {
				<-snapped // or the snapshot would be of a quiet store
			}
		}
	})
	wg.Go(func() {
		for ctx.Err() == nil {
			if err := errors.Join(r.FlushAll(nothing), r.Checkpoint()); err != nil {
				t.Error(err)
			}
		}
	})
	<-half
	before := b.acked.Load()
	dir := filepath.Join(t.TempDir(), "copy")
	told, last := 0, SnapshotProgress{}
	m, err := r.Snapshot(t.Context(), dir, func(p SnapshotProgress) { told, last = told+1, p })
	if err != nil {
		t.Fatal(err)
	}
	close(snapped)
	if bad := badFiles(t, dir); len(bad) > 0 || told == 0 || len(m.Files) < 60 || last.Files != len(m.Files) || last.OfFiles != last.Files || last.OfBytes != m.Bytes() {
		t.Errorf("%v; told %d times of %d files, at last %+v", bad, told, len(m.Files), last)
	}
	c := r.openCopy(dir)
	stop()
	wg.Wait()
	until := epoch + before*10_000
	sameAnswers(t, r, c, until)
	for range 2 {
		if v := c.value("c_total", until); v != float64(before*before) {
			t.Errorf("the total in the copy is %v at round %d, want %d", v, before, before*before)
		}
		if v, want := c.value(`t_seconds_count`, until), r.value(`t_seconds_count`, until); v != want {
			t.Errorf("timings counted: %v, want %v", v, want)
		}
		c.flush()
	}
	if err := b.againstCopy(c); err != nil {
		t.Errorf("a put into the copy: %v", err)
	}
}

func (b *busy) againstCopy(c *rig) error {
	next := &busy{store: c.Store}
	return next.put(busyRounds + 1)
}

func badFiles(t *testing.T, dir string) (bad []string) {
	t.Helper()
	_, err := VerifySnapshot(t.Context(), dir, func(path string, err error) { bad = append(bad, path+": "+err.Error()) })
	if err != nil {
		bad = append(bad, err.Error())
	}
	return bad
}

func TestSnapshotIsRefused(t *testing.T) {
	r := newRig(t, nil)
	r.put(gaugeSample(named("g"), epoch+10_000, 1))
	full := t.TempDir()
	writeFile(t, filepath.Join(full, "x"), nil)
	foreign := filepath.Join(t.TempDir(), "d")
	if err := os.MkdirAll(foreign+".tmp/precious", 0o755); err != nil {
		t.Fatal(err)
	}
	for dir, want := range map[string]string{
		full: "is not empty", filepath.Join(r.config.Dir, "s"): "lie in each other", r.config.Dir: "lie in each other",
		filepath.Dir(r.config.Dir): "lie in each other", "/nonsense/s": "no such file", foreign: "is in the way",
	} {
		if _, err := r.Snapshot(t.Context(), dir, func(SnapshotProgress) {}); want != "no such file" && !errors.Is(err, metric.ErrBadQuery) || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", dir, err, want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := filepath.Join(t.TempDir(), "s")
	if _, err := r.Snapshot(ctx, dir, func(SnapshotProgress) {}); !errors.Is(err, context.Canceled) || r.there(dir) || r.there(dir+".tmp") {
		t.Errorf("ended: %v", err)
	}
	if _, err := r.Snapshot(t.Context(), dir, func(SnapshotProgress) {}); err != nil {
		t.Errorf("after all that: %v", err)
	}
}

func TestVerifySnapshotFindsDamage(t *testing.T) {
	r := newRig(t, nil)
	r.put(round(1)...)
	r.flush()
	dir := filepath.Join(t.TempDir(), "s")
	m, err := r.Snapshot(t.Context(), dir, func(SnapshotProgress) {})
	if err != nil {
		t.Fatal(err)
	}
	for i := range m.Files {
		name := filepath.Join(dir, m.Files[i].Path)
		whole := readFile(t, name)
		harmed := append([]byte(nil), whole...)
		harmed[len(harmed)/2] ^= 1
		writeFile(t, name, harmed)
		if bad := badFiles(t, dir); len(bad) != 1 || !strings.HasPrefix(bad[0], m.Files[i].Path) {
			t.Errorf("a bit of %s: %v", m.Files[i].Path, bad)
		}
		writeFile(t, name, whole)
	}
	manifest := readFile(t, filepath.Join(dir, manifestFile))
	for i := 0; i < len(manifest)-1; i += 7 {
		harmed := append([]byte(nil), manifest...)
		harmed[i] ^= 1
		writeFile(t, filepath.Join(dir, manifestFile), harmed)
		if bad := badFiles(t, dir); len(bad) == 0 {
			t.Errorf("the manifest with byte %d harmed is good", i)
		}
	}
}

// For each operation that a snapshot does: if the process dies there, or it fails,
// the store is as it was, and what is there under the name is whole.
func TestEveryFailureOfASnapshot(t *testing.T) {
	everyFailure(t, func(t *testing.T, fs *durabletest.FS, n int64) bool {
		now := epoch
		c := testConfig(t.TempDir())
		c.Now = func() time.Time { return metric.Time(now) }
		s, err := Open(c)
		if err != nil {
			t.Fatal(err)
		}
		acknowledged := make([]bool, 15)
		for i := int64(1); i < 15; i++ {
			now = epoch + i*10_000
			acknowledged[i] = s.Put(nothing, round(i)) == nil
			if i == 7 {
				_ = s.FlushAll(nothing)
			}
		}
		s.fs = fs
		dir := filepath.Join(t.TempDir(), "s")
		_, err = s.Snapshot(nothing, dir, func(SnapshotProgress) {})
		s.abandon()
		r := &rig{T: t, config: testConfig(c.Dir), now: now}
		r.config.Now = c.Now
		r.open()
		defer r.Close()
		verify(r, fmt.Sprintf("failure at %d", n), acknowledged)
		if r.there(dir) {
			if bad := badFiles(t, dir); len(bad) > 0 {
				t.Errorf("failure at %d: %v", n, bad)
			}
			verify(r.openCopy(dir), fmt.Sprintf("the copy, failure at %d", n), acknowledged)
		} else if err == nil {
			t.Errorf("failure at %d: no error and no copy", n)
		}
		if _, err := r.Snapshot(nothing, dir+"2", func(SnapshotProgress) {}); err != nil {
			t.Errorf("another one: %v", err)
		}
		return fs.Ops() >= n
	})
}
