package alerting

import (
	"context"
	"errors"
	"fmt"
	"time"

	"plimsoll/alerting/ledger"
	"plimsoll/alerting/rulefile"
	"plimsoll/alerting/state"
)

// Trial is the engine's rules without all else: it is evaluated at instants of
// the caller's, remembers in memory, and tells nobody.
type Trial struct{ e *Engine }

// NewTrial takes the rule files' groups of c, Querier and Sink. What is recorded
// is kept as it is, without the bounds of a store.
func NewTrial(c Config) (*Trial, error) {
	if c.Querier == nil || c.Sink == nil {
		return nil, errors.New("alerting: BUG: a trial without Querier or Sink")
	}
	c.DefaultRules, c.anyValue = false, true
	c = c.withDefaults()
	groups, err := newGroups(c)
	if err != nil {
		return nil, err
	}
	d := &desk{board: &board{}, behind: map[string]time.Time{}} // nobody has decided anything
	take, err := d.prepare(c)
	if err != nil {
		return nil, err
	}
	take()
	return &Trial{&Engine{
		desk: d, boards: newBoards(), cfg: c, store: forgetful{}, metrics: newMetrics(), works: works{groups: groups, units: unitsOf(groups)},
		flight: newFlight(), changed: newBell(),
	}}, nil
}

// Evaluate lets the rules look, group by group, each in order. It returns what
// went wrong with each rule.
func (t *Trial) Evaluate(ctx context.Context, at time.Time) error {
	var errs []error
	for _, g := range t.e.groups {
		t.e.evaluateGroup(ctx, g, at)
		for _, m := range g.members {
			if name, wrong := m.trouble(); wrong != "" {
				errs = append(errs, fmt.Errorf("group %s: rule %s: %s", g.Name, name, wrong))
			}
		}
	}
	return errors.Join(errs...)
}

// Firing returns the alerts of a name that are firing, of all rules.
func (t *Trial) Firing(name string) []rulefile.Firing {
	var out []rulefile.Firing
	for _, u := range t.e.units {
		u.mu.Lock()
		for id, r := range u.records {
			if u.name == name && r.State.Phase == state.Hard {
				out = append(out, rulefile.Firing{Labels: u.alertLabels(r).Labels().Map(), Annotations: u.shelf.annotations[id]})
			}
		}
		u.mu.Unlock()
	}
	return out
}

// trouble is the name of the rule and why its last evaluation failed.
func (m member) trouble() (name, why string) {
	if m.record != nil {
		m.record.mu.Lock()
		defer m.record.mu.Unlock()
		return m.record.rule.Name, m.record.lastErr
	}
	m.alert.mu.Lock()
	defer m.alert.mu.Unlock()
	return m.alert.name, m.alert.lastErr
}

// forgetful is a store that keeps nothing. A trial asks it for nothing else.
type forgetful struct{ store }

func (forgetful) Commit(context.Context, []ledger.Step) error { return nil }
