package alerting

import (
	"context"
	"errors"
	"fmt"

	"plimsoll/alerting/ledger"
	"plimsoll/alerting/quorum"
)

// Reload puts c in the place of the configuration, all of it or, with an error,
// nothing. Checks and rules that keep their name keep their alerts, whatever
// else changed in them: the next look judges. An alert whose check or rule is
// gone ends: who was told of it is told that. Passive checks stay.
//
// All that a configuration file can say is taken over. Dir, Querier, Hosts, Sink, Picture, Clock,
// Registerer, Logger and Dialer stay those of Open.
func (e *Engine) Reload(c Config) error {
	e.reload.Lock()
	defer e.reload.Unlock()
	return e.reloadLocked(c)
}

func (e *Engine) reloadLocked(c Config) error {
	if err := c.Validate(); err != nil {
		return fmt.Errorf("alerting: %w", err)
	}
	given := c
	var err error
	if c.noisy, err = noisyRules(context.Background(), e.ledger); err != nil {
		return fmt.Errorf("alerting: %w", err)
	}
	c.Querier, c.Dialer, c.Clock, c.Logger = e.cfg.Querier, e.cfg.Dialer, e.cfg.Clock, e.cfg.Logger
	c.stage, c.artist = e.cfg.stage, e.cfg.artist
	c = c.withDefaults()
	made, err := build(c, e.metrics, e.boards, e.hosts)
	if err != nil {
		return fmt.Errorf("alerting: %w", err)
	}
	old := e.working()
	e.equip(made.units)
	take, err := e.desk.prepare(c)
	if err != nil {
		return fmt.Errorf("alerting: %w", err)
	}
	if err := e.replace(made, limitsOf(c, e.bounds()), take); err != nil {
		return fmt.Errorf("alerting: %w", err)
	}
	e.given = given
	e.passive.configure(c)
	e.handling.configure(c.Handlers)
	e.pulse.configure(c)
	e.health.forget()
	e.metrics.unreached.Reset()
	e.inherit(context.Background(), old, made, instant(e.cfg.Clock()))
	e.endProbes(context.Background(), old.units, made.units, instant(e.cfg.Clock()))
	e.broadcast()
	e.flight.poke()
	return nil
}

// replace swaps the units. The old ones are held still meanwhile: what one of
// them finds after that is void, and its successor looks for itself. take puts
// the policy in its place before one of those looks.
func (e *Engine) replace(made works, bounds limits, take func()) error {
	old := e.current()
	var records []ledger.Record
	for _, u := range old {
		u.mu.Lock()
		defer u.mu.Unlock()
		for _, r := range u.records {
			records = append(records, r)
		}
	}
	orphans := adopt(made.units, records)
	keepFindings(old, made.units)
	if err := e.store.Commit(context.Background(), removals(orphans, instant(e.cfg.Clock()))); err != nil {
		return errors.Join(errors.New("nothing is changed"), err)
	}
	for _, u := range old {
		u.gone = true
	}
	take()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.works, e.limits = made, bounds
	return nil
}

// keepFindings lets services know what those of the same name found, until they
// have looked: what is a service's affair is not told because of a reload.
func keepFindings(old, now []*unit) {
	found := map[string]quorum.Finding{}
	for _, u := range old {
		if u.service != nil {
			found[u.key] = u.service.seen()
		}
	}
	for _, u := range now {
		if u.service != nil {
			u.service.finding = found[u.key] // nobody else has it yet
		}
	}
}
