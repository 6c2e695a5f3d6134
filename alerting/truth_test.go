package alerting

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/alerting/ledger"
	"plimsoll/alerting/notify"
	"plimsoll/alerting/policy"
	"plimsoll/alerting/rule"
	"plimsoll/internal/metric"
)

// tale is what happens to an engine in a test.
type tale struct {
	t   *testing.T
	w   *world
	e   *Engine
	now time.Time
}

func tell(t *testing.T, c Config) *tale {
	t.Helper()
	w := newWorld()
	c.DefaultRules = false
	e := w.open(t, t.TempDir(), c)
	t.Cleanup(func() { e.Close() })
	return &tale{t, w, e, epoch}
}

// after lets time pass and says what must have arrived since.
func (a *tale) after(d time.Duration, want ...string) {
	a.t.Helper()
	for end := a.now.Add(d); a.now.Before(end); a.now = a.now.Add(time.Second) {
		a.w.step(a.t.Context(), a.e, a.now)
	}
	if diff := cmp.Diff(want, a.w.take()); diff != "" {
		a.t.Errorf("until %v: %s", a.now.Sub(epoch), diff)
	}
}

func (a *tale) set(series string, v float64) {
	a.w.mu.Lock()
	defer a.w.mu.Unlock()
	a.w.series[series] = v
}

func (a *tale) reload(c Config) {
	a.t.Helper()
	c.DefaultRules = false
	if err := a.e.Reload(c); err != nil {
		a.t.Fatal(err)
	}
	a.w.wire(a.e)
}

func downRule(contacts ...string) rule.Config {
	return rule.Config{Name: "Down", Expr: "up == 0", Interval: time.Second, NoData: 10 * time.Second, Class: "up/down", Contacts: contacts}
}

// TestFallbackWhoseTurnComes: boss stands in for ops, who is not reached, and is
// then told by an escalation too. That must hinder no other trouble of the rule.
func TestFallbackWhoseTurnComes(t *testing.T) {
	c := Default()
	ops := hook("ops")
	ops.Fallback, c.FallOverAfter = "boss", 10*time.Second
	c.Contacts = []notify.Contact{ops, hook("boss")}
	c.Rules = []rule.Config{downRule()}
	c.Routes = []policy.Route{{Contacts: []string{"ops"}, Escalate: []policy.Step{{After: time.Minute, Contacts: []string{"boss"}}}}}
	a := tell(t, c)
	a.w.down["ops"] = errors.New("no answer")
	a.set(`up{instance="a"}`, 0)
	a.after(50*time.Second, "boss problem Down")
	a.after(20 * time.Second)
	a.set(`up{instance="b"}`, 0)
	a.after(50*time.Second, "boss problem Down")
	a.set(`up{instance="a"}`, 1)
	a.set(`up{instance="b"}`, 1)
	a.after(20*time.Second, "boss recovery Down", "boss recovery Down")
}

// TestAckThatWasOutgrownIsOver: trouble that gets worse ends an acknowledgement
// for good. One that came back with each better look would tell at each worse one.
func TestAckThatWasOutgrownIsOver(t *testing.T) {
	c := Default()
	c.Contacts = []notify.Contact{hook("ops")}
	a := tell(t, c)
	say := func(s metric.Severity) {
		t.Helper()
		if err := a.e.PutCheck(t.Context(), metric.CheckResult{Name: "app", State: s}); err != nil {
			t.Fatal(err)
		}
	}
	say(metric.Warning)
	a.after(3*time.Second, "ops problem app")
	id := a.e.Alerts()[0].ID
	if err := a.e.Acknowledge(t.Context(), id, Acknowledgement{By: "ops"}); err != nil {
		t.Fatal(err)
	}
	a.after(3 * time.Second)
	say(metric.Critical)
	a.after(3*time.Second, "ops update app")
	for range 3 {
		say(metric.Warning)
		a.after(3 * time.Second)
		say(metric.Critical)
		a.after(3 * time.Second)
	}
	if ack := a.e.Alerts()[0].Ack; ack != nil {
		t.Errorf("the acknowledgement counts again: %+v", ack)
	}
}

// TestFirstFailureAfterADigest: what waited for its digest by design was not
// tried yet. One attempt that fails neither gives it up nor makes its route dead.
func TestFirstFailureAfterADigest(t *testing.T) {
	c := Default()
	ops := hook("ops")
	ops.Webhook, ops.Email, ops.Fallback = nil, &notify.Email{To: []string{"ops@x"}, From: "p@x", SMTP: "mx:25", Digest: 8 * time.Hour}, "boss"
	c.Contacts = []notify.Contact{ops, hook("boss")}
	r := downRule("ops")
	r.Severity = metric.Warning
	c.Rules, c.GiveUpAfter, c.FallOverAfter = []rule.Config{r}, time.Hour, 5*time.Minute
	a := tell(t, c)
	a.set(`up{instance="a"}`, 0)
	a.after(8*time.Hour - time.Minute)
	a.w.down["ops"] = errors.New("no answer")
	a.after(3 * time.Minute)
	a.w.down["ops"] = nil
	a.after(6*time.Minute, "ops problem Down")
	a.set(`up{instance="a"}`, 1)
	a.after(8*time.Hour+time.Minute, "ops recovery Down")
}

