package rrdstore

import (
	"math"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
	"plimsoll/rrdstore/rrdfile"
)

func classed(c *Config) {
	c.Classes = map[string]Class{"slow": {Tiers: []Tier{{time.Minute, day}, {time.Hour, 30 * day}}, MaxFrom: time.Minute}}
	c.Retention = []Rule{
		{Match: `{job="snmp"}`, Class: "slow", Heartbeat: 15 * time.Minute},
		{Match: "lean_*", Class: classLean},
		{Match: "lean_too", Class: classLong}, // never reached
		{Match: `{__name__=~"t_.*"}`, Class: "slow"},
	}
}

// The first rule that matches gives a series its class, and its files are those
// of the class.
func TestClassesByRule(t *testing.T) {
	r := newRig(t, classed)
	for i := int64(1); i <= 30; i++ {
		at := epoch + i*10_000
		r.put(gaugeSample(named("other"), at, 1), gaugeSample(named("lean_too"), at, 1),
			gaugeSample(named("ifInOctets", "job", "snmp"), at, float64(i)), timingSample(named("t_seconds"), at, 1))
	}
	r.flush()
	for path, want := range map[string]struct {
		step, heartbeat int64
		rras            int
	}{
		"other/_.rrd":             {10, 120, 5 + 3 + 1},
		"lean_too/_.rrd":          {10, 120, 5 + 2 + 1},
		"ifInOctets/job=snmp.rrd": {60, 900, 2 + 2},
		"t_seconds/_@1m.rrd":      {60, 60, 1},
	} {
		s, err := rrdfile.Inspect(filepath.Join(r.config.Dir, archiveDir, path))
		if err != nil {
			t.Fatal(err)
		}
		if s.Step != want.step || s.DS[0].Heartbeat != want.heartbeat || len(s.RRA) != want.rras {
			t.Errorf("%s: step %d, heartbeat %d, %d archives, want %v", path, s.Step, s.DS[0].Heartbeat, len(s.RRA), want)
		}
	}
	if v := r.value(`count_over_time(other[2m]) + count_over_time(lean_too[2m])`, r.now); v != 24 {
		t.Errorf("%v points, want 24", v)
	}
	if v := r.value(`ifInOctets`, epoch+120_000); v != 9.5 { // 7 to 12 in that minute
		t.Errorf("a minute's average is %v, want 9.5", v)
	}
}

// What is measured each five minutes is known between, where its heartbeat says so.
func TestHeartbeatBySource(t *testing.T) {
	r := newRig(t, classed)
	for i := int64(1); i <= 24; i++ {
		at := epoch + i*300_000
		r.put(gaugeSample(named("rare", "job", "snmp"), at, float64(i)), gaugeSample(named("rare", "job", "other"), at, float64(i)),
			counterSample(named("rare_total", "job", "snmp"), at, epoch, float64(300*i)))
	}
	r.flush()
	for expr, want := range map[string]float64{
		`count_over_time(rare{job="snmp"}[1h])`:           60,
		`rate(rare_total{job="snmp"}[30m])`:               1,
		`count(rare{job="other"} offset 2m) or vector(0)`: 0,
	} {
		if got := r.value(expr, r.now); got != want {
			t.Errorf("%s = %v, want %v", expr, got, want)
		}
	}
}

// The classes of a query's series differ, and so do the tiers they are read from.
func TestQueryOverClasses(t *testing.T) {
	r := newRig(t, classed)
	for i := int64(1); i <= 3*360; i++ {
		at := epoch + i*10_000
		r.put(counterSample(named("c_total", "job", "snmp"), at, epoch, float64(20*i)), counterSample(named("c_total", "job", "x"), at, epoch, float64(20*i)))
		if i%300 == 0 {
			r.flush()
		}
	}
	got := r.query(metric.Query{Expr: "rate(c_total[10m])", Start: metric.Time(epoch + 600_000), End: metric.Time(r.now), Step: time.Minute})
	if len(got) != 2 {
		t.Fatalf("%d series", len(got))
	}
	for _, s := range got {
		if len(s.Points) != 171 {
			t.Errorf("%v has %d points", s.Labels, len(s.Points))
		}
		for _, p := range s.Points {
			if p.Value < 1.999 || p.Value > 2.001 {
				t.Fatalf("%v: rate %v at %d s", s.Labels, p.Value, (p.At-epoch)/1000)
			}
		}
	}
	if got := r.Resolution(time.Hour, 0); got != time.Minute {
		t.Errorf("resolution %s, want that of the coarsest class", got)
	}
}

func TestRetentionThatCannotBe(t *testing.T) {
	c := testConfig("x")
	c.Classes = map[string]Class{"standard": {Tiers: DefaultTiers()}, "none": {}, "wrong": {Tiers: []Tier{{time.Minute, day}, {90 * time.Second, day}}, MinFrom: -1}, "odd": {Tiers: []Tier{{7 * time.Second, time.Hour}}}}
	c.Retention = []Rule{{Match: "", Class: "lean"}, {Match: "{a=", Class: "lean"}, {Match: "[", Class: "lean"}, {Match: "a*", Class: "fat"}, {Match: "b", Heartbeat: time.Second}}
	err := c.Validate()
	for _, want := range []string{
		`storage.classes: "standard" cannot`, "storage.classes.none.tiers: there are none", "storage.classes.wrong.tiers[1].step: 1m30s", "storage.classes.odd.tiers[0].step: 7s neither", "min_from -1ns",
		"storage.retention[0].match: is empty", `storage.retention[1].match: "{a="`, `storage.retention[2].match: "["`, `storage.retention[3].class: there is no class "fat"`,
		"storage.retention[4].heartbeat: 1s is shorter",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in\n%v", want, err)
		}
	}
}

