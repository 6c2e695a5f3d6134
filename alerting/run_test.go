package alerting

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/alerting/check"
	"plimsoll/alerting/notify"
	"plimsoll/alerting/rule"
)

// silence is a network on which everything connects and nothing ever answers.
type silence struct {
	mu   sync.Mutex // guards what follows
	ends []net.Conn
}

func (s *silence) DialContext(context.Context, string, string) (net.Conn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	near, far := net.Pipe()
	s.ends = append(s.ends, far)
	return near, nil
}

func (s *silence) open() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.ends)
}

// TestShutdownWaitsForNobody: a mail server, a webhook, a service and a store
// that do not answer keep Run no longer than 2 s; what they were to be told is
// told by the next process.
func TestShutdownWaitsForNobody(t *testing.T) {
	w, dir := newWorld(), t.TempDir()
	w.series[`up{instance="a"}`] = 0
	c := silentConfig()
	synctest.Test(t, func(t *testing.T) {
		s := &silence{}
		c := c
		c.Dir, c.Querier, c.Dialer = dir, w, s
		e, err := Open(c)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- e.Run(ctx) }() // ends by cancel
		time.Sleep(5 * time.Second)        // of the bubble's clock
		if n := s.open(); n != 3 {
			t.Errorf("%d connections are open, want mail, webhook and check", n)
		}
		ended := time.Now()
		cancel()
		if err := errors.Join(<-done, e.Close()); err != nil {
			t.Error(err)
		}
		if took := time.Since(ended); took > 2*time.Second {
			t.Errorf("Run returned after %v", took)
		}
	})
	c.Checks = nil
	e := w.open(t, dir, c)
	defer e.Close()
	w.step(t.Context(), e, time.Now().Add(time.Hour).Truncate(5*time.Second))
	if diff := cmp.Diff([]string{"ops problem Down", "ops problem Down"}, w.take()); diff != "" {
		t.Error("mail and webhook, after the restart:", diff)
	}
}

func silentConfig() Config {
	c := Default()
	c.DefaultRules = false
	slow := tcpCheck("slow")
	slow.TCP.Expect, slow.TCP.Timeout, slow.Interval = "pong", time.Minute, time.Minute
	c.Checks = []check.Config{slow}
	c.Rules = []rule.Config{{Name: "Down", Expr: "up == 0", Interval: time.Second}}
	ops := hook("ops")
	ops.Webhook.Timeout = time.Minute
	ops.Email = &notify.Email{
		To: []string{"a@example.org"}, From: "p@example.org", SMTP: "mail.example:25",
		TLS: notify.TLSNone, Timeout: time.Minute,
	}
	c.Contacts = []notify.Contact{ops}
	return c
}

// TestCloseLeavesALiveEngineItsLedger: a look that heeds no deadline keeps Run,
// and Close must not take the database from under it.
func TestCloseLeavesALiveEngineItsLedger(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		c := Default()
		c.DefaultRules = false
		e := newWorld().open(t, dir, c)
		e.looks.Add(1)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		done := make(chan error)
		go func() { done <- e.Run(ctx) }() // ends by looks.Done
		synctest.Wait()
		if err := e.Close(); !errors.Is(err, errAtWork) {
			t.Errorf("Close under a live Run: %v", err)
		}
		if _, err := e.ledger.Queued(t.Context()); err != nil {
			t.Errorf("the ledger of a live engine: %v", err)
		}
		e.looks.Done()
		if err := errors.Join(<-done, e.Close()); err != nil {
			t.Error(err)
		}
	})
}
