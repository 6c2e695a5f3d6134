package alerting

import (
	"context"
	"errors"
	"fmt"
	"time"

	"plimsoll/internal/metric"
)

// What others send waits in two queues, so that a flood of events delays no
// result of a check. What a queue holds is taken by Run's goroutine, at each
// tick no more than a batch: a flood costs no more than that, and the rest of
// it is refused.
const (
	maxQueuedEvents  = 1000
	maxQueuedResults = 20_000
	maxQueuedOfOne   = 50 // results of one check: it must not keep the others out
	eventBatch       = 200
	resultBatch      = 1000
	// intakePause follows a batch that the ledger did not take.
	intakePause = 5 * time.Second
	// futureLimit is how far ahead of our clock a sender's may be.
	futureLimit = 10 * time.Minute
)

// intake is what others send: events and the results of passive checks.
type intake struct {
	events  queue[metric.Event]
	results queue[result]

	// What follows is Run's own.
	pausedUntil time.Time // the ledger did not take what it was given
	sincePrune  int       // events kept since they were last pruned
	warnedAt    time.Time // of what was refused
}

func newIntake() *intake {
	return &intake{
		events: queue[metric.Event]{limit: maxQueuedEvents},
		results: queue[result]{
			limit: maxQueuedResults, each: maxQueuedOfOne, of: func(r result) string { return r.id }, waiting: map[string]int{},
		},
	}
}

var (
	errNoTitle = errors.New("title is empty")
	errFuture  = errors.New("time is in the future")
	errOld     = errors.New("time is too long ago")
)

// PutEvent implements metric.EventSink. An event that is queued at a crash of
// the process is lost.
func (e *Engine) PutEvent(_ context.Context, ev metric.Event) error {
	if err := e.putEvent(ev, instant(e.cfg.Clock())); err != nil {
		e.metrics.refused.WithLabelValues("event", reason(err)).Inc()
		return fmt.Errorf("event %q: %w", clip(ev.Title, maxNameBytes), err)
	}
	return nil
}

func (e *Engine) putEvent(ev metric.Event, now time.Time) error {
	if e.intake.events.full() {
		return e.intake.events.refuse(clip(ev.Title, maxNameBytes), metric.ErrBusy)
	}
	if ev.At.IsZero() {
		ev.At = now
	}
	clean, err := cleanEvent(ev)
	switch {
	case err != nil:
		return err
	case clean.At.After(now.Add(futureLimit)):
		return errFuture
	case clean.At.Before(now.Add(-e.bounds().events.Age)):
		return errOld
	}
	return e.intake.events.put(clean)
}

// PutCheck implements metric.CheckSink. A result that is queued at a crash of
// the process is lost.
func (e *Engine) PutCheck(_ context.Context, r metric.CheckResult) error {
	if err := e.putCheck(r); err != nil {
		e.metrics.refused.WithLabelValues("result", reason(err)).Inc()
		return fmt.Errorf("check result %q: %w", clip(r.Name, maxNameBytes), err)
	}
	return nil
}

func (e *Engine) putCheck(given metric.CheckResult) error {
	if e.intake.results.full() {
		return e.intake.results.refuse(clip(given.Name, maxNameBytes), metric.ErrBusy)
	}
	r, err := cleanResult(given)
	if err != nil {
		return err
	}
	if r.stamp.After(instant(e.cfg.Clock()).Add(futureLimit)) {
		return errFuture
	}
	return e.intake.results.put(r)
}

// reason is what a refusal is counted under.
func reason(err error) string {
	for _, known := range []error{
		metric.ErrBusy, errCrowd, errNoTitle, errFuture, errOld, errLate, errBadName, errBadState, errLabels, errTooManyChecks,
	} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	return "other"
}

// takeIn handles what others sent up to an instant. One goroutine at a time
// may call it.
func (e *Engine) takeIn(ctx context.Context, now time.Time) {
	in := e.intake
	e.warnOfRefused(now)
	if wait := in.pausedUntil.Sub(now); wait > 0 && wait <= intakePause {
		return
	}
	for _, take := range []func(context.Context, time.Time) error{e.takeResults, e.lookForSilent, e.takeEvents} {
		err := take(ctx, now)
		if err == nil {
			continue
		}
		in.pausedUntil = now.Add(intakePause)
		e.metrics.commitErrors.Inc()
		e.cfg.Logger.Error("alerting: what was sent is not stored yet", "err", err)
		break
	}
	e.putStatuses(ctx, now)
}

// warnOfRefused names in the log, once a minute at most, the last that a queue
// did not take.
func (e *Engine) warnOfRefused(now time.Time) {
	in := e.intake
	if now.Sub(in.warnedAt).Abs() < warnEvery {
		return
	}
	event, result := in.events.refused(), in.results.refused()
	if event != "" || result != "" {
		in.warnedAt = now
		e.cfg.Logger.Warn("alerting: too much is sent at once; some of it is refused", "last_event", event, "last_result", result)
	}
}

// drain takes in all that is queued, until the ledger refuses.
func (e *Engine) drain(ctx context.Context, now time.Time) {
	in := e.intake
	for {
		before := in.events.len() + in.results.len()
		e.takeIn(ctx, now)
		after := in.events.len() + in.results.len()
		if after == 0 || after >= before {
			return
		}
	}
}

// takeEvents keeps the events that wait, a batch of them.
func (e *Engine) takeEvents(ctx context.Context, now time.Time) error {
	batch := e.intake.events.head(eventBatch)
	if len(batch) == 0 {
		return nil
	}
	bounds := e.bounds().events
	if err := e.store.PutHappenings(context.WithoutCancel(ctx), batch, bounds.SameWithin); err != nil {
		return err
	}
	e.intake.events.drop(len(batch))
	e.metrics.taken.WithLabelValues("event").Add(float64(len(batch)))
	if e.intake.sincePrune += len(batch); e.intake.sincePrune >= max(bounds.Rows/10, eventBatch) {
		e.pruneEvents(ctx, now)
	}
	e.told.ring()
	return nil
}

// takeResults judges the results that wait, a batch of them.
func (e *Engine) takeResults(ctx context.Context, now time.Time) error {
	batch := e.intake.results.head(resultBatch)
	for taken := 0; taken < len(batch); {
		n, err := e.judgeResults(ctx, batch[taken:], now)
		if err != nil {
			e.tookResults(taken)
			return err
		}
		taken += n
	}
	e.tookResults(len(batch))
	return nil
}

// tookResults takes judged results off the queue.
func (e *Engine) tookResults(n int) {
	e.intake.results.drop(n)
	e.metrics.taken.WithLabelValues("result").Add(float64(n))
}

// pruneEvents keeps the events within their bounds.
func (e *Engine) pruneEvents(ctx context.Context, now time.Time) {
	e.intake.sincePrune = 0
	bounds := e.bounds().events
	if err := e.ledger.PruneHappenings(ctx, now.Add(-bounds.Age), bounds.Rows); err != nil && ctx.Err() == nil {
		e.cfg.Logger.Error("alerting: events not pruned", "err", err)
	}
}
