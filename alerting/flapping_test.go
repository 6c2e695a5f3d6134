package alerting

import (
	"fmt"
	"testing"
	"time"

	"plimsoll/alerting/rule"
	"plimsoll/alerting/state"
)

// TestMemoryOfTheWellIsBounded: a rule whose instances are others at each look
// remembers no more of those that are well than may be bad at a time.
func TestMemoryOfTheWellIsBounded(t *testing.T) {
	c := Default()
	c.DefaultRules = false
	c.Rules = []rule.Config{{Name: "Busy", Expr: "load > 8"}}
	e := newWorld().open(t, t.TempDir(), c)
	defer e.Close()
	u := e.current()[0]
	for look := range 5 {
		found := make([]rule.Sighting, 0, 2*rule.MaxInstances)
		for _, r := range u.records {
			found = append(found, rule.Sighting{Key: r.Key, Verdict: state.Good})
		}
		for i := range rule.MaxInstances {
			found = append(found, rule.Sighting{Key: fmt.Sprint(look, i), Verdict: state.Bad})
		}
		e.judge(t.Context(), u, finding{at: epoch.Add(time.Duration(look) * time.Second), sightings: found})
		if n := len(u.records); n > 3*rule.MaxInstances {
			t.Fatalf("look %d: %d instances are remembered", look, n)
		}
	}
}
