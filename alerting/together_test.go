package alerting

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"plimsoll/alerting/hold"
	"plimsoll/alerting/match"
	"plimsoll/alerting/notify"
	"plimsoll/alerting/policy"
	"plimsoll/alerting/quorum"
	"plimsoll/alerting/rule"
	"plimsoll/internal/metric"
)

// TestAllAtOnce has people, reloads and readers at work while the engine runs:
// nobody waits for ever, and what somebody does about an alert that is open is
// never refused since a reload is under way.
func TestAllAtOnce(t *testing.T) {
	c := Default()
	c.Contacts, c.Rules = []notify.Contact{hook("ops")}, []rule.Config{downRule()}
	c.Services = []quorum.Config{{Name: "web", Members: "up", Alerts: `alertname="Down"`, Critical: "2", Interval: time.Second}}
	a := tell(t, c)
	a.set(`up{instance="a"}`, 0)
	if err := a.e.PutCheck(t.Context(), metric.CheckResult{Name: "app", State: metric.Critical}); err != nil {
		t.Fatal(err)
	}
	for range 4 {
		a.w.step(t.Context(), a.e, a.now)
		a.now = a.now.Add(time.Second)
	}
	var ids []string
	for _, alert := range a.e.Alerts() {
		if alert.State != metric.OK && alert.Hard {
			ids = append(ids, alert.ID)
		}
	}
	if len(ids) != 2 {
		t.Fatalf("open are %q, want those of the rule and of the application", ids)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var all, running sync.WaitGroup
	running.Go(func() { _ = a.e.Run(ctx) })
	const rounds = 30
	often := func(what string, f func(i int) error) {
		all.Go(func() {
			for i := range rounds {
				if err := f(i); err != nil {
					t.Errorf("%s: %v", what, err)
				}
			}
		})
	}
	everything, err := match.Parse(`alertname=~".+"`)
	if err != nil {
		t.Fatal(err)
	}
	often("acknowledge", func(i int) error {
		return a.e.Acknowledge(t.Context(), ids[i%2], Acknowledgement{By: "ops"})
	})
	often("hold", func(int) error {
		h, err := a.e.PutHold(t.Context(), hold.Hold{Kind: hold.Downtime, Match: everything, Until: a.w.clock().Add(time.Hour), Flexible: time.Minute, By: "ops"})
		if err != nil {
			return err
		}
		return a.e.EndHold(t.Context(), h.ID, "ops")
	})
	often("reload", func(i int) error {
		next := c
		next.DefaultRules, next.Routes = false, []policy.Route{{Contacts: []string{"ops"}, RemindEvery: time.Duration(i+1) * time.Minute}}
		return a.e.Reload(next)
	})
	often("read", func(int) error {
		if n := len(a.e.Alerts()); n < 2 {
			return fmt.Errorf("%d alerts", n)
		}
		a.e.Held(hold.Hold{Match: everything})
		a.e.OnCall()
		return nil
	})
	done := make(chan struct{})
	go func() { // awaited below
		all.Wait()
		cancel()
		running.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Fatal("somebody waits for ever")
	}
}
