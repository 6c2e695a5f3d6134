package alerting

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/alerting/check"
	"plimsoll/alerting/handler"
	"plimsoll/alerting/hold"
	"plimsoll/alerting/notify"
	"plimsoll/alerting/rule"
	"plimsoll/internal/metric"
	"plimsoll/internal/orders"
)

// tended is a configuration of one check that has a handler.
func tended() Config {
	c := Default()
	c.DefaultRules = false
	web := tcpCheck("web")
	web.MaxAttempts, web.Labels = 5, map[string]string{"host": "web3"}
	web.Handler = &handler.Config{Run: "restart-nginx", OnAttempt: 2}
	c.Checks, c.Contacts = []check.Config{web}, []notify.Contact{hook("ops")}
	return c
}

// tending is an engine with an agent that fetches its orders.
type tending struct {
	t       *testing.T
	w       *world
	e       *Engine
	now     time.Time
	process string
	have    []string
}

func newTending(t *testing.T, c Config) *tending {
	t.Helper()
	d := &tending{t: t, w: newWorld(), now: epoch, process: "p1"}
	d.e = d.w.open(t, t.TempDir(), c)
	t.Cleanup(func() { d.e.Close() })
	return d
}

// seconds lets time pass.
func (d *tending) seconds(n int) {
	for range n {
		d.w.step(d.t.Context(), d.e, d.now)
		d.now = d.now.Add(time.Second)
	}
}

func (d *tending) service(up bool) {
	d.w.mu.Lock()
	defer d.w.mu.Unlock()
	d.w.up = up
}

// take asks once, as the agent of web3 that has one handler.
func (d *tending) take(change ...func(*orders.Ask)) (orders.Order, bool) {
	d.t.Helper()
	a := orders.Ask{Instance: "web3", Process: d.process, Handlers: []string{"restart-nginx"}, Have: d.have}
	for _, f := range change {
		f(&a)
	}
	ctx, cancel := context.WithCancel(d.t.Context())
	cancel()
	o, is, err := d.e.Take(ctx, a)
	if err != nil {
		d.t.Fatal(err)
	}
	if is {
		d.have = append(d.have, o.ID)
	}
	return o, is
}

func (d *tending) answer(o orders.Order, status, why string) error {
	return d.e.Answer(d.t.Context(), orders.Answer{ID: o.ID, Instance: "web3", Process: d.process, Status: status, Why: why})
}

// timeless leaves times out: when a check looks hangs on its name.
func timeless(s string) string {
	return regexp.MustCompile(` at \d\d:\d\d:\d\d`).ReplaceAllString(s, "")
}

// lines are what the history says of handlers, oldest first.
func (d *tending) lines() (lines []string) {
	d.t.Helper()
	history, err := d.e.History(d.t.Context(), 0)
	if err != nil {
		d.t.Fatal(err)
	}
	for _, e := range slices.Backward(history) {
		if e.Kind == "handler" {
			lines = append(lines, timeless(e.Summary))
		}
	}
	return lines
}

func TestHandlerRestartsBeforeAnybodyIsTold(t *testing.T) {
	c := tended()
	c.Contacts = append(c.Contacts, notify.Contact{Name: "admins", Email: &notify.Email{
		To: []string{"a@example.org", "b@example.org"}, From: "p@example.org", SMTP: "127.0.0.1:25",
	}, Webhook: c.Contacts[0].Webhook})
	c.Checks[0].Contacts, c.Checks[0].Handler.Tell = []string{"ops"}, []string{"admins"}
	d := newTending(t, c)
	d.take() // the agent is there
	d.seconds(3)
	d.service(false)
	d.seconds(1)
	if _, is := d.take(); is {
		t.Fatal("ordered at the first attempt")
	}
	d.seconds(1)
	o, is := d.take()
	if !is || o.Name != "restart-nginx" || o.Alert != "check/web" || o.TTL > 2*time.Minute || o.TTL < 100*time.Second {
		t.Fatalf("%+v", o)
	}
	d.service(true)
	if err := d.answer(o, orders.Done, ""); err != nil {
		t.Fatal(err)
	}
	d.seconds(1)
	if a := d.e.Alerts()[0]; a.State != metric.OK || !strings.HasSuffix(timeless(a.Summary), "; restart-nginx on web3 is done") {
		t.Errorf("%+v", a)
	}
	want := []string{
		"restart-nginx on web3 ordered", "restart-nginx on web3 is done",
		"restarted by itself: restart-nginx on web3 is done",
	}
	if diff := cmp.Diff(want, d.lines()); diff != "" {
		t.Error(diff)
	}
	d.seconds(60) // a mail can wait
	if diff := cmp.Diff([]string{"admins info web", "admins info web"}, d.w.take()); diff != "" {
		t.Error(diff)
	}
	events, err := d.e.Events(t.Context(), metric.Selection{Start: epoch, End: d.now})
	if err != nil || len(events) != 1 || events[0].Title != "web restarted by itself" || events[0].Host != "web3" {
		t.Errorf("%+v, %v", events, err)
	}
}

