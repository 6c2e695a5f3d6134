package handler

import (
	"strings"
	"testing"
	"time"

	"plimsoll/alerting/state"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func ordered(ago time.Duration, s Status, change ...func(*Order)) Order {
	o := Order{ID: "x", Alert: "check/other", Name: "restart", Instance: "web3", Queued: noon.Add(-ago), Status: s}
	if s != Queued && s != Refused {
		o.Handed = o.Queued
	}
	for _, f := range change {
		f(&o)
	}
	return o
}

func TestDecide(t *testing.T) {
	elsewhere := func(o *Order) { o.Instance = "web4" }
	another := func(o *Order) { o.Name = "reload" }
	sameAlert := func(o *Order) { o.Alert = "check/web" }
	neverHanded := func(o *Order) { o.Handed = time.Time{} }
	ofAnother := func(o *Order) { elsewhere(o); another(o) }
	for name, c := range map[string]struct {
		before []Order
		want   Verdict
		why    string
	}{
		"first":                          {nil, Run, ""},
		"one is left":                    {[]Order{ordered(time.Minute, Done), ordered(time.Minute, Failed)}, Run, ""},
		"none is left":                   {[]Order{ordered(time.Minute, Done), ordered(time.Minute, Failed), ordered(59*time.Minute, Expired)}, Spent, "restart not tried: 3 runs on web3 in the last hour are the limit"},
		"the first is an hour ago":       {[]Order{ordered(time.Minute, Done), ordered(time.Minute, Failed), ordered(time.Hour, Expired)}, Run, ""},
		"refused was not run":            {[]Order{ordered(1, Done), ordered(1, Failed), ordered(1, Refused)}, Run, ""},
		"never fetched was not run":      {[]Order{ordered(1, Done), ordered(1, Failed), ordered(1, Expired, neverHanded)}, Run, ""},
		"other hosts have their own":     {[]Order{ordered(1, Done, elsewhere), ordered(1, Done, elsewhere), ordered(1, Done, elsewhere)}, Run, ""},
		"other handlers have their own":  {[]Order{ordered(1, Done, another), ordered(1, Done, another), ordered(1, Done, another)}, Run, ""},
		"the farm is at its limit":       {[]Order{ordered(1, Done, elsewhere), ordered(1, Done, another), ordered(1, Done, ofAnother), ordered(1, Done, ofAnother)}, Spent, "restart not tried: 4 runs of handlers on all hosts in the last 30m are the limit"},
		"the farm was at it":             {[]Order{ordered(1, Done, elsewhere), ordered(1, Done, another), ordered(1, Done, ofAnother), ordered(30*time.Minute, Done, ofAnother)}, Run, ""},
		"one is queued here":             {[]Order{ordered(1, Queued)}, Wait, ""},
		"one is under way here":          {[]Order{ordered(1, Handed)}, Wait, ""},
		"one of this alert is under way": {[]Order{ordered(1, Handed, ofAnother, sameAlert)}, Wait, ""},
		"one is under way elsewhere":     {[]Order{ordered(1, Handed, elsewhere)}, Run, ""},
		"of a time to come":              {[]Order{ordered(-time.Minute, Done), ordered(-2*time.Minute, Done), ordered(-3*time.Minute, Done)}, Spent, "restart not tried: 3 runs on web3 in the last hour are the limit"},
		"the clock went far back":        {[]Order{ordered(-48*time.Hour, Done), ordered(-48*time.Hour, Done), ordered(-48*time.Hour, Done)}, Run, ""},
	} {
		l := Limits{PerService: Budget{3, time.Hour}, Farm: Budget{4, 30 * time.Minute}}
		got, why := Decide(Order{Alert: "check/web", Name: "restart", Instance: "web3"}, c.before, l, noon)
		if got != c.want || why != c.why {
			t.Errorf("%s: %d %q", name, got, why)
		}
	}
}

func TestNoBudgetAtAll(t *testing.T) {
	got, why := Decide(Order{Name: "restart", Instance: "web3"}, nil, Limits{PerService: Budget{0, 90 * time.Minute}, Farm: Budget{1, time.Hour}}, noon)
	if got != Spent || why != "restart not tried: 0 runs on web3 in the last 1h30m are the limit" {
		t.Error(got, why)
	}
}

func TestDue(t *testing.T) {
	soft := func(attempt int, ago time.Duration) state.State {
		return state.State{Phase: state.Soft, Attempt: attempt, BadSince: noon.Add(-ago)}
	}
	second, later := Config{OnAttempt: 2}, Config{After: 30 * time.Second}
	for name, got := range map[string]bool{
		"first attempt":  !second.Due(soft(1, time.Hour), noon),
		"second attempt": second.Due(soft(2, 0), noon),
		"third attempt":  second.Due(soft(3, 0), noon), // the second was not possible
		"too short":      !later.Due(soft(1, 29*time.Second), noon),
		"long enough":    later.Due(soft(1, 30*time.Second), noon),
		"hard":           !second.Due(state.State{Phase: state.Hard, Attempt: 3}, noon),
		"well":           !later.Due(state.State{}, noon),
	} {
		if !got {
			t.Error(name)
		}
	}
}

func TestPlace(t *testing.T) {
	for _, c := range []struct {
		given  string
		labels map[string]string
		want   string
	}{
		{"", map[string]string{"instance": "web3"}, "web3"},
		{"", map[string]string{"instance": "web3:9113", "host": "x"}, "web3"},
		{"", map[string]string{"instance": "[2001:db8::1]:80"}, "2001:db8::1"},
		{"", map[string]string{"host": "web3"}, "web3"},
		{"", nil, ""},
		{"", map[string]string{"instance": strings.Repeat("x", 300)}, ""},
		{"db1", map[string]string{"instance": "web3"}, "db1"},
		{"{{rack}}-{{ node }}", map[string]string{"rack": "r1", "node": "n2"}, "r1-n2"},
		{"{{rack}}-{{node}}", map[string]string{"rack": "r1"}, ""},
		{"{{a}}", map[string]string{"a": "{{b}}", "b": "never"}, "{{b}}"},
	} {
		if got := (Config{Instance: c.given}).Place(c.labels); got != c.want {
			t.Errorf("%q of %v: %q, want %q", c.given, c.labels, got, c.want)
		}
	}
}

func TestValidate(t *testing.T) {
	err := Config{Run: "rm -rf /", After: 1, Instance: "{{a b}}"}.ForCheck(1).ValidateCheck("checks[0].handler", 1, nil)
	for _, want := range []string{"on_attempt: 1 is not at least 1 and less than max_attempts, 1", "handler.after: is for rules", `handler.run: "rm -rf /" is no name`, `handler.instance: "{{a b}}" is not`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
	err = Config{Run: "../x", OnAttempt: 2}.ForRule(0).ValidateRule("rules[0].handler", 0)
	for _, want := range []string{"handler.after: 0s is not more than 0", "handler.on_attempt: is for checks", "handler.run"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
	if got := (Config{Run: "x"}).ForCheck(3); got.OnAttempt != 2 || got.ValidateCheck("h", 3, map[string]string{"host": "web3"}) != nil {
		t.Errorf("%+v", got)
	}
	if got := (Config{Run: "x"}).ForRule(time.Minute); got.After != 30*time.Second || got.ValidateRule("h", time.Minute) != nil {
		t.Errorf("%+v", got)
	}
	if err := Default().Validate("handlers"); err != nil {
		t.Error(err)
	}
	err = Limits{Farm: Budget{-1, time.Hour}}.Validate("handlers")
	for _, want := range []string{"handlers.farm.count: -1", "handlers.per_service.within: 0s", "handlers.answer_within: 0s"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
}

func TestWhatIsSaidOfAnOrder(t *testing.T) {
	for want, o := range map[string]Order{
		"restart on web3 at 11:59:00 is not fetched yet":                               ordered(time.Minute, Queued),
		"restart on web3 at 11:59:00 is under way":                                     ordered(time.Minute, Handed),
		"restart on web3 at 11:59:00 is done":                                          ordered(time.Minute, Done),
		"restart on web3 at 11:59:00 failed: exit status 1":                            ordered(time.Minute, Failed, func(o *Order) { o.Why = "exit status 1" }),
		"restart on web3 at 11:59:00 was not fetched in time":                          ordered(time.Minute, Expired, func(o *Order) { o.Handed = time.Time{} }),
		"restart on web3 at 11:59:00 was not answered: what came of it is unknown":     ordered(time.Minute, Expired),
		"restart on web3 at 11:59:00 refused: no agent takes restart for the instance": ordered(time.Minute, Refused, func(o *Order) { o.Why = "no agent takes restart for the instance" }),
	} {
		if got := o.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestLeft(t *testing.T) {
	o := ordered(0, Queued)
	for after, want := range map[time.Duration]time.Duration{0: time.Minute, 40 * time.Second: 20 * time.Second, time.Hour: -59 * time.Minute, -time.Hour: -59 * time.Minute} {
		if got := o.Left(noon.Add(after), time.Minute); got != want {
			t.Errorf("after %v: %v, want %v", after, got, want)
		}
	}
}
