package alerting

import (
	"testing"
	"time"

	"plimsoll/alerting/check"
	"plimsoll/alerting/depend"
	"plimsoll/alerting/hold"
	"plimsoll/alerting/match"
	"plimsoll/alerting/notify"
	"plimsoll/alerting/quorum"
	"plimsoll/alerting/rule"
	"plimsoll/internal/metric"
)

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

// TestRestartKeepsWhatIsUnreachable: what could not be reached before a restart
// is not told of by a look that comes before all are looked at.
func TestRestartKeepsWhatIsUnreachable(t *testing.T) {
	dir, w, c := t.TempDir(), newWorld(), Default()
	c.DefaultRules = false
	c.Contacts = []notify.Contact{hook("ops")}
	c.Checks = []check.Config{tcpCheck("core"), tcpCheck("web")}
	c.Dependencies = []depend.Config{{Name: "web", Needs: depend.Needs{All: []string{"core"}}}}
	w.up = false
	a := &tale{t, w, w.open(t, dir, c), epoch}
	a.after(5*time.Minute, "ops problem core")
	for range 3 {
		if err := a.e.Close(); err != nil {
			t.Fatal(err)
		}
		a.e = w.open(t, dir, c)
		a.after(10 * time.Second)
	}
	w.mu.Lock()
	w.up = true
	w.mu.Unlock()
	a.after(10*time.Second, "ops recovery core")
	if err := a.e.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestServiceGoneAndBack: members that were held are told when their service is
// gone from the configuration, and hear of their end when it is back.
func TestServiceGoneAndBack(t *testing.T) {
	c := Default()
	c.Contacts = []notify.Contact{hook("ops")}
	c.Rules = []rule.Config{downRule()}
	service := []quorum.Config{{Name: "web", Members: "up", Alerts: `alertname="Down"`, Critical: "2", Interval: time.Second, For: time.Second}}
	c.Services = service
	a := tell(t, c)
	a.set(`up{instance="a"}`, 0)
	a.set(`up{instance="b"}`, 1)
	a.after(time.Minute)
	a.set(`up{instance="b"}`, 0)
	a.after(10*time.Second, "ops problem web")
	c.Services = nil
	a.reload(c)
	a.after(10*time.Second, "ops closed web", "ops problem Down", "ops problem Down")
	c.Services = service
	a.reload(c)
	a.after(10*time.Second, "ops problem web")
	a.set(`up{instance="a"}`, 1)
	a.set(`up{instance="b"}`, 1)
	a.after(20*time.Second, "ops recovery Down", "ops recovery Down", "ops recovery web")
}

// TestMembersVanish: a service none of whose members are seen is not well.
func TestMembersVanish(t *testing.T) {
	c := Default()
	c.Contacts = []notify.Contact{hook("ops")}
	c.Services = []quorum.Config{{Name: "web", Members: "up", Critical: "2", Interval: time.Second, For: time.Second, Forget: time.Minute}}
	a := tell(t, c)
	a.set(`up{instance="a"}`, 0)
	a.set(`up{instance="b"}`, 0)
	a.after(10*time.Second, "ops problem web")
	a.w.mu.Lock()
	clear(a.w.series)
	a.w.mu.Unlock()
	a.after(5 * time.Minute)
	if web := a.e.Alerts()[0]; web.State != metric.Unknown || !web.Hard {
		t.Errorf("a service without members is %s, hard: %v", web.State, web.Hard)
	}
}

// TestSilenceOfASeverity: an alert that grows out of the severity that a silence
// picks is told; when it falls back it is held again, and its end is told.
func TestSilenceOfASeverity(t *testing.T) {
	c := Default()
	c.Contacts, c.Passive.Freshness = []notify.Contact{hook("ops")}, time.Hour
	a := tell(t, c)
	say := func(s metric.Severity) {
		t.Helper()
		if err := a.e.PutCheck(t.Context(), metric.CheckResult{Name: "app", State: s}); err != nil {
			t.Fatal(err)
		}
	}
	m, err := match.Parse(`severity="warning"`)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.e.PutHold(t.Context(), hold.Hold{Kind: hold.Silence, Match: m, Until: epoch.Add(time.Hour), By: "x"}); err != nil {
		t.Fatal(err)
	}
	say(metric.Warning)
	a.after(time.Minute)
	say(metric.Critical)
	a.after(time.Minute, "ops problem app")
	say(metric.Warning)
	a.after(time.Minute)
	say(metric.Critical)
	a.after(time.Minute)
	say(metric.Warning)
	a.after(time.Minute)
	say(metric.OK)
	a.after(time.Minute, "ops recovery app")
}

// TestOverlappingHolds: one ends, another begins before it; the truth is told at
// the end of the last, also when the first began with the problem and the engine
// was restarted meanwhile.
func TestOverlappingHolds(t *testing.T) {
	dir, w, c := t.TempDir(), newWorld(), Default()
	c.DefaultRules, c.Contacts, c.Rules = false, []notify.Contact{hook("ops")}, []rule.Config{downRule("ops")}
	a := &tale{t, w, w.open(t, dir, c), epoch}
	restart := func() {
		t.Helper()
		if err := a.e.Close(); err != nil {
			t.Fatal(err)
		}
		a.e = w.open(t, dir, c)
	}
	for _, h := range []hold.Hold{
		{Kind: hold.Downtime, Flexible: 10 * time.Minute, Until: epoch.Add(time.Hour)},
		{Kind: hold.Downtime, From: epoch.Add(8 * time.Minute), Until: epoch.Add(20 * time.Minute)},
		{Kind: hold.Silence, Until: epoch.Add(15 * time.Minute)},
	} {
		h.By, h.All = "x", true
		if _, err := a.e.PutHold(t.Context(), h); err != nil {
			t.Fatal(err)
		}
	}
	a.set(`up{instance="a"}`, 0)
	a.after(9 * time.Minute)
	restart()
	a.after(10*time.Minute + 55*time.Second)
	a.after(10*time.Second, "ops problem Down")
	restart()
	a.after(10 * time.Minute)
	a.set(`up{instance="a"}`, 1)
	a.after(10*time.Second, "ops recovery Down")
	if err := a.e.Close(); err != nil {
		t.Fatal(err)
	}
}
