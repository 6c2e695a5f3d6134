package rrdstore

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/durable/durabletest"
	"plimsoll/internal/metric"
)

const retireAfter = 3 * time.Hour

// later is an instant at which what was silent since epoch is retired: all
// intervals of the tiers that these tests have are closed.
const later = epoch + 4*3600_000

func retiring4Tests(c *Config) { c.RetireAfter, c.Tiers = retireAfter, c.Tiers[:3] }

// old puts rounds 1 to 5 of a gauge, a counter and a timing, and later another
// series, and writes all of it.
func (r *rig) old() {
	r.Helper()
	for i := int64(1); i <= 5; i++ {
		r.put(round(i)...)
	}
	r.put(gaugeSample(named("other"), later, 1))
	if err := r.closeTimings(later - 60_000); err != nil {
		r.Fatal(err)
	}
	r.flush()
}

func (r *rig) sweepNow() {
	r.Helper()
	if err := r.sweep(r.Context(), metric.Time(r.now)); err != nil {
		r.Fatal(err)
	}
}

func (r *rig) retired() []Listed {
	r.Helper()
	var all []Listed
	if err := r.ListRetired(r.Context(), nil, time.Time{}, func(l []Listed) { all = append(all, l...) }); err != nil {
		r.Fatal(err)
	}
	return all
}

// A silent series leaves memory and queries, over restarts and crashes; with its
// next sample it is there again with all that it had, and its total goes on.
func TestSilentSeriesAreRetiredAndComeBack(t *testing.T) {
	for name, restart := range map[string]func(*rig){"running": func(*rig) {}, "restart": (*rig).reopen, "crash": (*rig).crash} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, retiring4Tests)
			r.old()
			long := named("long", "path", strings.Repeat("/x y", 100))
			r.put(gaugeSample(long, later-int64(retireAfter/time.Millisecond)-20_000, 7))
			r.flush()
			before := pointMap(r.points(named("c_total"), epoch, later))
			r.sweepNow()
			restart(r)
			if s := r.Stats(); s.Series != 1 || s.RetiredSeries != 4 || s.RetiredFiles != 6 || s.Files != 1 {
				t.Fatalf("%+v", s)
			}
			if got := r.points(named("c_total"), epoch, later); len(got) > 0 {
				t.Errorf("a retired series is read: %v", got)
			}
			all := r.retired()
			if len(all) != 4 || all[0].State != stateRetired || !strings.HasPrefix(all[0].Files[0], "retired/c_total/_") || all[0].Bytes == 0 || all[0].Last != epoch+50_000 {
				t.Errorf("%+v", all)
			}
			r.put(counterSample(named("c_total"), later+10_000, epoch, 40), gaugeSample(long, later+10_000, 8), gaugeSample(named("g"), later+10_000, 6))
			restart(r)
			for _, when := range []string{"woken", "flushed"} {
				after := pointMap(r.points(named("c_total"), epoch, later))
				gap := after[epoch] - before[epoch] // what was counted in the silence
				for at, v := range before {
					if !near(after[at], v+gap) || gap != 15 {
						t.Errorf("%s: %v at %d, was %v", when, after[at], at, v)
					}
				}
				if v := r.value("c_total", later+10_000); v != 40 || len(before) == 0 {
					t.Errorf("%s: total %v", when, v)
				}
				if v := r.value("long", later+10_000); v != 8 {
					t.Errorf("%s: %v", when, v)
				}
				r.flush()
			}
			if s := r.Stats(); s.Series != 4 || s.RetiredSeries != 1 || s.RetiredFiles != 3 {
				t.Errorf("%+v", s)
			}
			r.sweepNow()
			restart(r)
			if s := r.Stats(); s.Series != 4 {
				t.Errorf("what was not silent is retired: %+v", s)
			}
		})
	}
}

// A store that nothing comes to, or whose clock is far ahead, retires nothing.
func TestQuietStoreRetiresNothing(t *testing.T) {
	r := newRig(t, retiring4Tests)
	for i := int64(1); i <= 5; i++ {
		r.put(round(i)...)
	}
	r.now += 365 * 86400_000
	if err := r.closeTimings(r.now); err != nil {
		t.Fatal(err)
	}
	r.flush()
	r.sweepNow()
	if s := r.Stats(); s.RetiredSeries != 0 || s.Series != 3 {
		t.Errorf("%+v", s)
	}
}

func TestRetiredCountNotAgainstTheLimit(t *testing.T) {
	r := newRig(t, func(c *Config) { retiring4Tests(c); c.MaxSeries = 4 })
	r.old()
	r.sweepNow()
	r.put(gaugeSample(named("a"), r.now+1000, 1), gaugeSample(named("b"), r.now+1000, 1), gaugeSample(named("c"), r.now+1000, 1))
	if reasons := r.refused(gaugeSample(named("g"), r.now+1000, 1)); reasons[reasonLimit] != 1 {
		t.Errorf("%v", reasons)
	}
}

