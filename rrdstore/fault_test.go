package rrdstore

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"plimsoll/internal/durable/durabletest"
	"plimsoll/internal/metric"
	"plimsoll/rrdstore/rrdfile"
)

// faultyFiles fails archives at the operation that its FS chooses.
type faultyFiles struct {
	nativeFiles
	fs *durabletest.FS
}

func (f faultyFiles) Create(path string, template []byte, last int64) error {
	if err := f.fs.Op(); err != nil {
		return err
	}
	return f.nativeFiles.Create(path, template, last)
}

func (f faultyFiles) Open(path string) (archiveFile, error) {
	file, err := f.nativeFiles.Open(path)
	if err != nil {
		return nil, err
	}
	return &faultyArchive{file, f.fs}, nil
}

type faultyArchive struct {
	archiveFile
	fs *durabletest.FS
}

// Update fails as when the process dies in it: rows written, header not.
func (f *faultyArchive) Update(points []rrdfile.Point) (int, error) {
	if err := f.fs.Op(); err != nil {
		header := f.MutableHeader()
		_, updateErr := f.archiveFile.Update(points)
		return 0, errors.Join(err, updateErr, f.RestoreHeader(header))
	}
	return f.archiveFile.Update(points)
}

// workload puts a sample into each of a gauge, a counter and a timing, flushing
// and checkpointing in between. It returns for each round whether it was
// acknowledged.
func workload(s *Store, now *int64, fs *durabletest.FS) []bool {
	acknowledged := make([]bool, 15)
	for i := int64(1); i < int64(len(acknowledged)); i++ {
		*now = epoch + i*10_000
		acknowledged[i] = s.Put(nothing, round(i)) == nil
		switch i {
		case 3, 5, 9:
			_ = s.FlushAll(nothing)
		case 4, 7, 10:
			_ = s.Checkpoint()
		case 11:
			fs.Heal()
			s.reserve.renew()
		case 12:
			_ = s.FlushAll(nothing)
		}
	}
	return acknowledged
}

func round(i int64) []metric.Sample {
	at := epoch + i*10_000
	return []metric.Sample{
		gaugeSample(named("g"), at, float64(i)),
		counterSample(named("c_total"), at, epoch, float64(i*i)),
		timingSample(named("t_seconds"), at, float64(i), float64(i)),
	}
}

// For every operation n that changes the disk, and each way to fail there: what
// was acknowledged is there after the next start, with its value, and nothing
// else but what was attempted.
func TestEveryFailure(t *testing.T) { everyFailure(t, failAt) }

// everyFailure has the n-th operation fail in each way, for every n until at
// reports that the workload has no n-th operation.
func everyFailure(t *testing.T, at func(t *testing.T, fs *durabletest.FS, n int64) bool) {
	for name, mode := range durabletest.Modes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for n := int64(1); ; n++ {
				fs := durabletest.New(mode, n)
				if mode == durabletest.Crash {
					fs.Unhealable()
				}
				if !at(t, fs, n) {
					break
				}
			}
		})
	}
}

// failAt reports whether the workload has an n-th operation.
func failAt(t *testing.T, fs *durabletest.FS, n int64) bool {
	now := epoch
	c := testConfig(t.TempDir())
	c.fs, c.files, c.SegmentBytes, c.ReserveBytes = fs, faultyFiles{fs: fs}, 1000, 4096
	c.Now = func() time.Time { return metric.Time(now) }
	acknowledged := make([]bool, 15)
	if s, err := Open(c); err == nil {
		acknowledged = workload(s, &now, fs)
		s.abandon()
	}
	if fs.Ops() < n {
		return false
	}
	r := &rig{T: t, config: testConfig(c.Dir), now: now}
	r.config.Now = c.Now
	r.open()
	defer r.Close()
	for _, when := range []string{"recovered", "flushed"} {
		verify(r, fmt.Sprintf("failure at %d, %s", n, when), acknowledged)
		r.flush()
	}
	if slices.Contains(acknowledged, true) {
		tiersAgree(t, c.Dir, "archives/g/_.rrd")
		tiersAgree(t, c.Dir, "archives/c_total/_.rrd")
	}
	return true
}

// verify checks each acknowledged round, and that others, where they left
// anything, left what was attempted.
func verify(r *rig, when string, acknowledged []bool) {
	r.Helper()
	gauge := pointMap(r.points(named("g"), epoch, r.now))
	count := pointMap(r.points(named("c_total"), epoch, r.now))
	p50 := pointMap(r.points(metric.QuantileLabels(named("t_seconds"), 0.5), epoch, r.now))
	for i, ok := range acknowledged {
		at := epoch + int64(i)*10_000
		v := float64(i)
		if ok && (!near(gauge[at], v) || count[at] != v*v || !near(p50[at], v)) {
			r.Errorf("%s: round %d was acknowledged; gauge %v, counter %v, timing %v", when, i, gauge[at], count[at], p50[at])
		}
		if got, there := p50[at]; !ok && there && !near(got, v) {
			r.Errorf("%s: round %d holds a timing %v that was never put", when, i, got)
		}
	}
	if total := count[r.now]; total > 14*14 {
		r.Errorf("%s: total %v is more than was counted", when, total)
	}
}

