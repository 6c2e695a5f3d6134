package rrdstore

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
	"plimsoll/internal/sketch"
)

// pastOf are points each 10 s behind the instants from to to, in steps from
// epoch: a gauge with the value of its step, a counter of 3 a step, a timing
// with one observation of its step's number.
func pastOf(l labels.Labels, kind metric.Kind, from, to int64) Past {
	p := Past{Labels: l, Kind: kind}
	for i := from + 1; i <= to; i++ {
		n := PastPoint{From: epoch + (i-1)*10_000, At: epoch + i*10_000}
		switch kind {
		case metric.Counter:
			n.Value = 3
		case metric.Timing:
			n.Sketch = new(sketch.Sketch)
			n.Sketch.Add(float64(i), 1)
		default:
			n.Value = float64(i)
		}
		p.Points = append(p.Points, n)
	}
	return p
}

func allPast(from, to int64) []Past {
	return []Past{
		pastOf(named("g"), metric.Gauge, from, to), pastOf(named("c_total"), metric.Counter, from, to),
		pastOf(named("t_seconds"), metric.Timing, from, to),
	}
}

// putSteps puts in time what allPast brings later.
func (r *rig) putSteps(from, to int64) {
	r.Helper()
	for i := from + 1; i <= to; i++ {
		at := epoch + i*10_000
		r.put(gaugeSample(named("g"), at, float64(i)), counterSample(named("c_total"), at, epoch, float64(3*i)), timingSample(named("t_seconds"), at, float64(i)))
		if i%500 == 0 {
			r.flush()
		}
	}
}

func (r *rig) backfill(all []Past) Backfilled {
	r.Helper()
	var out Backfilled
	if err := r.Backfill(nothing, all, &out); err != nil {
		r.Fatal(err)
	}
	return out
}

// same compares what two stores tell of the time from step 0 to step n.
func same(t *testing.T, want, got *rig, n int64, exprs ...string) {
	t.Helper()
	for _, expr := range exprs {
		for _, step := range []time.Duration{time.Minute, 10 * time.Minute, time.Hour} {
			q := metric.Query{Expr: expr, Start: metric.Time(epoch + step.Milliseconds()), End: metric.Time(epoch + n*10_000), Step: step}
			a, b := want.query(q), got.query(q)
			if len(a) != 1 || len(b) != 1 || len(a[0].Points) != len(b[0].Points) {
				t.Fatalf("%s each %s: %d series and %d, %d points in all and %d", expr, step, len(a), len(b), pointsIn(a), pointsIn(b))
			}
			for i, p := range a[0].Points {
				if o := b[0].Points[i]; o.At != p.At || math.Abs(o.Value-p.Value) > 1e-9*math.Max(1, math.Abs(p.Value)) {
					t.Fatalf("%s each %s: %v at %d s, want %v", expr, step, o.Value, (o.At-epoch)/1000, p.Value)
				}
			}
		}
	}
}

func pointsIn(all []metric.Series) (n int) {
	for _, s := range all {
		n += len(s.Points)
	}
	return n
}

var (
	ofPlain   = []string{"g", "avg_over_time(g[10m])", "max_over_time(g[1h])", "c_total", "increase(c_total[10m])"}
	ofTimings = []string{"t_seconds_count", `t_seconds{quantile="0.5"}`, "t_seconds_max", "increase(t_seconds_sum[20m])"}
)

// What was missed for a while and comes later is as if it had come in time. The
// rows of a timing cannot be merged: there it is what was missed of whole hours.
func TestBackfillOfAHole(t *testing.T) {
	for name, c := range map[string]struct {
		from, to int64
		exprs    []string
	}{"plain": {400, 760, ofPlain}, "timings": {360, 720, ofTimings}} {
		t.Run(name, func(t *testing.T) {
			const n = 4 * 360
			whole, holed := newRig(t, nil), newRig(t, nil)
			whole.putSteps(0, n)
			holed.putSteps(0, c.from)
			holed.putSteps(c.to, n)
			late := allPast(c.from, c.to+1) // the first behind the hole says nothing of its own step
			got := holed.backfill(late)
			if got.Series != 3 || got.Points != 3*361 || got.New != 0 || len(got.Refused) != 0 || got.Rows == 0 {
				t.Errorf("%+v", got)
			}
			for _, do := range []func(){func() {}, holed.flush, holed.crash, holed.reopen} {
				do()
				same(t, whole, holed, n, c.exprs...)
			}
			if again := holed.backfill(late); again.Rows != 0 {
				t.Errorf("again: %+v", again)
			}
			same(t, whole, holed, n, c.exprs...)
		})
	}
}

