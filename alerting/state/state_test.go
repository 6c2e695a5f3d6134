package state

import (
	"slices"
	"testing"
	"time"
)

var epoch = time.Unix(1_700_000_000, 0).UTC()

// walk is one path through the machine, with what an outsider would remember.
type walk struct {
	s    State
	at   time.Time
	last time.Time // the latest at so far
	open bool      // a Problem was reported and not yet ended
	path []step
}

type step struct {
	v Verdict
	d time.Duration
}

// TestEveryPath walks all sequences of five looks, clock steps both ways among
// them, and checks the invariants of the package comment after each.
func TestEveryPath(t *testing.T) {
	policies := []Policy{
		{MaxAttempts: 1},
		{MaxAttempts: 3, NoData: 3},
		{MaxAttempts: 1, For: 20 * time.Second, NoData: 2},
		{MaxAttempts: 2, For: 10 * time.Second, KeepFiring: 15 * time.Second, NoData: 1},
	}
	for _, p := range policies {
		explore(t, p, walk{at: epoch, last: epoch}, 5)
	}
}

func explore(t *testing.T, p Policy, w walk, depth int) {
	if depth == 0 {
		return
	}
	for v := Good; v <= Missing; v++ {
		for _, d := range []time.Duration{10 * time.Second, time.Hour, -time.Hour} {
			n := w
			n.at = w.at.Add(d)
			n.path = slices.Concat(w.path, []step{{v, d}})
			if n.at.Before(w.last) {
				n.s.BlindUntil = w.last
			} else {
				n.last = n.at
			}
			var c Change
			n.s, c = Next(p, n.s, v, n.at)
			if why := wrong(p, w, &n, v, c); why != "" {
				t.Fatalf("policy %+v path %v: %s (change %d, %+v → %+v)", p, n.path, why, c, w.s, n.s)
			}
			explore(t, p, n, depth-1)
		}
	}
}

// wrong returns which invariant the step from w to n broke.
func wrong(p Policy, w walk, n *walk, v Verdict, c Change) string {
	switch {
	case c == Problem && w.open:
		return "a problem within a problem"
	case c == Problem && v != Bad:
		return "a problem without a bad verdict"
	case (c == Recovery || c == Ended) && !w.open:
		return "a recovery without a problem"
	case c == Recovery && v != Good:
		return "a recovery without good evidence"
	case c == Ended && v != Missing:
		return "ended while something was seen"
	case c == Ended && n.at.Before(n.last):
		return "ended by absence after the clock was set back"
	case (c == SoftProblem || c == SoftRecovery) && w.open:
		return "a soft change within a hard problem"
	case n.s.Phase == Soft && n.s.Attempt < 1, n.s.Attempt > p.MaxAttempts:
		return "attempts out of range"
	case c == None && n.s.Phase != w.s.Phase:
		return "a phase changed silently"
	}
	switch c {
	case Problem:
		n.open = true
	case Recovery, Ended:
		n.open = false
	}
	if n.open != n.s.Firing() {
		return "people believe something else than the machine"
	}
	return ""
}

// TestEveryProblemCanEnd: from whatever state, lasting good verdicts lead to OK.
func TestEveryProblemCanEnd(t *testing.T) {
	p := Policy{MaxAttempts: 2, For: time.Minute, KeepFiring: time.Minute, NoData: 5}
	for _, start := range []Phase{OK, Soft, Hard, Stale} {
		s := State{Phase: start, Attempt: 1, BadSince: epoch, Missed: 1}
		for i := range 10 {
			s, _ = Next(p, s, Good, epoch.Add(time.Duration(i)*30*time.Second))
		}
		if s.Phase != OK {
			t.Errorf("from phase %d: still %+v after five good minutes", start, s)
		}
	}
}

func TestChecksCountAttempts(t *testing.T) {
	p := Policy{MaxAttempts: 3}
	var s State
	want := []struct {
		v       Verdict
		c       Change
		attempt int
	}{
		{Good, None, 0},
		{Bad, SoftProblem, 1},
		{Good, SoftRecovery, 0},
		{Bad, SoftProblem, 1},
		{Bad, None, 2},
		{Bad, Problem, 3},
		{Bad, None, 3},
		{Good, Recovery, 0},
	}
	for i, w := range want {
		var c Change
		s, c = Next(p, s, w.v, epoch.Add(time.Duration(i)*time.Second))
		if c != w.c || s.Attempt != w.attempt {
			t.Errorf("look %d: change %d attempt %d, want %d and %d", i, c, s.Attempt, w.c, w.attempt)
		}
	}
}

// TestNoDataCountsLooks: a clock set forward by hours ends nothing early.
func TestNoDataCountsLooks(t *testing.T) {
	p := Policy{MaxAttempts: 1, NoData: 4}
	s, at := State{Phase: Hard, Attempt: 1, Since: epoch, BadSince: epoch}, epoch
	for look, want := range []Change{Lost, None, None, Ended} {
		at = at.Add(10 * time.Hour)
		var c Change
		if s, c = Next(p, s, Missing, at); c != want {
			t.Errorf("look %d: change %d, want %d", look, c, want)
		}
	}
}

func TestSinceSpansSoftAndHard(t *testing.T) {
	p := Policy{MaxAttempts: 1, For: time.Minute}
	s, _ := Next(p, State{}, Bad, epoch)
	s, c := Next(p, s, Bad, epoch.Add(time.Minute))
	if c != Problem || !s.Since.Equal(epoch) || !s.BadSince.Equal(epoch) {
		t.Errorf("change %d, state %+v: want a problem since %v", c, s, epoch)
	}
}
