package alerting

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"plimsoll/alerting/check"
	"plimsoll/alerting/rule"
	"plimsoll/alerting/state"
	"plimsoll/internal/metric"
)

// move is what a result, or silence, means for one check.
type move struct {
	check *reported
	decision
}

// judgeResults judges the first results of a batch, up to the second of one
// check, and commits them together. It returns how many they are; after an
// error nothing has happened.
func (e *Engine) judgeResults(ctx context.Context, batch []result, now time.Time) (int, error) {
	p := e.passive
	p.mu.Lock()
	defer p.mu.Unlock()
	moves := map[string]move{}
	var order []move
	n, added, surplus := 0, 0, false
	for ; n < len(batch); n++ {
		r := batch[n]
		if _, twice := moves[r.id]; twice {
			break
		}
		c, err := p.admitLocked(r, added, now)
		if err != nil {
			e.metrics.refused.WithLabelValues("result", reason(err)).Inc()
			surplus = surplus || errors.Is(err, errTooManyChecks)
			continue
		}
		if len(c.records) == 0 {
			added++
		}
		m := move{c, c.decide(c.records, []rule.Sighting{c.sighting(r)}, now)[0]}
		e.desk.plan(&c.unit, &m.decision, now)
		moves[r.id], order = m, append(order, m)
	}
	if err := e.commitMovesLocked(ctx, order); err != nil {
		return 0, err
	}
	for _, r := range batch[:n] {
		if m, judged := moves[r.id]; judged {
			m.check.heard(r, now)
		}
	}
	if surplus {
		e.warnOfLimitLocked(now)
	}
	return n, nil
}

// admitLocked returns the check of a result, a new one if there is room, added
// being the number of those that are not in the map yet.
func (p *passive) admitLocked(r result, added int, now time.Time) (*reported, error) {
	if !r.stamp.IsZero() && now.Sub(r.stamp) > p.given.of(r.name).Freshness {
		return nil, errOld
	}
	c := p.checks[r.id]
	switch {
	case c == nil && len(p.checks)+added >= p.given.Max:
		return nil, errTooManyChecks
	case c == nil:
		return p.checkLocked(r.id, r.name, r.labels), nil
	case !r.stamp.IsZero() && r.stamp.Before(c.stamp) && !c.stamp.After(now):
		return nil, errLate
	}
	return c, nil
}

// heard notes that a result was judged.
func (c *reported) heard(r result, now time.Time) {
	c.checked, c.silent, c.ended = now, 0, false
	if !r.stamp.IsZero() {
		c.stamp = r.stamp
		if r.stamp.Before(now) {
			c.checked = r.stamp
		}
	}
	c.worst = worse(c.worst, r.state)
}

// sighting is what a result shows.
func (c *reported) sighting(r result) rule.Sighting {
	s := rule.Sighting{Labels: r.labels, Verdict: state.Bad, Severity: check.Ceiling(r.state, c.severity), Summary: r.message}
	if r.state == metric.OK {
		s.Verdict = state.Good
	}
	if s.Summary == "" {
		s.Summary = "reported " + string(r.state)
	}
	return s
}

// commitMovesLocked makes moves durable, all or none, and then true.
func (e *Engine) commitMovesLocked(ctx context.Context, moves []move) error {
	decisions := make([]decision, len(moves))
	for i, m := range moves {
		decisions[i] = m.decision
	}
	steps := durable(decisions)
	// Once decided, a shutdown must not tear the commit.
	if err := e.store.Commit(context.WithoutCancel(ctx), steps); err != nil {
		return err
	}
	for i, step := range settled(decisions, steps) {
		c := moves[i].check
		if step.Forget {
			delete(e.passive.checks, c.key)
			continue
		}
		c.records[c.key] = step.Record
		e.passive.checks[c.key] = c
	}
	if len(steps) > 0 {
		e.flight.poke()
		e.broadcast()
	}
	return nil
}

// warnEvery bounds how often the log is told that there are too many checks.
const warnEvery = time.Minute

// warnOfLimitLocked names in the log who has the most of too many checks.
func (e *Engine) warnOfLimitLocked(now time.Time) {
	p := e.passive
	if now.Sub(p.warnedAt).Abs() < warnEvery {
		return
	}
	p.warnedAt = now
	name, n := p.mostLocked()
	e.cfg.Logger.Warn("alerting: new passive checks are refused", "limit", p.given.Max, "most_have_the_name", name, "of_that_name", n)
}

// mostLocked returns the name that the most checks have, and how many.
func (p *passive) mostLocked() (most string, n int) {
	counts := map[string]int{}
	for _, c := range p.checks {
		counts[c.name]++
	}
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		if counts[name] > n {
			most, n = name, counts[name]
		}
	}
	return most, n
}