// Parts of a log that are read newest first count no less than in order.
func TestBackfillOfNewerFirst(t *testing.T) {
	const n = 3 * 360
	whole, late := newRig(t, nil), newRig(t, nil)
	whole.putSteps(0, n)
	late.now = whole.now
	for _, from := range []int64{720, 360, 0} {
		late.backfill(allPast(from, from+360))
		late.crash()
	}
	same(t, whole, late, n, append(ofPlain, ofTimings...)...)
}

// The history of a series that is not known is stored as if in time, and once
// more is as once; a longer one adds what is new.
func TestBackfillOfNewSeries(t *testing.T) {
	const n = 3 * 360
	whole, late := newRig(t, nil), newRig(t, nil)
	whole.putSteps(0, n)
	late.now = whole.now
	for _, to := range []int64{600, 600, n, n} {
		late.backfill(allPast(0, to))
	}
	same(t, whole, late, n, append(ofPlain, ofTimings...)...)
	late.crash()
	same(t, whole, late, n, append(ofPlain, ofTimings...)...)
}

// A long history does not fill the memory.
func TestBackfillIsFlushed(t *testing.T) {
	r := newRig(t, func(c *Config) { c.MaxPerArchive = 2 * backfillFlush })
	const n = 20_000
	r.now = epoch + n*10_000
	if got := r.backfill([]Past{pastOf(named("g"), metric.Gauge, 0, n)}); got.New != n || len(got.Refused) != 0 {
		t.Errorf("%+v", got)
	}
	if waiting := r.Stats().BufferedBytes; waiting > 16*backfillFlush {
		t.Errorf("%d bytes wait", waiting)
	}
	if v := r.value("g", r.now); v != n {
		t.Errorf("g = %v", v)
	}
}

// Half of what a row of a timing holds does not take the place of the whole.
func TestBackfillKeepsTheBetterRow(t *testing.T) {
	r := newRig(t, nil)
	r.putSteps(0, 720)
	half := pastOf(named("t_seconds"), metric.Timing, 0, 363)
	half.Points = half.Points[180:] // from the middle of the first hour to the begin of the second
	if got := r.backfill([]Past{half}); got.Kept == 0 {
		t.Errorf("%+v", got)
	}
	if v := r.value("t_seconds_max offset 1h", r.now); v != 360 {
		t.Errorf("maximum of the first hour is %v", v)
	}
	for expr, want := range map[string]float64{"t_seconds_count": 720, "t_seconds_count offset 1h": 360} {
		if v := r.value(expr, r.now); v != want {
			t.Errorf("%s = %v, want %v", expr, v, want)
		}
	}
}

func TestBackfillThatIsRefused(t *testing.T) {
	r := newRig(t, nil)
	r.putSteps(0, 20)
	got := r.backfill([]Past{
		pastOf(named("g"), metric.Counter, 0, 5),             // it is a gauge
		pastOf(named("new"), metric.Gauge, 100_000, 100_003), // the future
	})
	if got.Refused[reasonKind] != 5 || got.Refused[reasonFuture] != 3 {
		t.Errorf("%+v", got)
	}
	if v := r.value("g", r.now); v != 20 {
		t.Errorf("g = %v", v)
	}
}

