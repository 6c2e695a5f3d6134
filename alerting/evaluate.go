package alerting

import (
	"context"
	"errors"
	"time"

	"plimsoll/alerting/rule"
	"plimsoll/alerting/state"
)

// lookOnce waits for a slot, looks, and sets the time of the next look.
func (e *Engine) lookOnce(ctx context.Context, u *unit, at time.Time) {
	soft := false
	defer func() { u.schedule.finish(at, soft) }()
	bounds := e.bounds()
	slots := bounds.checkSlots
	if u.rule != nil || u.service != nil {
		slots = bounds.ruleSlots
	}
	select {
	case slots <- struct{}{}:
		defer func() { <-slots }()
	case <-ctx.Done():
		return
	}
	soft = e.evaluate(ctx, u, at)
}

// finding is what a look brought.
type finding struct {
	at        time.Time
	took      time.Duration
	sightings []rule.Sighting
	err       error
}

// evaluate is one look: fetch, decide, commit. It reports whether a check is in
// a soft state. On any error every state stays as it was.
func (e *Engine) evaluate(ctx context.Context, u *unit, at time.Time) (soft bool) {
	looking, cancel := context.WithTimeout(ctx, u.limit)
	defer cancel()
	began := e.cfg.Clock()
	f := finding{at: at}
	f.sightings, f.err = u.look(looking, at, u.known())
	f.took = e.cfg.Clock().Sub(began)
	if ctx.Err() != nil {
		return false // what a look sees that was cut short is no verdict
	}
	e.metrics.looked(u, f)
	soft = e.judge(ctx, u, f)
	if u.rule == nil && u.service == nil && f.err == nil {
		e.putProbe(ctx, u, f)
	}
	if f.err == nil || errors.Is(f.err, rule.ErrTooMany) {
		e.showAlerts(ctx, u, f)
	}
	return soft
}

// judge is the part of a look that nobody else may see half done.
func (e *Engine) judge(ctx context.Context, u *unit, f finding) (soft bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.gone {
		return false
	}
	u.lastRun, u.took, u.lastErr = f.at, f.took, ""
	if f.at.After(u.latest) {
		u.latest = f.at
	}
	if f.err != nil {
		u.lastErr = f.err.Error()
	}
	if f.err == nil || errors.Is(f.err, rule.ErrTooMany) {
		decisions := u.decide(u.records, f.sightings, f.at)
		for i := range decisions {
			if u.service != nil {
				u.keepMembers(&decisions[i], f.at)
			}
			e.desk.plan(u, &decisions[i], f.at)
		}
		e.commitLocked(ctx, u, decisions, f.at)
	}
	return u.rule == nil && u.records[u.key].State.Phase == state.Soft
}

// commitLocked makes decisions durable and then true. If the ledger refuses
// them, nothing has happened, and the next look decides anew.
func (e *Engine) commitLocked(ctx context.Context, u *unit, decisions []decision, at time.Time) {
	if !e.storeLocked(ctx, u, decisions) {
		return
	}
	if u.checked.IsZero() {
		e.broadcast()
	}
	u.checked = at
}

// storeLocked is commitLocked for what is no look.
func (e *Engine) storeLocked(ctx context.Context, u *unit, decisions []decision) bool {
	steps := durable(decisions)
	// Once decided, a shutdown must not tear the commit.
	err := e.store.Commit(context.WithoutCancel(ctx), steps)
	e.concluded(steps, err == nil)
	if err != nil {
		u.lastErr = err.Error()
		e.notStored(u.key, err)
		return false
	}
	for _, step := range settled(decisions, steps) {
		if step.Forget {
			delete(u.records, step.Record.ID)
		} else {
			u.records[step.Record.ID] = step.Record
		}
	}
	if len(steps) > 0 {
		e.flight.poke()
		e.broadcast()
	}
	return true
}

// known returns the instances that are bad, with their labels, by series.
func (u *unit) known() map[string]map[string]string {
	u.mu.Lock()
	defer u.mu.Unlock()
	known := make(map[string]map[string]string, len(u.records))
	for _, r := range u.records {
		known[r.Key] = r.Labels
	}
	return known
}