// The archives of a series with labels too long for a path are found again in the
// tiers of its class, which no other has.
func TestClassOfLongLabels(t *testing.T) {
	r := newRig(t, func(c *Config) {
		c.Classes = map[string]Class{"slow": {Tiers: []Tier{{2 * time.Minute, day}, {2 * time.Hour, 30 * day}}}}
		c.Retention = []Rule{{Match: "t_*", Class: "slow"}}
	})
	l := named("t_seconds")
	b := labels.NewBuilder(l)
	for i := range 10 {
		b.Set("label"+strconv.Itoa(i), strings.Repeat("x", 60))
	}
	l = b.Labels()
	for i := int64(1); i <= 720; i++ {
		r.put(timingSample(l, epoch+i*10_000, 1))
	}
	for _, do := range []func(){r.flush, r.reopen, func() {
		removeAll(t, r.config.Dir, checkpointFile, checkpointOld, "journal")
		r.crash()
	}} {
		do()
		if v := r.value(`increase(t_seconds_count[1h] offset 30m)`, r.now); math.Abs(v-360) > 1 || math.IsNaN(v) {
			t.Errorf("%v", v)
		}
		for i := int64(1); i <= 12; i++ {
			r.put(timingSample(l, r.now+10_000, 1))
		}
		r.flush()
		if v := r.value(`increase(t_seconds_count[1h] offset 40m)`, r.now); math.Abs(v-360) > 1 || math.IsNaN(v) {
			t.Errorf("later %v", v)
		}
	}
}

// tenHoursAgo asks for the count of a timing in twenty minutes: at how many instants
// it is known, and by how much it grows.
func (r *rig) tenHoursAgo() (n int, grew float64) {
	r.Helper()
	end := epoch + 2*3_600_000
	got := r.query(metric.Query{Expr: "t_seconds_count", Start: metric.Time(end - 1_200_000), End: metric.Time(end), Step: 10 * time.Second})
	if len(got) == 0 {
		return 0, 0
	}
	p := got[0].Points
	return len(p), p[len(p)-1].Value - p[0].Value
}

func agedTiming(t *testing.T) *rig {
	r := newRig(t, nil)
	for i := int64(1); i <= 12*360; i++ {
		r.put(timingSample(named("t_seconds"), epoch+i*10_000, 1))
		if i%400 == 0 {
			r.flush()
		}
	}
	return r
}

// A timing that keeps fine rows for longer from now on tells of before by others.
func TestTimingOfALongerTier(t *testing.T) {
	r := agedTiming(t)
	n, g := r.tenHoursAgo()
	r.config.Tiers = DefaultTiers()
	r.config.Tiers[0].Keep = 24 * time.Hour
	for _, do := range []func(){r.reopen, r.crash, func() { _, _ = r.Reshape(nothing, false, nil) }} {
		do()
		if m, h := r.tenHoursAgo(); m != n || h != g {
			t.Errorf("%d points grow by %v, before %d by %v", m, h, n, g)
		}
	}
}

// A tier that is new begins empty: what was before is told by coarser ones.
func TestTimingOfANewTier(t *testing.T) {
	r := agedTiming(t)
	n, g := r.tenHoursAgo()
	r.config.Tiers = []Tier{{10 * time.Second, 6 * time.Hour}, {30 * time.Second, 16 * time.Hour}, {time.Minute, 2 * day}, {10 * time.Minute, 32 * day}, {time.Hour, 400 * day}, {day, 1826 * day}}
	r.reopen()
	for range 3 {
		if m, h := r.tenHoursAgo(); m != n || h != g {
			t.Errorf("%d points grow by %v, before %d by %v", m, h, n, g)
		}
		for range 4 {
			r.put(timingSample(named("t_seconds"), r.now+10_000, 1))
		}
		r.flush()
	}
}

// Rows of an hour and a day in which a timing began tell of nothing before it.
func TestTimingThatBeginsInALongRow(t *testing.T) {
	r := newRig(t, nil)
	begin := epoch + 10*3_600_000 + 20*60_000
	for i := int64(1); i <= 40*60; i++ {
		r.put(timingSample(named("t_seconds"), begin+i*60_000, 1))
		if i%400 == 0 {
			r.flush()
		}
	}
	for _, until := range []int64{begin + 30*60_000, begin + 5*3_600_000, begin + 30*3_600_000, r.now} {
		for _, step := range []time.Duration{time.Minute, 10 * time.Minute, time.Hour} {
			got := r.query(metric.Query{Expr: "t_seconds_count", Start: metric.Time(epoch), End: metric.Time(until), Step: step})
			if len(got) != 1 {
				t.Fatalf("%d series", len(got))
			}
			for _, p := range got[0].Points {
				if want := float64(max(p.At-begin, 0) / 60_000); p.Value < want-60 || p.Value > want+60 || p.At < begin-3_600_000 {
					t.Fatalf("until %d s each %s: %v observations %d s after the begin, want %v", (until-begin)/1000, step, p.Value, (p.At-begin)/1000, want)
				}
			}
		}
	}
}
