package rrdstore

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/metric"
)

// Series above a quota are refused, within one batch too; others go on, and who
// is over is told by name.
func TestQuotas(t *testing.T) {
	r := newRig(t, func(c *Config) {
		c.Quotas = []Quota{{Label: "job", Max: 3}, {Match: "tmp_*", Max: 2}}
	})
	one := func(name, job string, i int) metric.Sample {
		return gaugeSample(named(name, "job", job, "i", fmt.Sprint(i)), r.now+1000, 1)
	}
	var samples []metric.Sample
	for i := range 5 {
		samples = append(samples, one("a", "web", i), one("a", "db", i), one("tmp_x", fmt.Sprint("j", i), 0))
	}
	if got := r.refused(samples...); got[reasonQuota] != 2+2+3 {
		t.Errorf("%v", got)
	}
	for _, restart := range []func(){func() {}, r.reopen, r.crash} {
		restart()
		r.now += 10_000
		r.put(one("a", "web", 0), one("a", "mail", 0), gaugeSample(named("nojob", "i", fmt.Sprint(r.now)), r.now+1000, 1))
		if got := r.refused(one("a", "web", 9), one("tmp_x", "other", 9)); got[reasonQuota] != 2 {
			t.Errorf("%v", got)
		}
	}
	r.now += 10_000
	r.refused(one("a", "web", 9), one("a", "web", 9))
	if top, _ := r.Top(nil, "job", 9); !slices.ContainsFunc(top, func(s Share) bool { return s.Value == "web" && s.Refused == 3 }) {
		t.Errorf("%+v", top)
	}
	want := []Offender{{"job", "web", 3, 3, 3}, {"tmp_*", "", 2, 2, 1}}
	if diff := cmp.Diff(want, r.Stats().Offenders); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// What a quota tells of stays small, however many values its label has.
func TestOffendersAreBounded(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Quotas = []Quota{{Label: "job", Max: 1}} })
	for i := range 3 * maxOffenders {
		job := fmt.Sprint("j", i)
		r.put(gaugeSample(named("a", "job", job), r.now+1000, 1))
		r.refused(gaugeSample(named("b", "job", job), r.now+1000, 1))
	}
	got := r.Stats().Offenders
	if len(got) != maxOffenders+1 || got[0].Value != otherOffenders || got[0].Refused != 2*maxOffenders {
		t.Errorf("%d, first %+v", len(got), got[0])
	}
}

// Room is there again when series are retired or removed.
func TestQuotaIsFreedByRetirement(t *testing.T) {
	r := newRig(t, func(c *Config) { retiring4Tests(c); c.Quotas = []Quota{{Match: "{__name__!=\"other\"}", Max: 3}} })
	r.old()
	if got := r.refused(gaugeSample(named("one_more"), r.now+1000, 1)); got[reasonQuota] != 1 {
		t.Errorf("%v", got)
	}
	r.sweepNow()
	r.put(gaugeSample(named("one_more"), r.now+1000, 1))
}