func TestRestoreByWish(t *testing.T) {
	r := newRig(t, retiring4Tests)
	r.old()
	r.sweepNow()
	n, err := r.Restore(t.Context(), []*labels.Matcher{labels.MustNewMatcher(labels.MatchEqual, "__name__", "t_seconds_count")})
	if err != nil || n != 1 {
		t.Fatal(n, err)
	}
	r.sweepNow() // it stays
	if v := r.value("t_seconds_count", epoch+50_000); v != 10 {
		t.Errorf("%v", v)
	}
	if s := r.Stats(); s.RetiredSeries != 2 {
		t.Errorf("%+v", s)
	}
}

// Removed series are gone with their files, and stay so.
func TestRemove(t *testing.T) {
	r := newRig(t, func(c *Config) { retiring4Tests(c); c.RemoveAfter = 5 * time.Hour })
	r.old()
	counters := []*labels.Matcher{labels.MustNewMatcher(labels.MatchEqual, "__name__", "c_total")}
	r.put(counterSample(named("c_total"), r.now+10_000, epoch, 50)) // waits, too
	if n, err := r.Remove(t.Context(), counters, false); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	r.crash()
	if s := r.Stats(); s.Series != 3 || s.RetiredSeries != 0 || r.there(filepath.Join(r.config.Dir, "archives/c_total/_.rrd")) {
		t.Errorf("%+v", s)
	}
	r.put(counterSample(named("c_total"), r.now+20_000, epoch, 60), counterSample(named("c_total"), r.now+30_000, epoch, 70))
	r.flush()
	r.crash()
	if got := pointMap(r.points(named("c_total"), epoch, r.now)); len(got) != 1 && len(got) != 2 {
		t.Errorf("begun anew: %v", got)
	}
	r.flush()
	r.sweepNow()
	r.now += 2 * 3600_000
	r.put(gaugeSample(named("other"), r.now, 1))
	var due []Listed
	if err := r.ListRetired(t.Context(), nil, metric.Time(r.now+3600_000), func(l []Listed) { due = append(due, l...) }); err != nil || len(due) != 2 {
		t.Errorf("%v due: %+v", err, due)
	}
	r.sweepNow()
	r.reopen()
	if s := r.Stats(); s.RetiredSeries != 0 || s.RetiredFiles != 0 || len(r.retired()) > 0 {
		t.Errorf("%+v", s)
	}
}

// A series that was retired so late that its files could go at once is told of
// first.
func TestNoFileGoesUntoldOf(t *testing.T) {
	r := newRig(t, func(c *Config) { retiring4Tests(c); c.RemoveAfter = retireAfter })
	r.old()
	for _, left := range []int{3, 0} {
		r.sweepNow()
		if s := r.Stats(); s.RetiredSeries != left || s.Series != 1 {
			t.Errorf("%d retired series are left, want %d", s.RetiredSeries, left)
		}
	}
}

// For every operation that fails, or at which the process dies, while series are
// retired and come back: what was acknowledged is there once they came back.
func TestEveryFailureOfRetirement(t *testing.T) {
	everyFailure(t, func(t *testing.T, fs *durabletest.FS, n int64) bool {
		now := epoch
		c := testConfig(t.TempDir())
		retiring4Tests(&c)
		c.fs, c.files = fs, faultyFiles{fs: fs}
		c.Now = func() time.Time { return metric.Time(now) }
		acknowledged := map[int64]bool{}
		if s, err := Open(c); err == nil {
			put := func(i, at int64) { now = at; acknowledged[i] = s.Put(nothing, at2(i, at)) == nil }
			for i := int64(1); i <= 3; i++ {
				put(i, epoch+i*10_000)
			}
			now = later
			_ = s.Put(nothing, []metric.Sample{gaugeSample(named("other"), later, 1)})
			_ = s.closeTimings(later - 60_000)
			_ = s.FlushAll(nothing)
			_ = s.Checkpoint()
			_ = s.sweep(nothing, metric.Time(now))
			if n%2 == 0 {
				_ = s.Checkpoint()
			}
			put(4, later+10_000)
			fs.Heal()
			put(5, later+20_000)
			_ = s.FlushAll(nothing)
			s.abandon()
		}
		if fs.Ops() < n {
			return false
		}
		r := &rig{T: t, config: testConfig(c.Dir), now: now}
		retiring4Tests(&r.config)
		r.config.Now = c.Now
		r.open()
		defer r.Close()
		now = later + 30_000
		r.put(at2(6, now)...)
		acknowledged[6] = true
		for _, when := range []string{"recovered", "flushed"} {
			verifyRetired(r, fmt.Sprintf("failure at %d, %s", n, when), acknowledged)
			r.flush()
		}
		return true
	})
}