// History that comes when a series has lived for a moment only, and no row of its
// long tiers is on disk yet, is kept in all of them.
func TestBackfillBehindTheFirstRow(t *testing.T) {
	const n = 3 * 360
	for name, lived := range map[string]int64{"first sample": 1, "first minute": 7, "first hour": 120} {
		t.Run(name, func(t *testing.T) {
			whole, late := newRig(t, nil), newRig(t, nil)
			whole.putSteps(0, n+lived)
			late.now = whole.now
			late.putSteps(n, n+lived)
			late.backfill(allPast(0, n+1)) // with a live source's first reading nothing is counted
			for _, do := range []func(){func() {}, late.flush, late.crash, late.reopen} {
				do()
				same(t, whole, late, n, append(ofPlain, ofTimings...)...)
			}
		})
	}
}

// A source that began anew in the history goes on where it stands then.
func TestBackfillOfAResetGoesOn(t *testing.T) {
	r := newRig(t, nil)
	r.now = epoch + 400_000
	r.backfill([]Past{{Labels: named("c_total"), Kind: metric.Counter, Stand: 5, Points: []PastPoint{
		{From: epoch + 10_000, At: epoch + 20_000, Value: 10},
		{From: epoch + 20_000, At: epoch + 30_000, Value: 5}, // it began anew: 5
	}}})
	r.put(counterSample(named("c_total"), epoch+40_000, 0, 7))
	if v := r.value("c_total - c_total offset 10s", epoch+40_000); v != 2 {
		t.Errorf("%v", v)
	}
}

// The total of a counter whose oldest rows are known in part does not grow when the
// same history comes again.
func TestBackfillTwiceCountsOnce(t *testing.T) {
	r := newRig(t, nil)
	r.now = epoch + 1234*10_000
	all := allPast(100, 1234)
	r.backfill(all)
	first := r.value("c_total", r.now)
	for range 3 {
		r.backfill(all)
		if v := r.value("c_total", r.now); v != first {
			t.Errorf("%v, want %v", v, first)
		}
		if v := r.value("t_seconds_count", r.now); v != 1134 {
			t.Errorf("%v", v)
		}
	}
}

// A coarse row in whose midst history begins makes no total greater than what was
// counted, in whatever order it comes and how often.
func TestBackfillTotalIsTheSources(t *testing.T) {
	const begin, middle, end = 98, 2000, 4000 // begins in the midst of a minute, of which no finer rows are kept
	half := func(from, to int64, stand float64) Past {
		p := pastOf(named("c_total"), metric.Counter, from, to)
		p.Stand = stand
		return p
	}
	for name, parts := range map[string][]Past{
		"at once":       {half(begin, end, 0)},
		"totals":        {half(begin, end, 3*(end-begin))},
		"in order":      {half(begin, middle, 0), half(middle, end, 0)},
		"newer first":   {half(middle, end, 0), half(begin, middle, 0)},
		"one over both": {half(middle, end, 0), half(begin, end, 0)},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, nil)
			r.now = epoch + end*10_000
			for i, p := range append(parts, parts...) {
				r.backfill([]Past{p})
				if v := r.value("c_total", r.now); i+1 >= len(parts) && v != 3*(end-begin) {
					t.Errorf("%v after %d parts, want %d", v, i+1, 3*(end-begin))
				}
			}
			if v := r.value("min_over_time(c_total[12h])", r.now); v < 0 {
				t.Errorf("it was %v", v)
			}
		})
	}
}

// roomless is a disk on which no archive can be made.
type roomless struct{ nativeFiles }

func (roomless) Create(string, []byte, int64) error { return syscall.ENOSPC }

// A full disk is told of in a few lines, not in one for each series.
func TestBackfillThatFailsIsShort(t *testing.T) {
	r := newRig(t, nil)
	var all []Past
	for i := range 40 {
		l := named("t_seconds", "i", strconv.Itoa(i))
		r.put(timingSample(l, epoch+1_000_000, 1), timingSample(l, epoch+1_010_000, 1))
		all = append(all, pastOf(l, metric.Timing, 0, 10))
	}
	r.flush() // the finest rows have files, the coarse ones not yet
	r.config.files = roomless{}
	r.reopen()
	var out Backfilled
	err := r.Backfill(nothing, all, &out)
	if !errors.Is(err, syscall.ENOSPC) || strings.Count(err.Error(), "\n") > 5 {
		t.Errorf("%v", err)
	}
}
