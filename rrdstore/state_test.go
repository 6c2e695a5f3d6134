package rrdstore

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A tier put between others, or one taken away, leaves to each of the others
// the sketch of its own open interval.
func TestTiersChangeUnderOpenSketches(t *testing.T) {
	r := newRig(t, nil)
	l := named("t_seconds")
	for i := int64(1); i <= 18; i++ { // three minutes
		r.put(timingSample(l, epoch+i*10_000-5_000, 1))
	}
	check := func(when string, want map[time.Duration]float64) {
		t.Helper()
		got := map[time.Duration]float64{}
		for i, in := range r.timings[0].timer.open {
			tier := r.cfg.Tiers[i]
			if in.sketch == nil {
				continue
			}
			got[tier.Step] = in.sketch.Count()
			if in.end != ceilTo(r.now, tier.millis()) {
				t.Errorf("%s: the interval of %s ends %d s after the begin", when, tier.Step, (in.end-epoch)/1000)
			}
		}
		if !cmp.Equal(got, want) {
			t.Errorf("%s: %s", when, cmp.Diff(want, got))
		}
	}
	before := map[time.Duration]float64{10 * time.Second: 1, time.Minute: 6, 10 * time.Minute: 18, time.Hour: 18, day: 18}
	check("before", before)
	all := r.config.Tiers
	r.config.Tiers = append(append(append([]Tier{}, all[:2]...), Tier{5 * time.Minute, 10 * day}), all[2:]...)
	r.reopen()
	check("with 5m", before)
	r.config.Tiers = append(append([]Tier{}, all[:2]...), all[3:]...)
	r.reopen()
	delete(before, 10*time.Minute)
	check("without 10m", before)
}
