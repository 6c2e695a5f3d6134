package alerting

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"plimsoll/alerting/check"
)

// TestReloadChangesConcurrency: one look hangs in the only slot; with more of
// them the others get their turn.
func TestReloadChangesConcurrency(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := &stuck{world: w, address: "slow:80"}
		c := Default()
		c.DefaultRules, c.Dir, c.Querier, c.Dialer, c.Concurrency = false, dir, w, s, 1
		c.Checks = []check.Config{tcpCheck("one"), tcpCheck("two")}
		for i := range c.Checks {
			c.Checks[i].TCP = &check.TCP{Address: s.address, Timeout: time.Minute}
		}
		e, err := Open(c)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		dialled := func() int32 {
			for i := range 2 { // a unit's first look comes within a second
				e.tick(ctx, epoch.Add(time.Duration(i)*time.Second))
			}
			synctest.Wait()
			return s.dials.Load()
		}
		if n := dialled(); n != 1 {
			t.Errorf("%d checks look in one slot", n)
		}
		c.Concurrency = 2
		if err := e.Reload(c); err != nil {
			t.Fatal(err)
		}
		if n := dialled(); n != 3 {
			t.Errorf("%d looks, want the one that hangs and two more", n)
		}
		cancel()
		e.looks.Wait()
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestReloadChangesHistoryBounds(t *testing.T) {
	w := newWorld()
	c := Default()
	c.DefaultRules = false
	c.Checks = []check.Config{tcpCheck("web")}
	e := w.open(t, t.TempDir(), c)
	defer e.Close()
	now := epoch
	for range 130 {
		w.toggle("service")
		now = now.Add(2 * time.Second) // longer than any pause between two looks
		w.step(t.Context(), e, now)
	}
	rows := func() int {
		e.prune(t.Context(), now)
		events, err := e.History(t.Context(), 0)
		if err != nil {
			t.Fatal(err)
		}
		return len(events)
	}
	if n := rows(); n < 120 {
		t.Fatalf("%d lines of history, too few for this test", n)
	}
	c.HistoryRows = 100
	if err := e.Reload(c); err != nil {
		t.Fatal(err)
	}
	if n := rows(); n != 100 {
		t.Errorf("%d lines of history, want 100 after a reload", n)
	}
	c.HistoryAge = 24 * time.Hour
	now = now.Add(25 * time.Hour)
	if err := e.Reload(c); err != nil {
		t.Fatal(err)
	}
	if n := rows(); n != 0 {
		t.Errorf("%d lines of history older than event_age", n)
	}
}
