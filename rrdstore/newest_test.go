package rrdstore

import (
	"math"
	"testing"

	"plimsoll/internal/metric"
)

// The newest values are those that stand at the end of all rows, whatever is
// written and whatever is only in memory, and no archive is opened for them.
func TestNewestValuesAreInMemory(t *testing.T) {
	files := newCountingFiles()
	r := newRig(t, func(c *Config) { c.files = files })
	for i := int64(1); i <= 100; i++ {
		at := epoch + i*10_000 - 3_000
		r.put(gaugeSample(named("g"), at, float64(i)), counterSample(named("c_total"), at, epoch, float64(3*i)),
			timingSample(named("t_seconds"), at, 1, float64(i)))
	}
	for when, do := range map[string]func(){"in memory": func() {}, "written": r.flush, "opened again": r.reopen} {
		do()
		for _, name := range []string{"g", "c_total", "t_seconds_count", "t_seconds_sum", `t_seconds{quantile="0.95"}`, "t_seconds_max"} {
			want := r.value("last_over_time("+name+"[1m])", r.now)
			files.read.Store(0)
			if got := r.value(name, r.now); got != want || files.read.Load() != 0 {
				t.Errorf("%s, %s: %v after %d reads, want %v", when, name, got, files.read.Load(), want)
			}
		}
	}
	if v := r.value("g", r.now-10_000); v >= 99 {
		t.Errorf("a step ago: %v, which came later", v)
	}
	if v := r.value("g", r.now+301_000); !math.IsNaN(v) {
		t.Errorf("after the lookback: %v", v)
	}
}

// A gauge whose state is lost, but not its archive, has no value made up.
func TestNewestOfAnArchiveAlone(t *testing.T) {
	r := newRig(t, nil)
	for i := int64(1); i <= 9; i++ {
		r.put(gaugeSample(named("g"), epoch+i*10_000-3_000, 7))
	}
	r.flush()
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	removeAll(t, r.config.Dir, "checkpoint", "checkpoint.old", "journal")
	r.open()
	for _, at := range []int64{r.now, r.now + 60_000} {
		got := r.query(metric.Query{Expr: "g", End: metric.Time(at)})
		if len(got) != 1 || got[0].Points[0].Value != 7 {
			t.Errorf("%v, want 7", got)
		}
	}
}
