package alerting

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/alerting/ledger"
	"plimsoll/alerting/rule"
	"plimsoll/alerting/state"
)

// TestMemoryOfTheWellIsBounded: a rule remembers those of its instances that are
// well, so that they can be seen to flap, as long as they are few.
func TestMemoryOfTheWellIsBounded(t *testing.T) {
	c := Default()
	c.DefaultRules = false
	c.Rules = []rule.Config{{Name: "Busy", Expr: "load > 8"}}
	e := newWorld().open(t, t.TempDir(), c)
	defer e.Close()
	u := e.current()[0]
	records := map[string]ledger.Record{}
	for n := range rule.MaxInstances + 1 {
		key := fmt.Sprint(n)
		hard := state.State{Phase: state.Hard, Flaps: state.Flaps{Ring: "2"}}
		records[u.id(key)] = ledger.Record{ID: u.id(key), Key: key, State: hard}
		d := u.decide(records, []rule.Sighting{{Key: key, Verdict: state.Good}}, epoch)
		if full := len(records) > rule.MaxInstances; len(d) != 1 || d[0].step.Forget != full {
			t.Fatalf("of %d instances one that is well leaves %+v", len(records), d)
		}
	}
}

// TestQuietLooksWriteNothing: what only pushes changes out of the ring is not
// stored, and what is forgotten then, is.
func TestQuietLooksWriteNothing(t *testing.T) {
	c := Default()
	c.DefaultRules = false
	c.Rules = []rule.Config{{Name: "Busy", Expr: "load > 8"}}
	e := newWorld().open(t, t.TempDir(), c)
	defer e.Close()
	u, records := e.current()[0], map[string]ledger.Record{}
	stored, at := []int{}, epoch
	for look := 0; look < 3 || len(records) > 0; look++ {
		seen := rule.Sighting{Key: "a", Verdict: state.Good}
		if look < 2 {
			seen.Verdict = state.Bad
		}
		d := u.decide(records, []rule.Sighting{seen}, at)[0]
		if d.keep {
			stored = append(stored, look)
		}
		records[d.step.Record.ID] = d.step.Record
		if d.step.Forget {
			delete(records, d.step.Record.ID)
		}
		at = at.Add(time.Minute)
	}
	if diff := cmp.Diff([]int{0, 2, 22}, stored); diff != "" {
		t.Errorf("problem, recovery and the end of memory are stored: %s", diff)
	}
}
