package rrdstore

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/prometheus/prometheus/model/labels"
)

// planned is a store with series of two classes.
func planned(t *testing.T) *rig {
	r := newRig(t, func(c *Config) { c.Retention = []Rule{{Match: "node_*", Class: classLean}} })
	at := epoch + 10_000
	r.put(gaugeSample(named("up", "job", "web"), at, 1), gaugeSample(named("node_load1", "job", "node"), at, 1),
		gaugeSample(named("node_load5", "job", "node"), at, 1), timingSample(named("t_seconds"), at, 1))
	if err := r.closeTimings(epoch + 2*day.Milliseconds()); err != nil {
		t.Fatal(err)
	}
	r.flush()
	return r
}

// What is planned is what the files then take; a directory is counted as the
// store counts it.
func TestPlanIsWhatFilesTake(t *testing.T) {
	r := planned(t)
	p, err := r.Plan()
	if err != nil {
		t.Fatal(err)
	}
	sum := int64(0)
	for _, path := range []string{"up/job=web", "node_load1/job=node", "node_load5/job=node", "t_seconds/_@10s", "t_seconds/_@1m", "t_seconds/_@10m", "t_seconds/_@1h", "t_seconds/_@1d"} {
		sum += ceilTo(int64(len(readFile(t, filepath.Join(r.config.Dir, "archives", path+".rrd")))), blockBytes)
	}
	if p.Bytes != sum && p.Free > 0 {
		t.Errorf("planned %d, files that will be have %d", p.Bytes, sum)
	}
	from, err := r.config.PlanOf()
	if diff := cmp.Diff(p, from, cmpopts.IgnoreFields(Plan{}, "Free")); diff != "" || err != nil {
		t.Errorf("%v -store +directory:\n%s", err, diff)
	}
	if p.Classes[1].Class != classLean || p.Classes[1].Plain != 2 || p.Classes[0].Plain != 1 || p.Classes[0].Timings != 1 || p.Classes[1].Match[0] != "node_*" {
		t.Errorf("%+v", p.Classes)
	}
	for i, c := range r.config.PlanFor(10).Classes {
		if want := []string{classStandard, classLean, classLong}[i]; c.Class != want || c.Bytes != 10*(c.PlainBytes+c.TimingBytes) || c.Bytes == 0 {
			t.Errorf("%+v, want %s", c, want)
		}
	}
}

func TestList(t *testing.T) {
	r := planned(t)
	r.put(gaugeSample(named("new"), r.now, 1))
	var got []Listed
	list := func(ms ...*labels.Matcher) {
		got = nil
		if err := r.List(r.Context(), ms, func(found []Listed) { got = append(got, found...) }); err != nil {
			t.Fatal(err)
		}
	}
	list(labels.MustNewMatcher(labels.MatchEqual, "job", "web"))
	bytes := r.classes.standard.gauge.schema.FileBytes()
	want := []Listed{{
		Labels: map[string]string{"__name__": "up", "job": "web"}, Kind: "gauge", Class: classStandard, State: stateActive,
		Files: []string{"archives/up/job=web.rrd"}, Bytes: bytes, First: epoch, Last: epoch + 10_000,
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if list(labels.MustNewMatcher(labels.MatchEqual, "__name__", "t_seconds_count")); len(got) != 1 || len(got[0].Files) != 5 {
		t.Errorf("a timing: %+v", got)
	}
	if list(); len(got) != 5 {
		t.Errorf("all: %+v", got)
	}
	top, n := r.Top(nil, "job", 2)
	if n != 3 || len(top) != 2 || top[0].Series != 2 || top[1].Series != 2 || top[1].Value != "node" || top[1].Bytes != 2*onDisk(r.classes.of(named("node_x")).gauge) {
		t.Errorf("%d %+v", n, top)
	}
}
