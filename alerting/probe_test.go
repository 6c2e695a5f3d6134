package alerting

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/value"

	"plimsoll/alerting/check"
	"plimsoll/internal/metric"
)

// kept is a Sink that remembers values by series.
type kept map[string]float64

func (k kept) Put(_ context.Context, samples []metric.Sample) error {
	for _, s := range samples {
		k[s.Labels.String()] = s.Value
	}
	return nil
}

func TestProbesBecomeSeries(t *testing.T) {
	w, sink := newWorld(), kept{}
	c := Default()
	c.DefaultRules, c.Sink = false, sink
	c.Checks = []check.Config{tcpCheck("web")}
	e := w.open(t, t.TempDir(), c)
	defer e.Close()
	for i := range 2 {
		w.step(t.Context(), e, epoch.Add(time.Duration(i)*time.Second))
	}
	want := kept{
		`{__name__="probe_success", check="web", target="web:80"}`:          1,
		`{__name__="probe_duration_seconds", check="web", target="web:80"}`: 0,
	}
	if diff := cmp.Diff(want, sink); diff != "" {
		t.Error(diff)
	}

	// A check that stays keeps its series; one that is gone has no value left.
	for _, c.Checks = range [][]check.Config{{tcpCheck("web"), tcpCheck("other")}, {tcpCheck("other")}} {
		if err := e.Reload(c); err != nil {
			t.Fatal(err)
		}
		ended := value.IsStaleNaN(sink[`{__name__="probe_success", check="web", target="web:80"}`])
		if gone := len(c.Checks) == 1; ended != gone {
			t.Errorf("with %d checks: the series of web has ended: %v", len(c.Checks), ended)
		}
	}
}

// What a probe finds is told as the check's severity allows, and stored as it is.
func TestWhatProbesFindIsSeenAndStored(t *testing.T) {
	web := check.Config{Name: "web", Severity: metric.Warning}
	for state, want := range map[metric.Severity]metric.Severity{
		metric.OK: metric.OK, metric.Warning: metric.Warning, metric.Critical: metric.Warning, metric.Unknown: metric.Unknown,
	} {
		got := seen(web, check.Result{State: state, Summary: "x"})
		if got.Severity != want || (got.Verdict == 0) != (state == metric.OK) {
			t.Errorf("%s is seen as %+v", state, got)
		}
	}

	u := &unit{name: "web", target: "web:80"}
	series := func(perf ...check.Perf) kept {
		k := kept{}
		_ = k.Put(t.Context(), u.measured(perf, epoch))
		return k
	}
	first := series(check.Perf{Name: "a", Value: 1}, check.Perf{Name: "b", Pairs: []string{"phase", "tls"}, Value: 2}, check.Perf{Name: "a", Value: 3})
	want := kept{`{__name__="a", check="web", target="web:80"}`: 1, `{__name__="b", check="web", phase="tls", target="web:80"}`: 2}
	if diff := cmp.Diff(want, first); diff != "" {
		t.Error(diff)
	}
	then := series(check.Perf{Name: "a", Value: 4})
	if len(then) != 2 || !value.IsStaleNaN(then[`{__name__="b", check="web", phase="tls", target="web:80"}`]) {
		t.Errorf("then %v", then)
	}
	if last := series(); len(last) != 1 || len(series()) != 0 {
		t.Errorf("at last %v", last)
	}
}

// A check's samples stand on whole seconds, each second once, wherever in the
// second it looks, and so does the mark of its end.
func TestProbesAreStampedOnWholeSeconds(t *testing.T) {
	w, sink := newWorld(), &stamps{}
	c := Default()
	c.DefaultRules, c.Sink = false, sink
	c.Checks = []check.Config{tcpCheck("web")}
	e := w.open(t, t.TempDir(), c)
	defer e.Close()
	for at := 369 * time.Millisecond; at < 20*time.Second; at += 350 * time.Millisecond {
		w.step(t.Context(), e, epoch.Add(at))
	}
	looks := len(sink.ms)
	c.Checks = nil
	if err := e.Reload(c); err != nil {
		t.Fatal(err)
	}
	if looks < 10 || len(sink.ms) != looks+1 {
		t.Fatalf("%d samples and %d marks", looks, len(sink.ms)-looks)
	}
	for i, ms := range sink.ms {
		if ms%1000 != 0 || i > 0 && ms <= sink.ms[i-1] {
			t.Fatalf("sample %d is stamped %d in %v", i, ms-epoch.UnixMilli(), sink.ms)
		}
	}
}

// stamps is a Sink that remembers when probe_success was seen.
type stamps struct{ ms []int64 }

func (s *stamps) Put(_ context.Context, samples []metric.Sample) error {
	s.ms = append(s.ms, samples[0].At)
	return nil
}
