package alerting

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/mail"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/mhale/smtpd"
	"github.com/prometheus/client_golang/prometheus"

	"plimsoll/alerting/check"
	"plimsoll/alerting/ledger"
	"plimsoll/alerting/notify"
	"plimsoll/alerting/rule"
	"plimsoll/internal/metric"
)

func tcpCheck(name string) check.Config {
	return check.Config{
		Name: name, TCP: &check.TCP{Address: name + ":80"}, Interval: time.Second,
		RetryInterval: time.Second, MaxAttempts: 1,
	}
}

func hook(name string) notify.Contact {
	return notify.Contact{Name: name, Webhook: &notify.Webhook{URL: "http://x/"}}
}

// TestWholeWay runs the engine as it is, against real sockets: a service that is
// stopped and started, and an SMTP server that gets both mails.
func TestWholeWay(t *testing.T) {
	mails := make(chan *mail.Message, 10)
	box, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer box.Close()
	srv := &smtpd.Server{DisableReverseDNS: true, Handler: func(_ net.Addr, _ string, _ []string, data []byte) error {
		m, err := mail.ReadMessage(bytes.NewReader(data))
		mails <- m
		return err
	}}
	go func() { _ = srv.Serve(box) }() // ends when box is closed
	service, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := service.Addr().String()
	c := Default()
	c.DefaultRules, c.Dir, c.Querier, c.Registerer = false, t.TempDir(), newWorld(), prometheus.NewRegistry()
	web := tcpCheck("web")
	web.TCP.Address = addr
	c.Checks = []check.Config{web}
	c.Contacts = []notify.Contact{{Name: "ops", Email: &notify.Email{
		To:   []string{"a@example.org"},
		From: "p@example.org", SMTP: box.Addr().String(), TLS: notify.TLSNone,
	}}}
	e, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- e.Run(ctx) }() // ends by cancel
	await(t, e, metric.OK)
	service.Close()
	await(t, e, metric.Critical)
	if got := (<-mails).Header.Get("Subject"); got != "[CRITICAL] web is down" {
		t.Errorf("subject %q", got)
	}
	if service, err = net.Listen("tcp", addr); err != nil {
		t.Fatal(err)
	}
	defer service.Close()
	await(t, e, metric.OK)
	if got := (<-mails).Header.Get("Subject"); !strings.HasPrefix(got, "[RECOVERED] web is up after ") {
		t.Errorf("subject %q", got)
	}
	cancel()
	if err := errors.Join(<-done, e.Close()); err != nil {
		t.Error(err)
	}
}

// await waits for the first alert to be in a state, by Changed alone.
func await(t *testing.T, e *Engine, want metric.Severity) {
	t.Helper()
	for {
		changed := e.Changed()
		if a := e.Alerts()[0]; a.State == want && a.Hard {
			return
		}
		select {
		case <-changed:
		case <-time.After(20 * time.Second):
			t.Fatalf("not %s within 20 s: %+v", want, e.Alerts())
		}
	}
}

// stuck is a network on which one address hangs until the caller gives up.
type stuck struct {
	*world
	address string
	dials   atomic.Int32
}

