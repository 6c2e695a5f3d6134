package live_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/live"
	"plimsoll/internal/metric"
	"plimsoll/internal/query"
	"plimsoll/internal/sketch"
)

var start = time.Unix(1_700_000_000, 0)

// bench is a window with a clock that the test moves, and an engine over it.
type bench struct {
	*testing.T
	*live.Window
	now    time.Time
	engine *query.Engine
	reg    *prometheus.Registry
}

func newBench(t *testing.T, change func(*live.Config)) *bench {
	b := &bench{T: t, now: start, reg: prometheus.NewRegistry()}
	c := live.Default()
	c.Now = func() time.Time { return b.now }
	c.Registerer = b.reg
	change(&c)
	b.Window = live.New(c)
	qc := query.Default()
	qc.Lookback = 30 * time.Second
	b.engine = query.New(b.Window, qc)
	return b
}

func (b *bench) put(s ...metric.Sample) {
	b.Helper()
	if err := b.Put(b.Context(), s); err != nil {
		b.Fatal(err)
	}
}

// ask returns the values of an instant query by label set.
func (b *bench) ask(expr string) map[string]float64 {
	b.Helper()
	res, err := b.engine.Query(b.Context(), metric.Query{Expr: expr, End: b.now})
	if err != nil {
		b.Fatal(err)
	}
	got := map[string]float64{}
	for _, s := range res.Series {
		got[s.Labels.String()] = s.Points[0].Value
	}
	return got
}

func (b *bench) want(expr string, want map[string]float64) {
	b.Helper()
	if diff := cmp.Diff(want, b.ask(expr)); diff != "" {
		b.Errorf("%s at %s:\n%s", expr, b.now.Sub(start), diff)
	}
}

// metrics returns the window's own metrics of a name.
func (b *bench) metrics(name string) []*dto.Metric {
	b.Helper()
	families, err := b.reg.Gather()
	if err != nil {
		b.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			return f.GetMetric()
		}
	}
	b.Fatalf("no metric %s", name)
	return nil
}

func counter(at time.Time, v float64) metric.Sample {
	return metric.Sample{Labels: labels.FromStrings("__name__", "hits_total"), Kind: metric.Counter, At: at.UnixMilli(), Value: v}
}

func TestRateMovesEachSecond(t *testing.T) {
	b := newBench(t, func(*live.Config) {})
	for i, v := range []float64{0, 5, 15, 15} {
		b.now = start.Add(time.Duration(i) * time.Second)
		b.put(counter(b.now, v), counter(b.now, v+100)) // the second is not newer: dropped
	}
	b.want("irate(hits_total[30s])", map[string]float64{"{}": 0})
	b.want("hits_total", map[string]float64{`{__name__="hits_total"}`: 15})
	b.want("irate(hits_total[30s] offset 1s)", map[string]float64{"{}": 10})
}

func TestTimingBecomesQuantilesAndRunningTotals(t *testing.T) {
	b := newBench(t, func(*live.Config) {})
	for i := range 3 {
		var s sketch.Sketch
		s.Add(0.25, 1)
		s.Add(0.25, 1)
		b.now = start.Add(time.Duration(i) * time.Second)
		b.put(metric.Sample{Labels: labels.FromStrings("__name__", "db_seconds"), Kind: metric.Timing, At: b.now.UnixMilli(), Sketch: &s})
	}
	b.want(`db_seconds{quantile="0.5"}`, map[string]float64{`{__name__="db_seconds", quantile="0.5"}`: 0.25})
	b.want(`db_seconds_count`, map[string]float64{`{__name__="db_seconds_count"}`: 6})
	b.want(`db_seconds_sum`, map[string]float64{`{__name__="db_seconds_sum"}`: 1.5})
}

func TestOldPointsAndDeadSeriesGo(t *testing.T) {
	b := newBench(t, func(c *live.Config) { c.Span = time.Minute })
	b.put(counter(b.now, 1))
	b.now = start.Add(2 * time.Minute)
	b.put(metric.Sample{Labels: labels.FromStrings("__name__", "up"), At: b.now.UnixMilli(), Value: 1})
	b.want("count_over_time({__name__=~'.+'}[10m])", map[string]float64{"{}": 1})
	if kept := b.metrics("plimsoll_live_series")[0].GetGauge().GetValue(); kept != 1 {
		t.Errorf("%v series kept, want 1", kept)
	}
}

func TestFloodAndFutureAreRefused(t *testing.T) {
	b := newBench(t, func(c *live.Config) { c.MaxSeries = 1 })
	b.put(counter(b.now.Add(time.Hour), 1), counter(b.now, 1))
	b.put(metric.Sample{Labels: labels.FromStrings("__name__", "more"), At: b.now.UnixMilli(), Value: 1})
	b.want("{__name__=~'.+'}", map[string]float64{`{__name__="hits_total"}`: 1})
	if n := len(b.metrics("plimsoll_live_refused_samples_total")); n != 2 {
		t.Errorf("refusals by %d reasons, want 2", n)
	}
}

// second puts a count of hits for the next second.
func (b *bench) second(v float64) {
	b.Helper()
	b.now = b.now.Add(time.Second)
	b.put(counter(b.now, v))
}

func TestClockSetBackDarkensAMinuteAtMost(t *testing.T) {
	shown := map[string]float64{`{__name__="hits_total"}`: 2}
	for step, dark := range map[time.Duration]int{time.Hour: 0, 90 * time.Second: 61, 20 * time.Second: 20} {
		b := newBench(t, func(*live.Config) {})
		for range 120 {
			b.second(1)
		}
		b.now = b.now.Add(-step)
		for range dark {
			b.second(2)
		}
		b.second(2)
		b.want("hits_total", shown)
	}
}

func TestSweepGoesOnAfterTheClockWentBack(t *testing.T) {
	b := newBench(t, func(c *live.Config) { c.Span, c.MaxSeries = time.Minute, 1 })
	b.put(metric.Sample{Labels: labels.FromStrings("__name__", "gone"), At: b.now.UnixMilli(), Value: 1})
	b.now = b.now.Add(-time.Hour)
	b.second(1) // there is room for it: the series of the other time is dead
	b.want("{__name__=~'.+'}", map[string]float64{`{__name__="hits_total"}`: 1})
	for range 120 {
		b.second(1)
	}
	if n := b.ask("count_over_time(hits_total[10m])")["{}"]; n < 60 || n > 67 {
		t.Errorf("%v points of a minute are kept", n)
	}
}

func TestDeadSeriesLeaveRoomAtOnce(t *testing.T) {
	b := newBench(t, func(c *live.Config) { c.MaxSeries = 1 })
	b.put(metric.Sample{Labels: labels.FromStrings("__name__", "gone"), At: b.now.UnixMilli(), Value: 1})
	b.now = b.now.Add(time.Hour)
	b.second(1)
	b.want("{__name__=~'.+'}", map[string]float64{`{__name__="hits_total"}`: 1})
}