func TestResultIsPartOfTheProblem(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(d *tending, o orders.Order) error
		want   string
	}{
		"failed":    {func(d *tending, o orders.Order) error { return d.answer(o, orders.Failed, "exit status 1") }, "failed: exit status 1"},
		"refused":   {func(d *tending, o orders.Order) error { return d.answer(o, orders.Refused, "it is not\n on the list") }, "refused: it is not on the list"},
		"in vain":   {func(d *tending, o orders.Order) error { return d.answer(o, orders.Done, "") }, "is done"},
		"no answer": {func(*tending, orders.Order) error { return nil }, "is under way"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newTending(t, tended())
			d.take()
			d.service(false)
			d.seconds(3)
			o, is := d.take()
			if !is {
				t.Fatal("no order")
			}
			if err := c.answer(d, o); err != nil {
				t.Fatal(err)
			}
			d.seconds(5)
			if diff := cmp.Diff([]string{"ops problem web"}, d.w.take()); diff != "" {
				t.Error(diff)
			}
			if a := d.e.Alerts()[0]; !a.Hard || timeless(a.Summary) != "connection refused; restart-nginx on web3 "+c.want {
				t.Errorf("%v %q", a.Hard, a.Summary)
			}
			if _, is := d.take(); is {
				t.Error("ordered twice in one trouble")
			}
		})
	}
}

// The fourth time within the hour nobody waits for the last attempt.
func TestBudgetGonePagesAtOnce(t *testing.T) {
	c := tended()
	c.Checks[0].MaxAttempts = 50
	d := newTending(t, c)
	for range 3 {
		d.take()
		d.service(false)
		d.seconds(3)
		o, is := d.take()
		if !is {
			t.Fatal("no order")
		}
		d.service(true)
		if err := d.answer(o, orders.Done, ""); err != nil {
			t.Fatal(err)
		}
		d.seconds(10)
	}
	if got := d.w.take(); len(got) > 0 {
		t.Errorf("somebody was told: %q", got)
	}
	d.service(false)
	d.seconds(7)
	if diff := cmp.Diff([]string{"ops problem web"}, d.w.take()); diff != "" {
		t.Error(diff)
	}
	if a := d.e.Alerts()[0]; !a.Hard || a.Summary != "connection refused; restart-nginx not tried: 3 runs on web3 in the last hour are the limit" {
		t.Errorf("%v %q", a.Hard, a.Summary)
	}
	// a restart of the server renews no budget
	d.service(true)
	d.seconds(5)
	d.e.Close()
	d.e = d.w.open(t, d.e.cfg.Dir, c)
	d.service(false)
	d.seconds(7)
	if diff := cmp.Diff([]string{"ops problem web", "ops recovery web"}, d.w.take()); diff != "" {
		t.Error(diff)
	}
	if n := len(d.lines()); n != 11 {
		t.Errorf("%d lines: %q", n, d.lines())
	}
}

