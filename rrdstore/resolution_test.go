package rrdstore

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"plimsoll/internal/metric"
)

// month has 40 days of a counter that counts 3 a minute, of a gauge with a peak
// of 100 in the 37th minute of each hour, and of one that is always 1.
func month(t *testing.T) *rig {
	t.Helper()
	r := newRig(t, nil)
	for i := int64(1); i <= 40*24*60; i++ {
		at, peak := epoch+i*60_000, 2.0
		if i%60 == 37 {
			peak = 100
		}
		r.put(counterSample(named("c_total"), at, epoch, float64(3*i)), gaugeSample(named("g"), at, peak), gaugeSample(named("one"), at, 1))
		if i%1440 == 0 {
			r.flush()
		}
	}
	return r
}

func TestAnswersTellTheirResolution(t *testing.T) {
	r := month(t)
	for _, c := range []struct {
		expr      string
		age, step time.Duration
		want      time.Duration
		cf        string
	}{
		{"g", time.Hour, 10 * time.Second, 0, ""},
		{"g", time.Hour, time.Minute, time.Minute, "AVERAGE"},
		{"g", 20 * day, 5 * time.Minute, 10 * time.Minute, "AVERAGE"},
		{"rate(c_total[5m])", time.Hour, 10 * time.Second, time.Minute, "AVERAGE"},
		{"rate(c_total[30s])", time.Hour, 10 * time.Second, 0, ""},
		{"max_over_time(c_total[1d])", 5 * day, time.Hour, time.Hour, "AVERAGE"},
		{"max_over_time(g[1d])", 5 * day, time.Hour, time.Hour, "MAX"},
		{"min_over_time(g[1d])", time.Hour, time.Hour, time.Minute, "AVERAGE"},
		{"min_over_time(g[4d])", 20 * day, day, day, "MIN"},
		{"avg_over_time(g[1d])", 5 * day, time.Hour, time.Hour, "AVERAGE"},
		{"quantile_over_time(0.5, g[1d])", 5 * day, time.Hour, time.Hour, "AVERAGE"},
		{"last_over_time(g[2h])", 5 * day, time.Hour, 10 * time.Minute, "AVERAGE"},
	} {
		q := metric.Query{Expr: c.expr, Start: metric.Time(r.now).Add(-c.age), End: metric.Time(r.now), Step: c.step}
		res, err := r.engine.Query(nothing, q)
		if err != nil {
			t.Fatal(err)
		}
		told := slices.ContainsFunc(res.Infos, func(i string) bool { return strings.Contains(i, "("+c.cf+")") })
		if res.Resolution != c.want || told != (c.want > 0) {
			t.Errorf("%s, %s back, step %s: rows of %s, want %s (%s): %q", c.expr, c.age, c.step, res.Resolution, c.want, c.cf, res.Infos)
		}
	}
}

// A value holds until the next row is due, also where rows are longer than the
// lookback: an instant long ago has a value, and so has an offset.
func TestAnyInstantHasAValue(t *testing.T) {
	r := month(t)
	for _, age := range []time.Duration{day, 3 * day, 20 * day, 35 * day} {
		for i := range 13 {
			back := age + time.Duration(i)*5*time.Minute
			at := metric.Time(r.now).Add(-back)
			for _, expr := range []string{"one", "c_total"} {
				for _, q := range []metric.Query{
					{Expr: expr, End: at},
					{Expr: expr + " offset " + back.String(), End: metric.Time(r.now)},
					{Expr: expr + " offset " + back.String(), Start: metric.Time(r.now), End: metric.Time(r.now), Step: time.Minute},
				} {
					res, err := r.engine.Query(nothing, q)
					if err != nil {
						t.Fatal(err)
					}
					if len(res.Series) != 1 {
						t.Errorf("%s at %s, %s back: %d series", q.Expr, q.End, back, len(res.Series))
						continue
					}
					counted := 3 * at.Sub(metric.Time(epoch)).Minutes()
					if v := res.Series[0].Points[0].Value; expr == "one" && v != 1 || expr == "c_total" && (v > counted || v < counted-3*60) {
						t.Errorf("%s, %s back: %v", q.Expr, back, v)
					}
				}
			}
		}
	}
}

// Whatever the range and the step: where something was sent there is a point at
// each instant, counters do not fall and count what was sent, a peak is seen, and
// rows of neighbouring tiers are neither both there nor both left out.
func TestAnyRangeIsWhole(t *testing.T) {
	r := month(t)
	rapid.Check(t, func(rt *rapid.T) {
		hours := rapid.Int64Range(1, 39*24).Draw(rt, "hours")
		step := rapid.SampledFrom([]time.Duration{10 * time.Second, 30 * time.Second, time.Minute, 5 * time.Minute, 17 * time.Minute, time.Hour, 3 * time.Hour, day}).Draw(rt, "step")
		q := metric.Query{Start: metric.Time(r.now - hours*3_600_000), End: metric.Time(r.now), Step: step}
		if q.End.Sub(q.Start)/step > 11_000 {
			q.Start = q.End.Add(-11_000 * step)
		}
		n := int(q.End.Sub(q.Start)/step) + 1
		ask := func(expr string) ([]metric.Point, time.Duration) {
			q.Expr = expr
			got, err := r.engine.Query(nothing, q)
			if err != nil || len(got.Series) != 1 || len(got.Series[0].Points) != n {
				rt.Fatalf("%s over %d h, step %s: %d series, not one of %d points, %v", expr, hours, step, len(got.Series), n, err)
			}
			return got.Series[0].Points, got.Resolution
		}
		ones, _ := ask("one")
		for _, p := range ones {
			if p.Value != 1 {
				rt.Fatalf("%v where 1 was sent", p)
			}
		}
		totals, rows := ask("c_total")
		rises(rt, totals, rows)
		span := max(10*step, time.Hour)
		peaks, _ := ask("max_over_time(g[" + span.String() + "])")
		for _, p := range peaks {
			if p.Value != 100 && p.Value < 50 { // in a row that ends in the peak's minute it is a part of it
				rt.Fatalf("over %s at %d s before now the greatest value is %v", span, (r.now-p.At)/1000, p.Value)
			}
		}
	})
}

// rises fails unless a counter grows by what was counted, 3 a minute; an instant
// may lie behind the end of the newest row by the length of a row, and totals are
// whole.
func rises(rt *rapid.T, points []metric.Point, rows time.Duration) {
	late := 3 * max(rows, 10*time.Second).Minutes()
	for i, p := range points {
		if i > 0 && p.Value < points[i-1].Value {
			rt.Fatalf("the counter falls from %v to %v", points[i-1], p)
		}
		if behind := 3*float64(p.At-epoch)/60_000 - p.Value; behind < -0.5 || behind > late+0.5 {
			rt.Fatalf("rows of %s: %v is %v behind", rows, p, behind)
		}
	}
}