// at2 is round i at any instant.
func at2(i, at int64) []metric.Sample {
	return []metric.Sample{
		gaugeSample(named("g"), at, float64(i)), counterSample(named("c_total"), at, epoch, float64(i*i)),
		timingSample(named("t_seconds"), at, float64(i)),
	}
}

func verifyRetired(r *rig, when string, acknowledged map[int64]bool) {
	r.Helper()
	end := later + 40_000
	// What was counted in the silence is in no row: only differences are the same.
	gauge, count := pointMap(r.points(named("g"), epoch, end)), pointMap(r.points(named("c_total"), epoch, end))
	observed := 0.
	for i, ok := range acknowledged {
		at := epoch + i*10_000
		if i > 3 {
			at = later + (i-3)*10_000
		}
		if ok {
			observed++
		}
		if ok && i <= 3 && !near(gauge[at], float64(i)) || ok && i > 3 && r.value("g", at) != float64(i) {
			r.Errorf("%s: round %d was acknowledged; gauge %v", when, i, gauge[at])
		}
		if newer := epoch + int64(30_000); ok && i < 3 && acknowledged[3] && !near(count[newer]-count[at], float64(9-i*i)) {
			r.Errorf("%s: round %d was acknowledged; counter %v", when, i, count[at])
		}
	}
	if v := r.value("c_total", later+30_000); math.Abs(v-36) > 1e-9 {
		r.Errorf("%s: total %v", when, v)
	}
	if v := r.value("t_seconds_count", later+30_000); v < observed {
		r.Errorf("%s: %v timings counted, %v acknowledged", when, v, observed)
	}
}

// What is removed leaves nothing behind, and takes no directory that is in use.
func TestRemovalLeavesNoDirectories(t *testing.T) {
	r := newRig(t, nil)
	long := named("long", "path", strings.Repeat("/x y", 100))
	for i := int64(1); i <= 3; i++ {
		at := epoch + i*10_000
		r.put(gaugeSample(named("a", "i", "1"), at, 1), gaugeSample(named("a", "i", "2"), at, 1), timingSample(named("t"), at, 1), gaugeSample(long, at, 1))
	}
	r.flush()
	remove := func(m *labels.Matcher, want ...string) {
		t.Helper()
		if _, err := r.Remove(t.Context(), []*labels.Matcher{m}, false); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, directories(t, r.config.Dir)); diff != "" {
			t.Errorf("without %s (-want +got):\n%s", m, diff)
		}
	}
	remove(labels.MustNewMatcher(labels.MatchEqual, "i", "1"), "archives", "archives/a", "archives/long", "archives/t", "retired")
	remove(labels.MustNewMatcher(labels.MatchRegexp, "__name__", "t|long"), "archives", "archives/a", "retired")
	remove(labels.MustNewMatcher(labels.MatchEqual, "i", "2"), "archives", "retired")
	r.put(gaugeSample(named("a", "i", "1"), epoch+50_000, 2), gaugeSample(long, epoch+50_000, 2))
	r.flush()
	r.crash()
	if got := r.points(long, epoch, r.now); len(got) != 1 {
		t.Errorf("what came anew has %v", got)
	}
}

// A series that comes again while others beside it are removed has its place.
func TestRemovalBesideCreation(t *testing.T) {
	r := newRig(t, func(c *Config) { c.MaxOpenFiles = 1 })
	r.now = epoch + 1_000_000
	done := make(chan error)
	go func() { // the test waits for it
		var errs []error
		for i := range int64(60) {
			errs = append(errs, r.Put(nothing, []metric.Sample{gaugeSample(named("a", "i", "new"), epoch+i*10_000, 1)}), r.FlushAll(nothing))
		}
		done <- errors.Join(errs...)
	}()
	all := []*labels.Matcher{labels.MustNewMatcher(labels.MatchEqual, "__name__", "a")}
	for ended := false; !ended; {
		if _, err := r.Remove(t.Context(), all, false); err != nil {
			t.Error(err)
		}
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
			ended = true
		default:
		}
	}
}

// directories are those with archives, below the data directory.
func directories(t *testing.T, dir string) (all []string) {
	t.Helper()
	for _, root := range []string{archiveDir, retiredDir} {
		err := filepath.WalkDir(filepath.Join(dir, root), func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.IsDir() {
				path, err = filepath.Rel(dir, path)
				all = append(all, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}