func (s *stuck) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if address != s.address {
		return s.world.DialContext(ctx, network, address)
	}
	s.dials.Add(1)
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestSlowCheckDelaysNoOther(t *testing.T) {
	w := newWorld()
	s := &stuck{world: w, address: "slow:80"}
	c := Default()
	c.DefaultRules, c.Dir, c.Querier, c.Dialer, c.Clock = false, t.TempDir(), w, s, w.clock
	slow := tcpCheck("slow")
	slow.TCP.Timeout = time.Minute
	c.Checks = []check.Config{slow, tcpCheck("web")}
	e, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	for i := range 5 { // the slow one is never waited for
		now := epoch.Add(time.Duration(i) * time.Second)
		w.mu.Lock()
		w.now = now
		w.mu.Unlock()
		changed := e.Changed()
		e.tick(ctx, now)
		if i == 1 {
			<-changed // web has looked, though slow hangs
		}
	}
	got := e.Alerts()
	if got[0].State != metric.Unknown || got[1].State != metric.OK {
		t.Errorf("slow is %s and web %s, want unknown and ok", got[0].State, got[1].State)
	}
	cancel()
	e.looks.Wait()
	if n := s.dials.Load(); n > 1 {
		t.Errorf("%d looks of the slow check piled up", n)
	}
	if got := e.Alerts()[0]; got.State != metric.Unknown {
		t.Errorf("a look that shutdown cut short made the check %s", got.State)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}

func TestReloadIsAllOrNothing(t *testing.T) {
	w := newWorld()
	c := Default()
	c.DefaultRules = false
	c.Checks = []check.Config{tcpCheck("web"), tcpCheck("db")}
	c.Contacts = []notify.Contact{hook("ops")}
	e := w.open(t, t.TempDir(), c)
	defer e.Close()
	w.up = false
	for i := range 4 {
		w.step(t.Context(), e, epoch.Add(time.Duration(i)*time.Second))
	}
	w.take()
	before := e.Alerts()
	broken := c
	broken.Checks = c.Checks[:1]
	broken.Rules = []rule.Config{{Name: "x", Expr: "("}}
	if err := e.Reload(broken); err == nil {
		t.Fatal("a broken configuration is accepted")
	}
	d := &dying{store: e.store, dieAt: 1, lost: map[string]bool{}}
	e.store = d
	good := c
	good.Checks = c.Checks[:1]
	if err := e.Reload(good); err == nil {
		t.Fatal("a configuration that could not be committed is taken")
	}
	e.store = d.store
	if diff := cmp.Diff(before, e.Alerts()); diff != "" {
		t.Errorf("a refused configuration changed something: %s", diff)
	}
	if err := e.Reload(good); err != nil {
		t.Fatal(err)
	}
	w.wire(e)
	w.step(t.Context(), e, epoch.Add(10*time.Second))
	if diff := cmp.Diff([]string{"ops closed db"}, w.take()); diff != "" {
		t.Error(diff)
	}
	if a := e.Alerts(); len(a) != 1 || a[0].State != metric.Critical || !a[0].Since.Equal(before[0].Since) {
		t.Errorf("the check that stayed is %+v", a)
	}
}

// TestAcceptedIsNotSentAgain: the ledger cannot note that a message arrived; it
// is noted later, and not sent a second time.
func TestAcceptedIsNotSentAgain(t *testing.T) {
	w := newWorld()
	c := Default()
	c.DefaultRules = false
	c.Checks = []check.Config{tcpCheck("web")}
	c.Contacts = []notify.Contact{hook("ops")}
	e := w.open(t, t.TempDir(), c)
	defer e.Close()
	d := &dying{store: e.store, dieAt: 2, lost: map[string]bool{}} // 1: the state, 2: sent
	e.store = d
	w.up = false
	for i := range 10 {
		w.step(t.Context(), e, epoch.Add(time.Duration(i)*time.Second))
	}
	e.store = d.store
	d.mu.Lock()
	d.dead = false
	d.mu.Unlock()
	for i := range 10 {
		w.step(t.Context(), e, epoch.Add(time.Duration(10+i)*time.Second))
	}
	if diff := cmp.Diff([]string{"ops problem web"}, w.take()); diff != "" {
		t.Error(diff)
	}
	if n, err := e.ledger.Queued(t.Context()); n != 0 || err != nil {
		t.Errorf("%d messages queued, error %v", n, err)
	}
}

func TestQueryErrorIsShown(t *testing.T) {
	w := newWorld()
	w.broken = true
	c := Default()
	c.DefaultRules = false
	c.Rules = []rule.Config{{Name: "Down", Expr: "up == 0", Interval: time.Second}}
	e := w.open(t, t.TempDir(), c)
	defer e.Close()
	for i := range 3 {
		w.step(t.Context(), e, epoch.Add(time.Duration(i)*time.Second))
	}
	if got := e.Rules()[0]; !strings.Contains(got.LastError, "the store is away") || got.LastEval.IsZero() {
		t.Errorf("rule %+v", got)
	}
}

func TestHistoryTellsEverything(t *testing.T) {
	w := newWorld()
	c := Default()
	c.DefaultRules = false
	c.Checks = []check.Config{tcpCheck("web")}
	c.Checks[0].MaxAttempts = 2
	c.Contacts = []notify.Contact{hook("ops")}
	e := w.open(t, t.TempDir(), c)
	defer e.Close()
	w.up = false
	for i := range 8 {
		if i == 5 {
			w.up = true
		}
		w.step(t.Context(), e, epoch.Add(time.Duration(i)*time.Second))
	}
	events, err := e.History(t.Context(), 100)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, x := range events {
		got = append(got, strings.Join([]string{
			x.Kind, string(x.From), string(x.To), x.Contact,
			map[bool]string{true: "hard", false: "soft"}[x.Hard],
		}, " "))
	}
	want := []string{
		"notified critical ok ops webhook hard", "state critical ok  hard",
		"notified  critical ops webhook hard", "state critical critical  hard", "state ok critical  soft",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestClosedIsNoAllClear: neither the mail nor the history of an alert that is
// ended without having been seen to be well says that it is.
func TestClosedIsNoAllClear(t *testing.T) {
	c := Default()
	c.DefaultRules = false
	c.Checks = []check.Config{tcpCheck("web")}
	c.Rules = []rule.Config{{Name: "Down", Expr: "up == 0", Interval: time.Second, NoData: 3 * time.Second}}
	c.Contacts = []notify.Contact{hook("ops")}
	w := newWorld()
	w.up, w.series[`up{instance="a"}`] = false, 0
	e := w.open(t, t.TempDir(), c)
	defer e.Close()
	for i := range 10 {
		w.step(t.Context(), e, epoch.Add(time.Duration(i)*time.Second))
		if i == 4 {
			w.toggle("gone")
		}
	}
	c.Checks = nil
	if err := e.Reload(c); err != nil {
		t.Fatal(err)
	}
	w.wire(e)
	w.step(t.Context(), e, epoch.Add(20*time.Second))
	events, err := e.History(t.Context(), 100)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, x := range events {
		if x.To == metric.OK || strings.Contains(x.Summary, "is up") || strings.Contains(x.Summary, "RECOVERED") {
			t.Errorf("a false all-clear: %+v", x)
		}
		if strings.Contains(x.Summary, "CLOSED") || x.Kind == "closed" {
			got = append(got, strings.Join([]string{x.Kind, string(x.From), string(x.To), x.Summary}, ", "))
		}
	}
	want := []string{
		"notified, critical, unknown, [CLOSED] web: removed from the configuration",
		"closed, critical, unknown, removed from the configuration",
		"notified, warning, unknown, [CLOSED] Down on a: no data, not known to be well",
		"closed, unknown, unknown, no data, not known to be well",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestSchedule(t *testing.T) {
	s := newSchedule("check/x", 30*time.Second, 10*time.Second)
	var looks []time.Time
	for now := epoch; now.Before(epoch.Add(5 * time.Minute)); now = now.Add(100 * time.Millisecond) {
		if run, _ := s.claim(now); run {
			looks = append(looks, now)
			s.finish(now, len(looks) == 3)
		}
	}
	if first := looks[0].Sub(epoch); first > 2*time.Second {
		t.Errorf("the first look came after %v", first)
	}
	for i := 1; i < len(looks); i++ {
		gap := looks[i].Sub(looks[i-1])
		switch {
		case i == 3 && gap != 10*time.Second:
			t.Errorf("the retry came after %v", gap)
		case i != 1 && i != 3 && i != 4 && gap != 30*time.Second:
			t.Errorf("look %d came after %v", i, gap)
		case gap > 45*time.Second:
			t.Errorf("look %d came after %v", i, gap)
		}
	}
	if run, _ := s.claim(epoch.Add(-24 * time.Hour)); !run {
		t.Error("no look after the clock was set back by a day")
	}
	if _, missed := s.claim(epoch.Add(-23 * time.Hour)); !missed {
		t.Error("a turn that passed during a look is not counted")
	}
}

func TestDatabaseOfAnEngineIsReadable(t *testing.T) {
	dir := t.TempDir()
	e := newWorld().open(t, dir, Default())
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if names, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(names) != 1 || filepath.Base(names[0]) != ledger.FileName {
		t.Errorf("a closed engine leaves %q (%v), want the one file", names, err)
	}
}
