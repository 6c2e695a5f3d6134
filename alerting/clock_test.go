package alerting

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/alerting/notify"
	"plimsoll/alerting/rule"
)

// TestClockSetForwardAndBack: a clock goes an hour forward and is set back. The
// store then has samples of the hour to come and takes none until it is over:
// nothing is seen of the series, and no alert may end for that, restart or not.
func TestClockSetForwardAndBack(t *testing.T) {
	w, dir := newWorld(), t.TempDir()
	c := Default()
	c.DefaultRules = false
	c.Rules = []rule.Config{
		{Name: "Down", Expr: "up == 0", Interval: time.Second, NoData: 5 * time.Second},
		{Name: "Error", Expr: "error", Interval: time.Second, NoData: 5 * time.Second}, // absent is good
	}
	c.Contacts = []notify.Contact{hook("ops")}
	e := w.open(t, dir, c)
	live := func(from, to time.Duration) {
		for at := from; at < to; at += time.Second {
			w.step(t.Context(), e, epoch.Add(at))
		}
	}
	set := func(up, failed float64) {
		w.mu.Lock()
		defer w.mu.Unlock()
		clear(w.series)
		if up >= 0 {
			w.series[`up{instance="a"}`] = up
		}
		if failed > 0 {
			w.series[`error{instance="a"}`] = failed
		}
	}
	set(0, 1)
	live(0, 6*time.Second)
	if diff := cmp.Diff([]string{"ops problem Down", "ops problem Error"}, w.take()); diff != "" {
		t.Fatal(diff)
	}
	live(time.Hour, time.Hour+10*time.Second)
	set(-1, 0) // the clock is set back, and the store gives nothing
	live(10*time.Second, 5*time.Minute)
	e.Close()
	e = w.open(t, dir, c)
	live(5*time.Minute, 10*time.Minute)
	if got := w.take(); len(got) > 0 {
		t.Errorf("while the store was blind: %q", got)
	}
	set(0, 1) // the store takes samples again
	live(time.Hour+10*time.Second, time.Hour+20*time.Second)
	if got := w.take(); len(got) > 0 {
		t.Errorf("trouble that went on: %q", got)
	}
	set(-1, 0) // and now absence means something
	live(time.Hour+20*time.Second, time.Hour+40*time.Second)
	if diff := cmp.Diff([]string{"ops closed Down", "ops recovery Error"}, w.take()); diff != "" {
		t.Error(diff)
	}
	e.Close()
}