// TestFallbackHearsThatItGetsWorse: who stands in for one who is not reached is
// told what that one would be told.
func TestFallbackHearsThatItGetsWorse(t *testing.T) {
	c := Default()
	ops := hook("ops")
	ops.Fallback, c.FallOverAfter = "boss", 10*time.Second
	c.Contacts, c.Passive.Contacts = []notify.Contact{ops, hook("boss")}, []string{"ops"}
	c.Passive.Freshness = time.Hour
	a := tell(t, c)
	say := func(s metric.Severity) {
		t.Helper()
		if err := a.e.PutCheck(t.Context(), metric.CheckResult{Name: "app", State: s}); err != nil {
			t.Fatal(err)
		}
	}
	a.w.down["ops"] = errors.New("no answer")
	say(metric.Warning)
	a.after(time.Minute, "boss problem app")
	say(metric.Critical)
	a.after(10*time.Minute, "boss update app")
	say(metric.OK)
	a.after(10*time.Minute, "boss recovery app")
	a.w.down["ops"] = nil
	a.after(20*time.Minute, "ops problem app", "ops recovery app", "ops update app")
}

// TestRenamedContactHearsTheEnd: an address that was told of a problem under one
// name is told of its end, though the name is gone.
func TestRenamedContactHearsTheEnd(t *testing.T) {
	c := Default()
	ops := hook("ops")
	ops.Webhook, ops.Email = nil, &notify.Email{To: []string{"ops@x"}, From: "p@x", SMTP: "mx:25"}
	c.Contacts, c.Rules = []notify.Contact{ops}, []rule.Config{downRule("ops")}
	a := tell(t, c)
	a.set(`up{instance="a"}`, 0)
	a.after(5*time.Second, "ops problem Down")
	c.Contacts = []notify.Contact{hook("boss"), ops}
	c.Contacts[1].Name, c.Rules = "sre", []rule.Config{downRule("boss")}
	a.reload(c)
	a.after(5*time.Second, "boss problem Down")
	a.set(`up{instance="a"}`, 1)
	a.after(2*time.Minute, "boss recovery Down", "sre recovery Down")
}

// TestDiskFullForMinutes: while nothing can be stored nothing is told, and then
// the truth, once.
func TestDiskFullForMinutes(t *testing.T) {
	c := Default()
	c.Contacts, c.Rules = []notify.Contact{hook("ops")}, []rule.Config{downRule("ops")}
	a := tell(t, c)
	whole := a.e.store
	full := func(is bool) {
		a.e.store = whole
		if is {
			a.e.store = fullStore{whole}
		}
	}
	say := func(s metric.Severity) {
		t.Helper()
		if err := a.e.PutCheck(t.Context(), metric.CheckResult{Name: "app", State: s}); err != nil {
			t.Fatal(err)
		}
	}
	full(true)
	a.set(`up{instance="a"}`, 0)
	say(metric.Critical)
	a.after(3 * time.Minute)
	full(false)
	a.after(10*time.Second, "ops problem Down", "ops problem app")
	full(true)
	a.set(`up{instance="a"}`, 1)
	say(metric.OK)
	a.after(3 * time.Minute)
	full(false)
	a.after(10*time.Second, "ops recovery Down", "ops recovery app")
}

type fullStore struct{ store }

func (fullStore) Commit(_ context.Context, steps []ledger.Step) error {
	if len(steps) == 0 {
		return nil
	}
	return errors.New("disk full")
}

// TestRouteTakenOutWhileTold: who is taken out of a route hears of the end.
func TestRouteTakenOutWhileTold(t *testing.T) {
	c := Default()
	c.Contacts, c.Rules = []notify.Contact{hook("ops"), hook("boss")}, []rule.Config{downRule()}
	c.Routes = []policy.Route{{Contacts: []string{"ops"}}}
	a := tell(t, c)
	a.set(`up{instance="a"}`, 0)
	a.after(10*time.Second, "ops problem Down")
	c.Routes = []policy.Route{{Contacts: []string{"boss"}}}
	a.reload(c)
	a.after(10*time.Second, "boss problem Down")
	a.set(`up{instance="a"}`, 1)
	a.after(10*time.Second, "boss recovery Down", "ops recovery Down")
}

// TestFallbackHearsOfARefusedBundle: a bundle that holds a problem with its end
// and is refused for good goes to the fallback, as each by itself would.
func TestFallbackHearsOfARefusedBundle(t *testing.T) {
	c := Default()
	ops := hook("ops")
	ops.Webhook, ops.Email, ops.Fallback = nil, &notify.Email{To: []string{"ops@x"}, From: "p@x", SMTP: "mx:25"}, "boss"
	c.Contacts, c.Rules = []notify.Contact{ops, hook("boss")}, []rule.Config{downRule("ops")}
	a := tell(t, c)
	a.set(`up{instance="a"}`, 0)
	a.after(5*time.Second, "ops problem Down")
	a.set(`up{instance="b"}`, 0)
	a.after(5 * time.Second)
	a.w.down["ops"] = notify.ErrFinal
	a.set(`up{instance="b"}`, 1)
	a.after(time.Minute, "boss problem Down", "boss recovery Down")
}
