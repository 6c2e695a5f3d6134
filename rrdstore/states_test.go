package rrdstore

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
)

// A query has the same answer while points wait, while they are written, when they
// are, and after the store was closed or killed.
func TestOneAnswerInEveryState(t *testing.T) {
	r := newRig(t, nil)
	put := func(from, to int64) {
		for i := from; i < to; i++ {
			at := epoch + i*7_000
			r.put(gaugeSample(named("g"), at, float64(i%50)), counterSample(named("c_total"), at, epoch, float64(i*i)),
				timingSample(named("t_seconds"), at, float64(i%9), 3))
		}
	}
	put(1, 1500)
	r.flush()
	put(1500, 1600)
	want := r.allAnswers()
	check := func(when string) {
		t.Helper()
		same := []cmp.Option{cmpopts.EquateApprox(1e-12, 0), cmp.Comparer(labels.Equal)}
		if diff := cmp.Diff(want, r.allAnswers(), same...); diff != "" {
			t.Errorf("%s: %s", when, diff)
		}
	}
	r.crash()
	check("killed while points waited")
	written := make(chan error)
	go func() { written <- r.FlushAll(nothing) }() // ended below
	for done := false; !done; {
		check("being written")
		select {
		case err := <-written:
			if done = true; err != nil {
				t.Fatal(err)
			}
		default:
		}
	}
	check("written")
	r.reopen()
	check("opened again")
	r.crash()
	check("killed")
}

// allAnswers are those to queries of all kinds, at an instant and over a range.
func (r *rig) allAnswers() map[string][]metric.Series {
	r.Helper()
	got := map[string][]metric.Series{}
	for _, expr := range []string{
		"g", "c_total", "t_seconds", "t_seconds_count", "rate(c_total[1m])", "irate(c_total[1m])", "increase(c_total[5m] anchored)",
		"max_over_time(g[2m])", "avg_over_time(g[1h])", "quantile_over_time(0.9, g[10m])", "last_over_time(t_seconds_max[1m])", "count_over_time(g[90s])",
	} {
		for _, step := range []time.Duration{0, 10 * time.Second, time.Minute, 10 * time.Minute} {
			q := metric.Query{Expr: expr, Start: metric.Time(epoch), End: metric.Time(r.now), Step: step}
			if step == 0 {
				q.Start = q.End
			}
			all := r.query(q)
			for _, s := range all {
				for i, p := range s.Points {
					if math.IsNaN(p.Value) {
						s.Points[i].Value = -1
					}
				}
			}
			got[expr+" "+step.String()] = all
		}
	}
	return got
}