func near(a, b float64) bool { return math.Abs(a-b) <= 1e-9*math.Max(1, math.Abs(b)) }

func pointMap(points []metric.Point) map[int64]float64 {
	m := map[int64]float64{}
	for _, p := range points {
		if !math.IsNaN(p.Value) {
			m[p.At] = p.Value
		}
	}
	return m
}

func TestFullDiskLosesNothingAndHeals(t *testing.T) {
	fs := durabletest.New(durabletest.Full, 0)
	r := newRig(t, func(c *Config) { c.fs, c.files = fs, faultyFiles{fs: fs} })
	l := named("g")
	r.put(gaugeSample(l, epoch+10_000, 1))
	fs.Break()
	if err := r.Put(r.Context(), []metric.Sample{gaugeSample(l, epoch+20_000, 2)}); !isFull(err) {
		t.Fatalf("Put on a full disk: %v", err)
	}
	if err := r.FlushAll(r.Context()); err == nil {
		t.Error("flush on a full disk reported success")
	}
	if v := r.value("g", epoch+10_000); v != 1 {
		t.Errorf("read on a full disk: %v, want 1", v)
	}
	fs.Heal()
	r.put(gaugeSample(l, epoch+20_000, 2))
	r.flush()
	r.crash()
	if got := pointMap(r.points(l, epoch, r.now)); got[epoch+10_000] != 1 || got[epoch+20_000] != 2 {
		t.Errorf("after space again: %v", got)
	}
}

// After power loss a file may have its new header and still its old rows, or a
// header that is torn: the saved header and the journal put it right.
func TestPowerLossInAnUpdate(t *testing.T) {
	for _, keep := range []string{"header", "rows", "half a header"} {
		r := newRig(t, nil)
		l := named("g")
		put := func(from, to int64) {
			for i := from; i <= to; i++ {
				r.put(gaugeSample(l, epoch+i*10_000, float64(i)))
			}
			r.flush()
		}
		put(1, 100)
		if err := r.Checkpoint(); err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(r.config.Dir, "archives/g/_.rrd")
		before := readFile(t, name)
		put(101, 150)
		put(151, 160)
		after := readFile(t, name)
		r.abandon()
		rows := int(r.classes.standard.gauge.schema.FileBytes()) - 8*rowCount(&r.classes.standard.gauge.schema)
		cut := map[string]int{"header": rows, "rows": 0, "half a header": rows - 400}[keep]
		lost := append(append([]byte(nil), after[:cut]...), before[cut:]...)
		if keep == "rows" {
			lost = append(append([]byte(nil), before[:rows]...), after[rows:]...)
		}
		writeFile(t, name, lost)
		r.open()
		for _, when := range []string{"recovered", "flushed"} {
			got := pointMap(r.points(l, epoch, r.now))
			for i := int64(1); i <= 160; i++ {
				if got[epoch+i*10_000] != float64(i) {
					t.Fatalf("only the new %s on disk, %s: %v at %d", keep, when, got[epoch+i*10_000], i)
				}
			}
			r.flush()
		}
	}
}

func rowCount(s *rrdfile.Schema) int {
	n := int64(0)
	for _, a := range s.RRA {
		n += a.Rows
	}
	return int(n) * len(s.DS)
}

func TestSecondStoreIsRefused(t *testing.T) {
	r := newRig(t, nil)
	_, err := Open(r.config)
	if err == nil || !strings.Contains(err.Error(), r.config.Dir) {
		t.Errorf("second store on one directory: %v, want an error that names it", err)
	}
}

// Without checkpoint and journal the archives alone make the store.
func TestArchivesAloneAreTheStore(t *testing.T) {
	r := newRig(t, nil)
	long := named("long_total", "path", strings.Repeat("/x y", 100))
	for i := int64(1); i <= 40; i++ {
		at := epoch + i*10_000
		r.put(gaugeSample(named("g", "host", "a/b", "q", "50%"), at, float64(i)),
			counterSample(long, at, epoch, float64(2*i)), timingSample(named("t_seconds"), at, 1))
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	removeAll(t, r.config.Dir, "checkpoint", "checkpoint.old", "journal")
	r.open()
	if v := r.value(`g{host="a/b",q="50%"}`, r.now); v != 40 {
		t.Errorf("gauge %v, want 40", v)
	}
	if v := r.value(`t_seconds{quantile="0.5"}`, r.now); v != 1 {
		t.Errorf("timing %v, want 1", v)
	}
	if v := r.value("long_total - long_total offset 1m", r.now); v != 12 {
		t.Errorf("increase over a minute %v, want 12", v)
	}
}

func TestDamagedCheckpointFallsBack(t *testing.T) {
	r := newRig(t, nil)
	for i := int64(1); i <= 6; i++ {
		r.put(counterSample(named("c_total"), epoch+i*10_000, epoch, float64(i)))
		if err := r.Checkpoint(); err != nil {
			t.Fatal(err)
		}
	}
	r.abandon()
	writeFile(t, filepath.Join(r.config.Dir, checkpointFile), []byte("not a checkpoint"))
	r.open()
	if v := r.value("c_total", r.now); v != 6 {
		t.Errorf("total %v, want 6", v)
	}
}

func isFull(err error) bool { return strings.Contains(fmt.Sprint(err), syscall.ENOSPC.Error()) }
