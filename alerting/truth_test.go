package alerting

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/alerting/notify"
	"plimsoll/alerting/policy"
	"plimsoll/alerting/quorum"
	"plimsoll/alerting/rule"
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

// TestReloadKeepsMembersMuted: what is a service's affair stays so over a reload.
func TestReloadKeepsMembersMuted(t *testing.T) {
	c := Default()
	c.Contacts = []notify.Contact{hook("ops")}
	c.Rules = []rule.Config{downRule()}
	c.Services = []quorum.Config{{Name: "web", Members: "up", Alerts: `alertname="Down"`, Critical: "2", Interval: time.Second, For: time.Second}}
	a := tell(t, c)
	a.set(`up{instance="a"}`, 0)
	a.set(`up{instance="b"}`, 1)
	a.after(2 * time.Minute)
	for range 5 {
		a.reload(c)
		a.after(10 * time.Second)
	}
	c.Services = nil
	a.reload(c)
	a.after(10*time.Second, "ops problem Down")
}
