package prune

import (
	"context"
	"errors"
	"fmt"
	"time"

	"plimsoll/alerting/rule"
	"plimsoll/alerting/state"
	"plimsoll/internal/metric"
)

const (
	// MaxEpisodes bounds the episodes of a report.
	MaxEpisodes = 10_000
	// maxLooks bounds the looks of a replay: over more time it looks less often.
	maxLooks = 200_000
	// A stretch is what is asked for in one query.
	maxStretch = 6 * time.Hour
	firstSteps = 32
	maxSteps   = 500
	maxPoints  = 1_000_000
	// presenceStep is how often it is asked whether there was data.
	presenceStep = 5 * time.Minute
)

// Replay runs a rule over the history from one instant to another, the second
// being about now, and returns what it would have done. An error is that of a
// query, or of ctx.
func Replay(ctx context.Context, q metric.Querier, c rule.Config, from, to time.Time) (Report, error) {
	w, err := newWalk(q, c.WithDefaults(), from.Truncate(time.Second), to)
	if err != nil {
		return Report{}, err
	}
	if err := w.run(ctx); err != nil {
		return Report{}, fmt.Errorf("replay %s: %w", c.Name, err)
	}
	return w.report, nil
}

// walk is a replay under way.
type walk struct {
	q      metric.Querier
	rule   *rule.Rule
	every  time.Duration // at least this is between two looks
	steps  int           // of the next stretch
	recent time.Duration // the step of the rows that a look of today reads
	alerts map[string]*alert
	known  map[string]map[string]string
	report Report
}

// alert is one instance that is not well.
type alert struct {
	state   state.State
	episode int // of the report; -1: none
}

func newWalk(q metric.Querier, c rule.Config, from, to time.Time) (*walk, error) {
	if !from.Before(to) {
		return nil, fmt.Errorf("replay from %s to %s: %w", stamp(from), stamp(to), metric.ErrBadQuery)
	}
	r, err := rule.New(c)
	if err != nil {
		return nil, err
	}
	least := (to.Sub(from)/maxLooks + time.Second - 1).Truncate(time.Second)
	return &walk{
		q: q, rule: r, every: max(c.Interval, least), steps: firstSteps,
		alerts: map[string]*alert{}, known: map[string]map[string]string{},
		report: Report{
			Rule: c.Name, Severity: string(c.Severity), From: from, To: to,
			IntervalSeconds: c.Interval.Seconds(), Episodes: []Episode{},
		},
	}, nil
}

func (w *walk) run(ctx context.Context) (err error) {
	if w.recent, err = w.resolution(ctx, w.report.To); err != nil {
		return err
	}
	for at := w.report.From; !at.After(w.report.To); {
		if at, err = w.stretch(ctx, at); err != nil {
			return err
		}
	}
	if err := w.lookForGaps(ctx); err != nil {
		return err
	}
	w.report.Coarse = withData(w.report.Coarse, w.report.Missing)
	return nil
}

// resolution is the step of the rows that a query which begins at an instant is
// answered from; 0: the finest there are.
func (w *walk) resolution(ctx context.Context, at time.Time) (time.Duration, error) {
	res, err := w.q.Query(ctx, metric.Query{Expr: w.rule.Expr, Start: at, End: at, Step: w.every})
	return res.Resolution, err
}

// stretch replays from an instant on, and returns where to go on. When there is
// too much at once, the next stretch is shorter.
func (w *walk) stretch(ctx context.Context, at time.Time) (time.Time, error) {
	if err := ctx.Err(); err != nil {
		return at, err
	}
	rows, err := w.resolution(ctx, at)
	if err != nil {
		return at, err
	}
	step := w.every
	if rows > w.recent && rows > step {
		step = rows
		if at = ceil(at, step); at.After(w.report.To) {
			return at, nil
		}
	}
	end := at.Add(min(time.Duration(w.steps-1)*step, maxStretch))
	if end.After(w.report.To) {
		end = w.report.To
	}
	next, err := w.lookFrom(ctx, at, end, step)
	if errors.Is(err, metric.ErrTooMuch) && w.steps > 1 {
		w.steps /= 2
		return next, nil
	}
	return next, err
}

// lookFrom looks from at to end, and returns the instant of the look that failed
// or is next.
func (w *walk) lookFrom(ctx context.Context, at, end time.Time, step time.Duration) (time.Time, error) {
	past, err := w.rule.Past(ctx, w.q, at, end, step)
	if err != nil {
		return at, err
	}
	policy := w.rule.Policy(step)
	for ; !at.After(end); at = at.Add(step) {
		found, err := past.Look(ctx, at, w.known)
		if errors.Is(err, rule.ErrTooMany) {
			w.report.TooMany++
		} else if err != nil {
			return at, err
		}
		for _, s := range found {
			w.take(policy, s, at)
		}
		w.note(at, step)
	}
	switch n := past.Points(); {
	case n > maxPoints:
		w.steps = max(1, w.steps/2)
	case n < maxPoints/4:
		w.steps = min(maxSteps, 2*w.steps)
	}
	return at, nil
}

// note tells of a look that lies farther from the one before than the rule's.
func (w *walk) note(at time.Time, step time.Duration) {
	if step.Seconds() <= w.report.IntervalSeconds {
		return
	}
	if n := len(w.report.Coarse); n > 0 {
		last := &w.report.Coarse[n-1]
		if last.StepSeconds == step.Seconds() && at.Sub(last.Until) <= step {
			last.Until = at
			return
		}
	}
	w.report.Coarse = append(w.report.Coarse, Span{From: at, Until: at, StepSeconds: step.Seconds()})
}

// take is what a sighting means: what the engine decides, without the telling.
func (w *walk) take(p state.Policy, s rule.Sighting, at time.Time) {
	a := w.alerts[s.Key]
	if a == nil {
		a = &alert{episode: -1}
	}
	next, change := state.Next(p, a.state, s.Verdict, at)
	began := a.state.BadSince
	if began.IsZero() {
		began = next.BadSince
	}
	a.state = next
	switch change {
	case state.Problem:
		w.begin(a, s, began, at)
	case state.Recovery, state.Ended:
		if a.episode >= 0 {
			w.report.Episodes[a.episode].Ended = at
		}
	case state.SoftRecovery:
		w.report.Blips++
	}
	if next.Phase == state.OK {
		delete(w.alerts, s.Key)
		delete(w.known, s.Key)
		return
	}
	w.alerts[s.Key], w.known[s.Key] = a, s.Labels
}

func (w *walk) begin(a *alert, s rule.Sighting, began, at time.Time) {
	if len(w.report.Episodes) >= MaxEpisodes {
		w.report.Dropped++
		a.episode = -1
		return
	}
	a.episode = len(w.report.Episodes)
	w.report.Episodes = append(w.report.Episodes, Episode{
		Rule: w.report.Rule, Severity: w.report.Severity, Labels: s.Labels, Began: began, Hard: at,
	})
}

// ceil is the first multiple of step that is not before at.
func ceil(at time.Time, step time.Duration) time.Time {
	if down := at.Truncate(step); down.Before(at) {
		return down.Add(step)
	}
	return at
}