func TestRuleHandler(t *testing.T) {
	c := tended()
	c.Checks = nil
	c.Rules = []rule.Config{{
		Name: "Down", Expr: "up == 0", Interval: time.Second, For: time.Minute,
		Handler: &handler.Config{Run: "restart-nginx", After: 10 * time.Second},
	}}
	d := newTending(t, c)
	for _, host := range []string{"web3:9113", "web4:9113", ""} {
		d.w.series[fmt.Sprintf("up{instance=%q,job=%q}", host, "x"+host)] = 0
	}
	d.take()
	d.seconds(9)
	if _, is := d.take(); is {
		t.Error("too early")
	}
	d.seconds(5)
	o, is := d.take()
	if !is || o.Name != "restart-nginx" || !strings.HasPrefix(o.Alert, "rule/Down/") {
		t.Fatalf("%+v", o)
	}
	if _, is = d.take(); is {
		t.Error("web3 got the order of another")
	}
	if err := d.answer(o, orders.Done, ""); err != nil {
		t.Fatal(err)
	}
	d.w.series[`up{instance="web3:9113",job="xweb3:9113"}`] = 1
	d.seconds(60)
	if diff := cmp.Diff([]string{"ops problem Down", "ops problem Down"}, d.w.take()); diff != "" {
		t.Error(diff)
	}
	all := strings.Join(d.lines(), "\n")
	for _, want := range []string{
		"restart-nginx on web4 refused: no agent takes restart-nginx for web4",
		"restart-nginx not tried: the labels do not tell where",
		"restarted by itself: restart-nginx on web3 is done",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is not in\n%s", want, all)
		}
	}
}

func TestWhoGetsAnOrder(t *testing.T) {
	d := newTending(t, tended())
	d.take()
	d.service(false)
	d.seconds(3)
	for name, change := range map[string]func(*orders.Ask){
		"another host":    func(a *orders.Ask) { a.Instance = "web4" },
		"a pattern":       func(a *orders.Ask) { a.Instance = "*" },
		"no such handler": func(a *orders.Ask) { a.Handlers = []string{"reload-nginx"} },
		"no handler":      func(a *orders.Ask) { a.Handlers = nil },
	} {
		if o, is := d.take(change); is {
			t.Errorf("%s got %+v", name, o)
		}
	}
	o, is := d.take()
	if !is {
		t.Fatal("no order")
	}
	again, is := d.take(func(a *orders.Ask) { a.Have = nil }) // it did not arrive
	if !is || again.ID != o.ID {
		t.Errorf("not given again: %+v", again)
	}
	if _, is := d.take(); is {
		t.Error("given again to who has it")
	}
	if _, is := d.take(func(a *orders.Ask) { a.Process, a.Have = "p2", nil }); is {
		t.Error("given to another process")
	}
	wrong := orders.Answer{ID: o.ID, Instance: "web4", Process: "p1", Status: orders.Done}
	if err := d.e.Answer(t.Context(), wrong); !errors.Is(err, orders.ErrUnknown) {
		t.Errorf("answer of another host: %v", err)
	}
	wrong = orders.Answer{ID: o.ID, Instance: "web3", Process: "p2", Status: orders.Done}
	if err := d.e.Answer(t.Context(), wrong); !errors.Is(err, orders.ErrClosed) {
		t.Errorf("answer of another process: %v", err)
	}
	for range 2 { // the second is a replay
		if err := d.answer(o, orders.Failed, "exit status 1"); err != nil {
			t.Error(err)
		}
	}
	if n := len(d.lines()); n != 2 {
		t.Errorf("%q", d.lines())
	}
	if err := d.e.Answer(t.Context(), orders.Answer{ID: "made up", Instance: "web3", Process: "p1"}); !errors.Is(err, orders.ErrUnknown) {
		t.Error(err)
	}
}

