package alerting

import (
	"fmt"
	"testing"

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
