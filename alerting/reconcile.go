package alerting

import (
	"context"
	"maps"
	"slices"
	"time"

	"plimsoll/alerting/ledger"
)

// reconcile tells what time has brought: it plans every open episode anew.
func (e *Engine) reconcile(ctx context.Context, now time.Time) {
	if err := e.desk.dropOverrides(ctx, now); err != nil {
		e.notStored("overrides", err)
	}
	if err := e.desk.dropHolds(ctx, now); err != nil {
		e.notStored("silences", err)
	}
	e.desk.look(e, e.boards)
	for _, u := range e.current() {
		e.replan(ctx, u, now)
	}
	if err := e.replanPassive(ctx, now); err != nil {
		e.notStored("passive checks", err)
	}
}

func (e *Engine) replan(ctx context.Context, u *unit, now time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.gone {
		return
	}
	var decisions []decision
	for _, id := range slices.Sorted(maps.Keys(u.records)) {
		d := decision{step: ledger.Step{Record: u.records[id]}}
		if e.desk.plan(u, &d, now); d.keep {
			decisions = append(decisions, d)
		}
	}
	if len(decisions) > 0 {
		e.storeLocked(ctx, u, decisions)
	}
}

func (e *Engine) replanPassive(ctx context.Context, now time.Time) error {
	p := e.passive
	p.mu.Lock()
	defer p.mu.Unlock()
	var moves []move
	for _, id := range slices.Sorted(maps.Keys(p.checks)) {
		c := p.checks[id]
		m := move{c, decision{step: ledger.Step{Record: c.records[id]}}}
		if e.desk.plan(&c.unit, &m.decision, now); m.keep {
			moves = append(moves, m)
		}
	}
	return e.commitMovesLocked(ctx, moves)
}

func (e *Engine) notStored(what string, err error) {
	e.metrics.commitErrors.Inc()
	e.cfg.Logger.Error("alerting: state not stored", "unit", what, "err", err)
}
