package prune

import (
	"context"
	"errors"
	"fmt"
	"time"

	"plimsoll/alerting/rule"
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
	reports, err := replayTogether(ctx, q, []rule.Config{c}, from, to)
	if err != nil {
		return Report{}, err
	}
	return reports[0], nil
}

// replayTogether replays variants of a rule that ask the same questions, as
// often: they share the answers.
func replayTogether(ctx context.Context, q metric.Querier, variants []rule.Config, from, to time.Time) ([]Report, error) {
	w, err := newWalk(q, variants, from.Truncate(time.Second), to)
	if err == nil {
		err = w.run(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("replay %s: %w", variants[0].Name, err)
	}
	reports := make([]Report, len(w.lanes))
	for i, l := range w.lanes {
		reports[i] = w.span // what is said of the time is the same of all
		reports[i].Episodes, reports[i].Dropped, reports[i].Blips = l.episodes, l.dropped, l.blips
	}
	return reports, nil
}

// walk is a replay under way.
type walk struct {
	q      metric.Querier
	rule   *rule.Rule
	every  time.Duration // at least this is between two looks
	steps  int           // of the next stretch
	recent time.Duration // the step of the rows that a look of today reads
	lanes  []*lane
	span   Report // what does not depend on the lane
}

func newWalk(q metric.Querier, variants []rule.Config, from, to time.Time) (*walk, error) {
	if !from.Before(to) {
		return nil, fmt.Errorf("from %s to %s: %w", stamp(from), stamp(to), metric.ErrBadQuery)
	}
	c := variants[0].WithDefaults()
	r, err := rule.New(c)
	if err != nil {
		return nil, err
	}
	least := (to.Sub(from)/maxLooks + time.Second - 1).Truncate(time.Second)
	w := &walk{
		q: q, rule: r, every: max(c.Interval, least), steps: firstSteps,
		span: Report{Rule: c.Name, Severity: string(c.Severity), From: from, To: to, IntervalSeconds: c.Interval.Seconds()},
	}
	for _, v := range variants {
		w.lanes = append(w.lanes, newLane(v.WithDefaults()))
	}
	return w, nil
}

func (w *walk) run(ctx context.Context) (err error) {
	if w.recent, err = w.resolution(ctx, w.span.To); err != nil {
		return err
	}
	for at := w.span.From; !at.After(w.span.To); {
		if at, err = w.stretch(ctx, at); err != nil {
			return err
		}
	}
	if err := w.lookForGaps(ctx); err != nil {
		return err
	}
	w.span.Coarse = withData(w.span.Coarse, w.span.Missing)
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
		if at = ceil(at, step); at.After(w.span.To) {
			return at, nil
		}
	}
	end := at.Add(min(time.Duration(w.steps-1)*step, maxStretch))
	if end.After(w.span.To) {
		end = w.span.To
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
	for ; !at.After(end); at = at.Add(step) {
		if err := w.look(ctx, past, at, step); err != nil {
			return at, err
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

// look is one look of all lanes; after an error it can be done again.
func (w *walk) look(ctx context.Context, past *rule.Past, at time.Time, step time.Duration) error {
	tooMany := 0
	found := make([][]rule.Sighting, len(w.lanes))
	for i, l := range w.lanes {
		var err error
		if found[i], err = past.Look(ctx, at, l.known); errors.Is(err, rule.ErrTooMany) {
			tooMany = 1
		} else if err != nil {
			return err
		}
	}
	for i, l := range w.lanes {
		for _, s := range found[i] {
			l.take(s, at, step)
		}
	}
	w.span.TooMany += tooMany
	return nil
}

// note tells of a look that lies farther from the one before than the rule's.
func (w *walk) note(at time.Time, step time.Duration) {
	if step.Seconds() <= w.span.IntervalSeconds {
		return
	}
	if n := len(w.span.Coarse); n > 0 {
		last := &w.span.Coarse[n-1]
		if last.StepSeconds == step.Seconds() && at.Sub(last.Until) <= step {
			last.Until = at
			return
		}
	}
	w.span.Coarse = append(w.span.Coarse, Span{From: at, Until: at, StepSeconds: step.Seconds()})
}

// ceil is the first multiple of step that is not before at.
func ceil(at time.Time, step time.Duration) time.Time {
	if down := at.Truncate(step); down.Before(at) {
		return down.Add(step)
	}
	return at
}
