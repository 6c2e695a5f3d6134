package rrdstore

import (
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"plimsoll/internal/metric"
)

// alike holds values equal that went through the arithmetic of rates: a last
// digit may differ.
var alike = cmp.Options{cmpopts.EquateNaNs(), cmpopts.EquateApprox(1e-14, 0)}

func TestPutIsReadAtOnceAndEver(t *testing.T) {
	r := newRig(t, nil)
	cpu := named("cpu_ratio", "host", "web1")
	var want []metric.Point
	for i := int64(1); i <= 30; i++ {
		p := metric.Point{At: epoch + i*10_000, Value: float64(i) / 7}
		r.put(gaugeSample(cpu, p.At, p.Value))
		want = append(want, p)
		if got := r.points(cpu, epoch, p.At); !cmp.Equal(got, want) {
			t.Fatalf("after %d samples: %s", i, cmp.Diff(want, got))
		}
	}
	for _, step := range []struct {
		name string
		do   func()
	}{{"flush", r.flush}, {"reopen", r.reopen}, {"crash", r.crash}} {
		step.do()
		if got := r.points(cpu, epoch, r.now); !cmp.Equal(got, want, alike) {
			t.Errorf("after %s: %s", step.name, cmp.Diff(want, got, alike))
		}
	}
	if _, err := os.Stat(filepath.Join(r.config.Dir, "archives/cpu_ratio/host=web1.rrd")); err != nil {
		t.Error(err)
	}
}

func TestCounterIncreasesAreExact(t *testing.T) {
	r := newRig(t, nil)
	l := named("page_view_total")
	at := func(i int64) int64 { return epoch + i*10_000 }
	r.put(counterSample(l, at(1), epoch, 3))
	r.put(counterSample(l, at(2), epoch, 10))
	r.flush()
	r.put(counterSample(l, at(3), epoch, 11))
	r.put(counterSample(l, at(4), at(3), 5)) // the source began again
	r.crash()
	r.put(counterSample(l, at(5), at(3), 6))
	want := []metric.Point{{At: at(0), Value: 0}, {At: at(1), Value: 3}, {At: at(2), Value: 10}, {At: at(3), Value: 11}, {At: at(4), Value: 16}, {At: at(5), Value: 17}}
	check := func(when string) {
		t.Helper()
		if got := r.points(l, at(0), r.now); !cmp.Equal(got, want) {
			t.Errorf("%s: %s", when, cmp.Diff(want, got))
		}
		if v := r.value("page_view_total", r.now); v != 17 {
			t.Errorf("%s: total %v, want 17", when, v)
		}
	}
	check("buffered")
	r.flush()
	check("flushed")
	r.reopen()
	check("reopened")
}

// TestOneBurstIsSeenAtEveryStep has a burst of observations, and then silence: a
// chart of the last hour shows it whatever the step, and from the first second.
func TestOneBurstIsSeenAtEveryStep(t *testing.T) {
	r := newRig(t, nil)
	l := named("t_seconds")
	r.put(timingSample(l, epoch+20_000, 0.25))
	for i := int64(3); i <= 30; i++ {
		r.put(timingSample(l, epoch+i*10_000)) // alive, nothing observed
		r.now = epoch + i*10_000 + 7_000
		for _, step := range []time.Duration{20 * time.Second, time.Minute, 5 * time.Minute} {
			end := metric.Time(r.now)
			got := r.query(metric.Query{Expr: `t_seconds{quantile="0.95"}`, Start: end.Add(-time.Hour), End: end, Step: step})
			due := r.now >= epoch+20_000+step.Milliseconds() // one of the instants has come
			if due && (len(got) != 1 || got[0].Points[0].Value != 0.25) {
				t.Errorf("%d s after it, with step %s: %v", i*10+7-20, step, got)
			}
		}
		if i == 12 {
			r.flush()
		}
	}
	if v := r.value(`t_seconds{quantile="0.95"}`, r.now); !math.IsNaN(v) {
		t.Errorf("the present value is %v long after the burst", v)
	}
}

func TestTimingBandsPerTier(t *testing.T) {
	r := newRig(t, nil)
	l := named("db_query_seconds")
	p95 := metric.QuantileLabels(l, 0.95)
	for i := int64(1); i <= 360; i++ {
		v := 0.1
		if i > 300 {
			v = 2
		}
		r.put(timingSample(l, epoch+i*10_000, v, v))
		if i == 180 {
			r.reopen()
		}
		if i == 250 {
			r.crash()
		}
	}
	r.flush()
	end := epoch + 3_600_000
	got := r.query(metric.Query{Expr: `db_query_seconds{quantile="0.95"}`, Start: metric.Time(end), End: metric.Time(end), Step: 3600e9})
	if len(got) != 1 || math.Abs(got[0].Points[0].Value-2) > 0.02 {
		t.Errorf("p95 of the hour: %v, want 2", got)
	}
	if got := r.points(p95, epoch, epoch+10_000); len(got) != 1 || math.Abs(got[0].Value-0.1) > 0.001 {
		t.Errorf("p95 of the first 10 s: %v", got)
	}
	if v := r.value("db_query_seconds_count", end); v != 720 {
		t.Errorf("count %v, want 720", v)
	}
	if v := r.value("db_query_seconds_count - db_query_seconds_count offset 10m", end); v != 120 {
		t.Errorf("count of the last 10 minutes %v, want 120", v)
	}
	if v := r.value("db_query_seconds_max", end); v != 2 {
		t.Errorf("max %v, want 2", v)
	}
}
