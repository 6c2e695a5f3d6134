package alerting

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/prometheus/model/value"

	"plimsoll/internal/metric"
)

func passiveConfig() Config {
	c := Default()
	c.DefaultRules = false
	c.Passive.Freshness = time.Minute
	return c
}

func refusedOf(e *Engine, what, reason string) float64 {
	var m dto.Metric
	if err := e.metrics.refused.WithLabelValues(what, reason).Write(&m); err != nil {
		panic(err)
	}
	return m.GetCounter().GetValue()
}

func TestPassiveChecksAreBounded(t *testing.T) {
	w, logged := newWorld(), &bytes.Buffer{}
	c := passiveConfig()
	c.Passive.Max, c.Logger = 3, slog.New(slog.NewTextHandler(logged, nil))
	e := w.open(t, t.TempDir(), c)
	defer e.Close()
	for i := range 5 {
		for _, name := range []string{"many", "one"}[:1+i/4] {
			r := metric.CheckResult{Name: name, State: metric.OK, Labels: map[string]string{"id": fmt.Sprint(i)}}
			if err := e.PutCheck(t.Context(), r); err != nil {
				t.Fatal(err)
			}
		}
	}
	w.step(t.Context(), e, epoch)
	if got := len(e.Alerts()); got != 3 {
		t.Errorf("%d checks, want 3", got)
	}
	if got := refusedOf(e, "result", "too many passive checks"); got != 3 {
		t.Errorf("%g refused, want 3", got)
	}
	if text := logged.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, "most_have_the_name=many of_that_name=3") {
		t.Errorf("the offender is not named once: %s", text)
	}
}

func TestPassiveChecksAreToldApart(t *testing.T) {
	ids := map[string]bool{}
	for _, r := range []metric.CheckResult{
		{Name: "a"},
		{Name: "a", Host: "h"},
		{Name: "a", Labels: map[string]string{"k": "v"}},
		{Name: "a", Labels: map[string]string{"k": "v2"}},
		{Name: "b"},
		{Name: "a/b", Host: "h"},
	} {
		r.State = metric.OK
		one, err := cleanResult(r)
		if err != nil {
			t.Fatal(err)
		}
		ids[one.id] = true
		if name, is := passiveName(one.id); !is || name != r.Name {
			t.Errorf("%q has the name %q", one.id, name)
		}
	}
	if len(ids) != 6 {
		t.Errorf("%d identities of 6 checks: %v", len(ids), ids)
	}
}

func TestBadResultsAreRefused(t *testing.T) {
	e := newWorld().open(t, t.TempDir(), passiveConfig())
	defer e.Close()
	many := map[string]string{}
	for i := range maxLabelCount + 1 {
		many[fmt.Sprint("l", i)] = "x"
	}
	for _, c := range []struct {
		r    metric.CheckResult
		want error
	}{
		{metric.CheckResult{State: metric.OK}, errBadName},
		{metric.CheckResult{Name: "a\x1b[2J", State: metric.OK}, errBadName},
		{metric.CheckResult{Name: strings.Repeat("a", 101), State: metric.OK}, errBadName},
		{metric.CheckResult{Name: "a", State: metric.Info}, errBadState},
		{metric.CheckResult{Name: "a", State: metric.OK, Labels: many}, errLabels},
		{metric.CheckResult{Name: "a", State: metric.OK, At: epoch.Add(time.Hour)}, errFuture},
	} {
		if err := e.PutCheck(t.Context(), c.r); !errors.Is(err, c.want) {
			t.Errorf("%+v: %v, want %v", c.r, err, c.want)
		}
	}
	if got := refusedOf(e, "result", errBadName.Error()); got != 3 {
		t.Errorf("%g counted, want 3", got)
	}
}

// TestStampsOfResults: what a sender stamps earlier than what it said before is
// not believed, nor what is older than the freshness.
func TestStampsOfResults(t *testing.T) {
	w := newWorld()
	e := w.open(t, t.TempDir(), passiveConfig())
	defer e.Close()
	say := func(state metric.Severity, at time.Time) {
		if err := e.PutCheck(t.Context(), metric.CheckResult{Name: "app", State: state, At: at}); err != nil {
			t.Fatal(err)
		}
		w.step(t.Context(), e, epoch)
	}
	say(metric.OK, epoch.Add(-5*time.Second))
	say(metric.Critical, epoch.Add(-6*time.Second))
	say(metric.Critical, epoch.Add(-2*time.Minute))
	if got := e.Alerts()[0].State; got != metric.OK {
		t.Errorf("state %s, want ok", got)
	}
	if late, old := refusedOf(e, "result", errLate.Error()), refusedOf(e, "result", errOld.Error()); late != 1 || old != 1 {
		t.Errorf("%g late and %g old, want one of each", late, old)
	}
}

func TestStatusesBecomeSeries(t *testing.T) {
	w, sink := newWorld(), kept{}
	c := passiveConfig()
	c.Sink = sink
	e := w.open(t, t.TempDir(), c)
	defer e.Close()
	const series = `{__name__="service_check_status", check="app", env="prod", host="web1"}`
	say := func(state metric.Severity, second int) float64 {
		if state != "" {
			r := metric.CheckResult{Name: "app", Host: "web1", State: state, Labels: map[string]string{"env": "prod"}}
			if err := e.PutCheck(t.Context(), r); err != nil {
				t.Fatal(err)
			}
		}
		w.step(t.Context(), e, epoch.Add(time.Duration(second)*time.Second))
		return sink[series]
	}
	got := []float64{
		say(metric.Warning, 0), say(metric.Critical, 5), say(metric.OK, 10), // the worst since the last time
		say(metric.Unknown, 20), say("", 30), say(metric.OK, 40),
	}
	if diff := cmp.Diff([]float64{1, 1, 2, 3, 3, 0}, got); diff != "" {
		t.Error(diff)
	}
	if v := say("", 150); !value.IsStaleNaN(v) {
		t.Errorf("%g of a check that is silent", v)
	}
}

