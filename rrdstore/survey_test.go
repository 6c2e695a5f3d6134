package rrdstore

import (
	"bytes"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/metric"
)

// closed is a closed store of gauges, a counter and a timing, all in archives.
func closed(t *testing.T, log *bytes.Buffer, samples func(at int64) []metric.Sample) *rig {
	t.Helper()
	r := newRig(t, func(c *Config) { c.Logger = slog.New(slog.NewTextHandler(log, nil)) })
	for i := int64(1); i <= 12; i++ {
		r.put(samples(epoch + i*10_000)...)
	}
	r.flush()
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	log.Reset()
	return r
}

func allKinds(at int64) []metric.Sample {
	return []metric.Sample{
		gaugeSample(named("g", "i", "1"), at, 1), gaugeSample(named("g", "i", "2"), at, 2),
		counterSample(named("c_total"), at, epoch, 5), timingSample(named("t_seconds"), at, 1),
	}
}

func onlyTimings(at int64) []metric.Sample {
	return []metric.Sample{timingSample(named("t_seconds"), at, 1)}
}

// filesIn lists all files below dir.
func filesIn(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		names = append(names, name)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// A store of another step is not opened, and nothing of it is touched: put back,
// the step finds all history.
func TestAnotherStepIsRefused(t *testing.T) {
	twice := DefaultTiers() // with as many rows: the files would have the same size
	for i := range twice {
		twice[i] = Tier{2 * twice[i].Step, 2 * twice[i].Keep}
	}
	minutes := DefaultTiers()[1:]
	finer := append([]Tier{{5 * time.Second, time.Hour}}, DefaultTiers()...)
	for name, c := range map[string]struct {
		tiers   []Tier
		samples func(int64) []metric.Sample
	}{
		"same sizes": {twice, allKinds}, "other sizes": {minutes, allKinds}, "finer": {finer, allKinds}, "timings": {minutes, onlyTimings},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			r := closed(t, &log, c.samples)
			before := filesIn(t, r.config.Dir)
			other := r.config
			other.Step, other.Tiers = c.tiers[0].Step, c.tiers
			_, err := Open(other)
			for _, want := range []string{"step of 10s", ".rrd)", "storage.step is " + other.Step.String(), "put storage.step", "-data"} {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Fatalf("opened with %v, want %q in it", err, want)
				}
			}
			if err := other.CheckArchives(); err == nil || strings.Contains(err.Error(), "some archives") {
				t.Errorf("checked: %v", err)
			}
			if after := filesIn(t, r.config.Dir); fmt.Sprint(after) != fmt.Sprint(before) || log.Len() > 0 {
				t.Errorf("it left %v, was %v\n%s", after, before, log.String())
			}
			if err := r.config.CheckArchives(); err != nil {
				t.Errorf("checked with the right step: %v", err)
			}
			r.open()
			if v := r.value("t_seconds_count", r.now); v != 12 {
				t.Errorf("count %v after the step was put back, want 12", v)
			}
		})
	}
}

func TestNoArchivesFitEveryStep(t *testing.T) {
	c := testConfig(filepath.Join(t.TempDir(), "none"))
	if err := c.CheckArchives(); err != nil {
		t.Error(err)
	}
}

// Archives from another store, among those of this one.
func TestSomeOfAnotherStep(t *testing.T) {
	var log bytes.Buffer
	r := closed(t, &log, allKinds)
	other := newRig(t, func(c *Config) { c.Tiers, c.Step = c.Tiers[1:], time.Minute })
	other.put(gaugeSample(named("foreign"), epoch+60_000, 1))
	other.flush()
	moved := filepath.Join(r.config.Dir, "archives/foreign")
	if err := os.Rename(filepath.Join(other.config.Dir, "archives/foreign"), moved); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(r.config); err == nil || !strings.Contains(err.Error(), "move those") || !strings.Contains(err.Error(), moved) {
		t.Errorf("opened with %v", err)
	}
	removeAll(t, r.config.Dir, "archives/foreign")
	r.open()
}

// With another ladder on the same step old archives go on, which is said once.
func TestAnotherLadderIsTold(t *testing.T) {
	var log bytes.Buffer
	r := closed(t, &log, allKinds)
	r.config.Tiers = []Tier{{10 * time.Second, 12 * time.Hour}, {5 * time.Minute, 30 * day}, {time.Hour, 400 * day}}
	removeAll(t, r.config.Dir, checkpointFile, checkpointOld, "journal") // so that all are adopted
	r.open()
	for _, want := range []string{"storage.tiers holds for new ones only", "archives=4"} { // g, g, c_total, t_seconds@10s
		if strings.Count(log.String(), want) != 1 {
			t.Errorf("want once %q in\n%s", want, log.String())
		}
	}
	if !strings.Contains(log.String(), "not read") || !strings.Contains(log.String(), "archives=1 such_as=archives/t_seconds/_@1m.rrd") {
		t.Errorf("the 1m file of the timing is not told of:\n%s", log.String())
	}
	if n := strings.Count(log.String(), "\n"); n != 2 {
		t.Errorf("%d lines of log, want 2:\n%s", n, log.String())
	}
	if v := r.value("g{i='2'}", r.now); v != 2 {
		t.Errorf("g is %v", v)
	}
}

// A damaged archive is named at the start, though nobody asks for its series.
func TestDamagedArchiveIsNamedAtTheStart(t *testing.T) {
	const path = "archives/g/i=2.rrd"
	for _, adopted := range []bool{false, true} {
		for name, size := range map[string]func(int64) int64{
			"empty": func(int64) int64 { return 0 }, "in the cookie": func(int64) int64 { return 3 },
			"in the header": func(int64) int64 { return 500 }, "in the rows": func(n int64) int64 { return n / 2 },
			"one less": func(n int64) int64 { return n - 1 }, "one more": func(n int64) int64 { return n + 1 },
		} {
			var log bytes.Buffer
			r := closed(t, &log, allKinds)
			full := filepath.Join(r.config.Dir, path)
			if err := os.Truncate(full, size(int64(len(readFile(t, full))))); err != nil {
				t.Fatal(err)
			}
			if adopted {
				removeAll(t, r.config.Dir, checkpointFile, checkpointOld, "journal")
			}
			r.open()
			if !strings.Contains(log.String(), `file="`+path) || strings.Contains(log.String(), "i=1") {
				t.Errorf("%s, adopted %v: log is\n%s", name, adopted, log.String())
			}
		}
	}
}

// The log of a disk that lost all has an end.
func TestManyDamagedArchives(t *testing.T) {
	var log bytes.Buffer
	r := closed(t, &log, func(at int64) (out []metric.Sample) {
		for i := range shownDamaged + 5 {
			out = append(out, gaugeSample(named("g", "i", fmt.Sprint(i)), at, 1))
		}
		return out
	})
	for i := range shownDamaged + 5 {
		writeFile(t, filepath.Join(r.config.Dir, fmt.Sprintf("archives/g/i=%d.rrd", i)), nil)
	}
	r.open()
	if n := strings.Count(log.String(), "\n"); n != shownDamaged+1 || !strings.Contains(log.String(), "archives=5") {
		t.Errorf("%d lines:\n%s", n, log.String())
	}
}