// Nothing stale is ever run: not after the server was away, not after the agent was.
func TestStaleOrders(t *testing.T) {
	t.Run("server away before it was fetched", func(t *testing.T) {
		c := tended()
		d := newTending(t, c)
		d.take()
		d.service(false)
		d.seconds(3)
		d.e.Close()
		d.now = d.now.Add(3 * time.Minute)
		d.w.now = d.now
		d.e = d.w.open(t, d.e.cfg.Dir, c)
		if o, is := d.take(); is {
			t.Errorf("got %+v", o)
		}
		d.seconds(1)
		if got := d.lines(); len(got) != 2 || !strings.HasSuffix(got[1], "was not fetched in time") {
			t.Errorf("%q", got)
		}
	})
	t.Run("the trouble is over", func(t *testing.T) {
		d := newTending(t, tended())
		d.take()
		d.service(false)
		d.seconds(3)
		d.service(true)
		d.seconds(2)
		if o, is := d.take(); is {
			t.Errorf("got %+v", o)
		}
	})
	t.Run("the agent was killed in the middle", func(t *testing.T) {
		d := newTending(t, tended())
		d.take()
		d.service(false)
		d.seconds(3)
		o, is := d.take()
		if !is {
			t.Fatal("no order")
		}
		d.process, d.have = "p2", nil
		d.seconds(130)
		if _, is := d.take(); is {
			t.Error("run again")
		}
		if a := d.e.Alerts()[0]; !strings.HasSuffix(a.Summary, "was not answered: what came of it is unknown") {
			t.Errorf("%q", a.Summary)
		}
		d.process = "p1"
		if err := d.answer(o, orders.Done, ""); !errors.Is(err, orders.ErrClosed) {
			t.Errorf("a late answer: %v", err)
		}
	})
	t.Run("the check is removed", func(t *testing.T) {
		c := tended()
		d := newTending(t, c)
		d.take()
		d.service(false)
		d.seconds(3)
		c.Checks = nil
		if err := d.e.Reload(c); err != nil {
			t.Fatal(err)
		}
		if o, is := d.take(); is {
			t.Errorf("got %+v", o)
		}
	})
	t.Run("the clock is set back", func(t *testing.T) {
		d := newTending(t, tended())
		d.take()
		d.service(false)
		d.seconds(3)
		d.now = d.now.Add(-time.Hour)
		d.w.now = d.now
		if o, is := d.take(); is {
			t.Errorf("got %+v", o)
		}
	})
}

// Nothing is done by itself where somebody works.
func TestNoHandlerInADowntime(t *testing.T) {
	d := newTending(t, tended())
	during := func(length time.Duration) {
		t.Helper()
		all := hold.Hold{Kind: hold.Downtime, All: true, Until: d.now.Add(length), By: "ops"}
		if _, err := d.e.PutHold(t.Context(), all); err != nil {
			t.Fatal(err)
		}
	}
	d.take()
	during(20 * time.Second)
	d.service(false)
	d.seconds(15)
	if _, is := d.take(); is || len(d.lines()) > 0 {
		t.Errorf("ordered in a downtime: %q", d.lines())
	}
	d.service(true)
	d.seconds(10)
	d.take()
	d.service(false)
	d.seconds(3)
	during(time.Hour) // begins before the order is fetched
	if o, is := d.take(); is {
		t.Errorf("given out in a downtime: %+v", o)
	}
	d.seconds(1)
	want := []string{
		"restart-nginx on web3 ordered",
		"restart-nginx on web3 refused: the trouble ended, or somebody took care of it, before it was fetched",
	}
	if diff := cmp.Diff(want, d.lines()); diff != "" {
		t.Error(diff)
	}
}

// Take waits for what is ordered meanwhile.
func TestTakeWaits(t *testing.T) {
	d := newTending(t, tended())
	got := make(chan orders.Order, 1)
	go func() { // ends with the order, or the test
		o, _, _ := d.e.Take(t.Context(), orders.Ask{Instance: "web3", Process: "p1", Handlers: []string{"restart-nginx"}})
		got <- o
	}()
	d.service(false)
	d.seconds(3)
	select {
	case o := <-got:
		if o.Name != "restart-nginx" {
			t.Errorf("%+v", o)
		}
	case <-time.After(20 * time.Second):
		t.Error("it was not woken")
	}
}

func TestHandlerConfiguration(t *testing.T) {
	c := tended()
	c.Checks[0].Handler = &handler.Config{Run: "x y", OnAttempt: 9, Tell: []string{"ops"}}
	c.Rules = []rule.Config{{Name: "Down", Expr: "up == 0", Handler: &handler.Config{Run: "x"}}}
	c.Handlers.Farm.Within = 0
	err := c.Validate()
	for _, want := range []string{"checks[0].handler.run: ", "checks[0].handler.on_attempt: 9", `checks[0].handler.tell[0]: there is no contact "ops" with email`, "rules[0].handler.after: 0s", "handlers.farm.within: 0s"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
}