// TestResultsWaitForTheLedger: what the ledger does not take is judged later.
func TestResultsWaitForTheLedger(t *testing.T) {
	w := newWorld()
	c := passiveConfig()
	c.Contacts = append(c.Contacts, hook("ops"))
	e := w.open(t, t.TempDir(), c)
	defer e.Close()
	good, broken := e.store, &dying{store: e.store, dieAt: 1, lost: map[string]bool{}}
	e.store = broken
	for _, s := range []metric.Severity{metric.Critical, metric.OK} {
		if err := e.PutCheck(t.Context(), metric.CheckResult{Name: "app", State: s}); err != nil {
			t.Fatal(err)
		}
	}
	w.step(t.Context(), e, epoch)
	e.store = good
	w.step(t.Context(), e, epoch.Add(time.Second))
	if got := w.take(); got != nil || len(e.Alerts()) != 0 {
		t.Errorf("%q before the pause is over; alerts %v", got, e.Alerts())
	}
	w.step(t.Context(), e, epoch.Add(intakePause+time.Second))
	w.step(t.Context(), e, epoch.Add(10*time.Second))
	if diff := cmp.Diff([]string{"ops problem app", "ops recovery app"}, w.take()); diff != "" {
		t.Error(diff)
	}
}

func TestReloadKeepsPassiveChecks(t *testing.T) {
	w := newWorld()
	c := passiveConfig()
	e := w.open(t, t.TempDir(), c)
	defer e.Close()
	say := func(state metric.Severity, at time.Duration) {
		if err := e.PutCheck(t.Context(), metric.CheckResult{Name: "app", State: state}); err != nil {
			t.Fatal(err)
		}
		w.step(t.Context(), e, epoch.Add(at))
	}
	say(metric.OK, 0)
	c.Contacts, c.Passive.MaxAttempts = append(c.Contacts, hook("ops")), 2
	if err := e.Reload(c); err != nil {
		t.Fatal(err)
	}
	w.wire(e)
	say(metric.Critical, 4*time.Second)
	if a := e.Alerts(); len(a) != 1 || a[0].Hard || a[0].Attempt != 1 || a[0].MaxAttempts != 2 {
		t.Errorf("after the first bad result of two: %+v", a)
	}
	say(metric.Warning, 5*time.Second)
	if a := e.Alerts()[0]; !a.Hard || a.State != metric.Warning || a.Severity != metric.Warning {
		t.Errorf("after the second: %+v", a)
	}
	if diff := cmp.Diff([]string{"ops problem app"}, w.take()); diff != "" {
		t.Error(diff)
	}
}

// TestSendersNeverWait has many of them at work at once with everybody else:
// the race detector watches, and what was taken is there in the end.
func TestSendersNeverWait(t *testing.T) {
	w, c := newWorld(), passiveConfig()
	c.Sink = &sinkhole{}
	e := w.open(t, t.TempDir(), c)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- e.Run(ctx) }() // ends by cancel
	var senders sync.WaitGroup
	const each = 50
	for host := range 4 {
		senders.Go(func() {
			for i := range each {
				r := metric.CheckResult{Name: "app", Host: fmt.Sprint(host), State: bySeverity()[i%4]}
				ev := metric.Event{Title: fmt.Sprint(host, " ", i)}
				if err := errors.Join(e.PutCheck(ctx, r), e.PutEvent(ctx, ev)); err != nil {
					t.Error(err)
				}
				e.Alerts()
				if err := e.Reload(c); err != nil {
					t.Error(err)
				}
			}
		})
	}
	senders.Wait()
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if events, alerts := eventsOf(t, e), e.Alerts(); len(events) != 4*each || len(alerts) != 4 || alerts[0].State != metric.Warning {
		t.Errorf("%d events, want %d; alerts %+v", len(events), 4*each, alerts)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}

type sinkhole struct{}

func (*sinkhole) Put(context.Context, []metric.Sample) error { return nil }

// BenchmarkPassiveResults takes the results of 10,000 checks: as they were, and
// all of them turned.
func BenchmarkPassiveResults(b *testing.B) {
	c := passiveConfig()
	c.Dir, c.Querier = b.TempDir(), newWorld()
	c.Clock = func() time.Time { return epoch }
	e, err := Open(c)
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close()
	say := func(state metric.Severity) {
		for i := range c.Passive.Max {
			r := metric.CheckResult{Name: "app", Host: fmt.Sprint("host", i), State: state, Labels: map[string]string{"env": "prod"}}
			if err := e.PutCheck(b.Context(), r); err != nil {
				b.Fatal(err)
			}
		}
		e.drain(b.Context(), epoch)
	}
	say(metric.OK)
	b.Run("same", func(b *testing.B) {
		for b.Loop() {
			say(metric.OK)
		}
	})
	b.Run("turned", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			say([]metric.Severity{metric.Critical, metric.OK}[i%2])
		}
	})
	b.Run("put", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, _ = cleanResult(metric.CheckResult{Name: "app", Host: "host", State: metric.OK, Labels: map[string]string{"env": "prod"}})
		}
	})
}
