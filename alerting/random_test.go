package alerting

import (
	"errors"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"plimsoll/alerting/check"
	"plimsoll/alerting/notify"
	"plimsoll/alerting/rule"
	"plimsoll/internal/metric"
)

// TestRandomLives leads an engine through random troubles, outages of contacts
// and restarts, then lets everything become well. Whatever happened, each contact
// has heard problem and recovery of each alert in turn, and a recovery last.
func TestRandomLives(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		w, dir := newWorld(), t.TempDir()
		c := randomConfig()
		e := w.open(t, dir, c)
		now := epoch
		live := func(steps int, by time.Duration) {
			for range steps {
				w.say(rt, e)
				w.step(t.Context(), e, now)
				now = now.Add(by)
			}
		}
		live(2, time.Second)
		for range rapid.IntRange(1, 15).Draw(rt, "length") {
			what := rapid.SampledFrom([]string{"bad", "good", "gone", "service", "store", "ops", "late", "spare", "restart", "wait", "app", "load", "host"}).Draw(rt, "what")
			if what == "restart" {
				e.Close()
				e = w.open(t, dir, c)
			}
			w.toggle(what)
			live(rapid.SampledFrom([]int{1, 3, 8}).Draw(rt, "seconds"), time.Second)
		}
		w.heal()
		now = now.Truncate(5 * time.Second).Add(5 * time.Second) // step sends at these
		live(20, 30*time.Second)                                 // longer than any retry is put off
		inTurn(rt, w.heard())
		if n, err := e.ledger.Queued(t.Context()); n != 0 || err != nil {
			rt.Errorf("%d messages are still queued, error %v", n, err)
		}
		e.Close()
	})
}

func randomConfig() Config {
	c := Default()
	c.DefaultRules = false
	web := tcpCheck("web")
	web.MaxAttempts = 2
	c.Checks = []check.Config{web}
	c.Rules = []rule.Config{
		{Name: "Down", Expr: "up == 0", For: 2 * time.Second, Interval: time.Second, NoData: 10 * time.Second},
		{Name: "Kept", Expr: "up < 1", Clear: "up > 0", KeepFiringFor: 4 * time.Second, Interval: time.Second, NoData: 5 * time.Second},
		{Name: "Load", Expr: "load > 8", Interval: time.Second, NoData: 5 * time.Second, Absent: rule.AbsentAlert},
	}
	ops, late := hook("ops"), hook("late")
	ops.Fallback, late.Fallback = "spare", "spare"
	c.Contacts, c.FallOverAfter = []notify.Contact{ops, late, hook("spare")}, 10*time.Second
	told := []string{"ops", "late"}
	c.Checks[0].Contacts, c.Rules[0].Contacts, c.Rules[1].Contacts, c.Passive.Contacts = told, told, told, told
	c.Rules[2].Contacts = told
	c.Passive.Freshness, c.Passive.NoData = 2*time.Second, 5*time.Second
	return c
}

// say lets an application say how it is, unless it is silent.
func (w *world) say(rt *rapid.T, e *Engine) {
	w.mu.Lock()
	app := w.app
	w.mu.Unlock()
	if app == "" {
		return
	}
	if err := e.PutCheck(rt.Context(), metric.CheckResult{Name: "app", State: app}); err != nil {
		rt.Error(err)
	}
}

// toggle changes one thing in the world.
func (w *world) toggle(what string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch what {
	case "bad":
		w.series[`up{instance="a"}`] = 0
	case "good":
		w.series[`up{instance="a"}`] = 1
	case "gone":
		delete(w.series, `up{instance="a"}`)
	case "service":
		w.up = !w.up
	case "load": // from well to bad to gone
		switch v, there := w.series[`load{instance="a"}`]; {
		case !there:
			w.series[`load{instance="a"}`] = 1
		case v == 1:
			w.series[`load{instance="a"}`] = 9
		default:
			delete(w.series, `load{instance="a"}`)
		}
	case "host": // from silent to retired to up
		switch up, there := w.hosts["a"]; {
		case up:
			w.hosts["a"] = false
		case there:
			delete(w.hosts, "a")
		default:
			w.hosts["a"] = true
		}
	case "app": // the next of its states, and then silence
		states := append(bySeverity(), "")
		w.app = states[(slices.Index(states, w.app)+1)%len(states)]
	case "store":
		w.broken = !w.broken
	case "ops", "late", "spare":
		if w.down[what] != nil {
			w.down[what] = nil
		} else {
			w.down[what] = errors.New("no answer")
		}
	}
}

func (w *world) heal() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.series[`up{instance="a"}`], w.series[`load{instance="a"}`], w.hosts["a"] = 1, 1, true
	w.up, w.broken, w.down, w.app = true, false, map[string]error{}, metric.OK
}

// heard is all that arrived, in order.
func (w *world) heard() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.got
}

func inTurn(rt *rapid.T, got []string) {
	for _, contact := range []string{"ops", "late", "spare"} {
		for _, name := range []string{"web", "Down", "Kept", "Load", "app"} {
			told := false
			for _, m := range got {
				switch m {
				case contact + " problem " + name:
					if told {
						rt.Errorf("%s was told twice of %s: %q", contact, name, got)
					}
					told = true
				case contact + " update " + name: // the first word to whom it fell over
					told = true
				case contact + " recovery " + name, contact + " closed " + name:
					if !told {
						rt.Errorf("%s was told of an end of %s without a begin: %q", contact, name, got)
					}
					told = false
				}
			}
			if told {
				rt.Errorf("%s was never told of the end of %s: %q", contact, name, got)
			}
		}
	}
}
