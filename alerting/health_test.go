package alerting

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	dto "github.com/prometheus/client_model/go"

	"plimsoll/alerting/check"
	"plimsoll/alerting/notify"
	"plimsoll/internal/metric"
)

// TestDeadChannelIsAnEvent: once when it is dead, once when it takes messages
// again, and a metric meanwhile.
func TestDeadChannelIsAnEvent(t *testing.T) {
	w := newWorld()
	c := Default()
	c.DefaultRules, c.FallOverAfter = false, time.Minute
	c.Checks = []check.Config{tcpCheck("web"), tcpCheck("db")}
	c.Contacts = []notify.Contact{hook("ops")}
	e := w.open(t, t.TempDir(), c)
	defer e.Close()
	now := epoch
	live := func(d time.Duration) {
		for end := now.Add(d); now.Before(end); now = now.Add(time.Second) {
			w.step(t.Context(), e, now)
		}
	}
	w.down["ops"] = errors.New("no answer")
	w.up = false
	live(50 * time.Second)
	told := func() (titles []string) {
		events, err := e.Events(t.Context(), metric.Selection{Start: epoch, End: now, Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		for _, ev := range events {
			titles = append(titles, ev.Type+": "+ev.Title)
		}
		return titles
	}
	unreached := func() float64 {
		var m dto.Metric
		if err := e.metrics.unreached.WithLabelValues("ops", "webhook").Write(&m); err != nil {
			t.Fatal(err)
		}
		return m.GetGauge().GetValue()
	}
	if got := told(); len(got) > 0 || unreached() != 0 {
		t.Errorf("too early: %q", got)
	}
	live(5 * time.Minute)
	dead := "error: contact ops is not reached by webhook"
	if diff := cmp.Diff([]string{dead}, told()); diff != "" || unreached() != 1 {
		t.Error(diff)
	}
	w.mu.Lock()
	w.down["ops"] = nil
	w.mu.Unlock()
	live(6 * time.Minute)
	if diff := cmp.Diff([]string{"success: contact ops is reached again by webhook", dead}, told()); diff != "" || unreached() != 0 {
		t.Error(diff)
	}
}

// TestRemovedContactIsNotDead: what still waits for it is given up, and nothing
// is said of a contact that nobody wants any more.
func TestRemovedContactIsNotDead(t *testing.T) {
	w := newWorld()
	c := Default()
	c.DefaultRules = false
	c.Checks = []check.Config{tcpCheck("web")}
	c.Contacts = []notify.Contact{hook("ops")}
	e := w.open(t, t.TempDir(), c)
	defer e.Close()
	w.down["ops"], w.up = errors.New("no answer"), false
	w.step(t.Context(), e, epoch)
	c.Contacts = nil
	if err := e.Reload(c); err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		w.step(t.Context(), e, epoch.Add(time.Duration(i)*time.Second))
	}
	events, err := e.Events(t.Context(), metric.Selection{Start: epoch, End: epoch.Add(time.Hour), Limit: 10})
	if n, _ := e.ledger.Queued(t.Context()); err != nil || len(events) > 0 || n != 0 {
		t.Errorf("%d messages wait, events %+v, error %v", n, events, err)
	}
}

func TestFallbackIsAnother(t *testing.T) {
	for fallback, good := range map[string]bool{"boss": true, "ops": false, "nobody": false, "": true} {
		c := Default()
		ops := hook("ops")
		ops.Fallback = fallback
		c.Contacts = []notify.Contact{ops, hook("boss")}
		if err := c.Validate(); (err == nil) != good || err != nil && !strings.Contains(err.Error(), "contacts[0].fallback: ") {
			t.Errorf("fallback %q: %v", fallback, err)
		}
	}
}
