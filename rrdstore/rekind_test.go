package rrdstore

import (
	"math"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/durable/durabletest"
	"plimsoll/internal/metric"
	"plimsoll/rrdstore/rrdfile"
)

// A series that was taken for a gauge begins anew as a counter; what was known
// of the gauge is set aside, whatever was flushed of it.
func TestKindChanges(t *testing.T) {
	for name, do := range map[string]func(*rig){
		"nothing": func(*rig) {}, "flush": (*rig).flush, "crash": (*rig).crash, "reopen": (*rig).reopen,
		"checkpoint": func(r *rig) { _ = r.Checkpoint(); r.crash() },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, nil)
			l := named("hits")
			r.put(gaugeSample(l, epoch+10_000, 7), gaugeSample(l, epoch+20_000, 8))
			do(r)
			r.put(gaugeSample(l, epoch+30_000, 9), counterSample(l, epoch+40_000, epoch+30_000, 5))
			if got := r.refused(gaugeSample(l, epoch+40_001, 1), counterSample(l, epoch+40_000, 0, 5)); got[reasonKind] != 1 || got[reasonDuplicate] != 1 {
				t.Errorf("refused %v before the old file is aside", got)
			}
			do(r)
			r.put(counterSample(l, epoch+50_000, epoch+30_000, 11))
			check := func(when string) {
				t.Helper()
				if v := r.value("hits", r.now); v != 11 {
					t.Errorf("%s: total %v, want 11", when, v)
				}
				if v := r.value("hits - hits offset 10s", r.now); v != 6 {
					t.Errorf("%s: increase %v, want 6", when, v)
				}
			}
			check("at once")
			r.flush()
			check("flushed")
			r.crash()
			check("after a crash")
			r.reopen()
			check("reopened")
			if got := asides(t, r.config.Dir, "hits", "gauge"); !cmp.Equal(got, map[int64]float64{1: 7, 2: 8, 3: 9}) {
				t.Errorf("set aside: %v", got)
			}
			if n := r.Stats().BufferedBytes; n != 0 {
				t.Errorf("%d bytes still wait", n)
			}
		})
	}
}

// Senders that contradict each other do not fill the disk.
func TestKindChangesAreBounded(t *testing.T) {
	r := newRig(t, nil)
	l := named("x")
	r.put(gaugeSample(l, epoch+10_000, 1))
	for i := int64(1); i <= maxChanges; i++ {
		r.put(metric.Sample{Labels: l, Kind: metric.Kind(i % 2), At: epoch + 10_000 + i*10_000, Value: 1})
		r.flush()
	}
	r.reopen()
	r.now += 10_000
	if got := r.refused(gaugeSample(l, r.now, 1)); got[reasonKind] != 1 {
		t.Errorf("refused %v", got)
	}
	r.put(counterSample(l, r.now, 0, 1))
}

// asides returns the rows, by round, of all files that were set aside.
func asides(t *testing.T, dir, name, kind string) map[int64]float64 {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, archiveDir, name, "*.rrd."+kind+"*"))
	if err != nil {
		t.Fatal(err)
	}
	got := map[int64]float64{}
	for _, name := range files {
		f, err := rrdfile.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := f.Fetch(0, 0, epoch/1000+1000, nil)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range splitRows(rows) {
			if !math.IsNaN(r.values[0]) {
				got[(r.at-epoch)/10_000] = r.values[0]
			}
		}
	}
	return got
}

const firstCounted = 6

// rekinded puts rounds of a gauge, then of a counter of the same name.
func rekinded(s *Store, now *int64, fs *durabletest.FS) []bool {
	acknowledged := make([]bool, 13)
	for i := int64(1); i < int64(len(acknowledged)); i++ {
		*now = epoch + i*10_000
		sample := gaugeSample(named("k"), *now, float64(i))
		if i >= firstCounted {
			sample = counterSample(named("k"), *now, epoch+(firstCounted-1)*10_000, float64(i*i))
		}
		acknowledged[i] = s.Put(nothing, []metric.Sample{sample}) == nil
		switch i {
		case 3, 8, 9:
			_ = s.FlushAll(nothing)
		case 4, 7, 10:
			_ = s.Checkpoint()
		case 11:
			fs.Heal()
		}
	}
	return acknowledged
}

// For every operation that can fail while the kind changes: what was
// acknowledged of the counter is read, what was of the gauge is set aside.
func TestKindChangeWithEveryFailure(t *testing.T) { everyFailure(t, rekindAt) }

// rekindAt reports whether there is an n-th operation.
func rekindAt(t *testing.T, fs *durabletest.FS, n int64) bool {
	r := &rig{T: t, config: testConfig(t.TempDir()), now: epoch}
	c := r.config
	c.fs, c.files, c.SegmentBytes = fs, faultyFiles{fs: fs}, 500
	c.Now = func() time.Time { return metric.Time(r.now) }
	r.config.Now = c.Now
	acknowledged := make([]bool, 13)
	if s, err := Open(c); err == nil {
		acknowledged = rekinded(s, &r.now, fs)
		s.abandon()
	}
	if fs.Ops() < n {
		return false
	}
	r.open()
	defer r.Close()
	changed := false
	for i := firstCounted; i < len(acknowledged); i++ {
		changed = changed || acknowledged[i]
	}
	for _, when := range []string{"recovered", "flushed"} {
		count := pointMap(r.points(named("k"), epoch, r.now))
		for i := firstCounted; i < len(acknowledged); i++ {
			if got := count[epoch+int64(i)*10_000]; acknowledged[i] && !near(got, float64(i*i)) {
				r.Errorf("failure at %d, %s: total %v in round %d, %v", n, when, got, i, acknowledged)
			}
		}
		r.flush()
	}
	gauge := asides(t, c.Dir, "k", "gauge")
	for i := 1; i < firstCounted; i++ {
		if changed && acknowledged[i] && !near(gauge[int64(i)], float64(i)) {
			r.Errorf("failure at %d: gauge %v in round %d, %v", n, gauge, i, acknowledged)
		}
	}
	return true
}
