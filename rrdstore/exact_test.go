package rrdstore

import (
	"fmt"
	"testing"
	"time"

	"plimsoll/internal/metric"
)

// A gauge that is always 1 is exactly 1 in every row of every tier, as long as
// its samples stand on whole seconds: on the ends of steps and off them, at once
// and through an update, with a break in it too.
func TestOneStaysOne(t *testing.T) {
	for _, interval := range []int64{1, 5, 7, 13, 60} {
		for _, offset := range []int64{0, 1, 3, 9} {
			t.Run(fmt.Sprintf("%ds+%d", interval, offset), func(t *testing.T) {
				t.Parallel()
				r := newRig(t, nil)
				l := named("probe_success")
				end := epoch + 2*time.Hour.Milliseconds()
				half := (epoch + end) / 2
				for at := epoch + offset*1000; at <= end; at += interval * 1000 {
					if at < half || at > half+300_000 { // longer than the heartbeat
						r.put(gaugeSample(l, at, 1))
					}
					if at%1_700_000 < interval*1000 {
						r.flush()
					}
				}
				r.allOnes(l.Get("__name__"), end)
				r.flush()
				r.reopen()
				r.allOnes(l.Get("__name__"), end)
			})
		}
	}
}

// allOnes fails unless every point at every resolution is 1.
func (r *rig) allOnes(name string, end int64) {
	r.Helper()
	for _, step := range []time.Duration{5 * time.Second, 10 * time.Second, time.Minute, 10 * time.Minute, time.Hour} {
		got := r.query(metric.Query{Expr: name, Start: metric.Time(epoch), End: metric.Time(end), Step: step})
		if len(got) != 1 || len(got[0].Points) == 0 {
			r.Fatalf("step %s: %d series", step, len(got))
		}
		for _, p := range got[0].Points {
			if p.Value != 1 {
				r.Errorf("step %s: %v after %d s", step, p.Value, (p.At-epoch)/1000)
			}
		}
	}
}
