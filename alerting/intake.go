package alerting

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
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
	eventBatch       = 200
	resultBatch      = 2000
	// intakePause follows a batch that the ledger did not take.
	intakePause = 5 * time.Second
	// futureLimit is how far ahead of our clock a sender's may be.
	futureLimit = 10 * time.Minute
)

// queue is what waits to be taken by one goroutine.
type queue[T any] struct {
	limit int
	mu    sync.Mutex // guards what follows
	items []T
}

func (q *queue[T]) put(item T) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.items) >= q.limit {
		return metric.ErrBusy
	}
	q.items = append(q.items, item)
	return nil
}

// head returns the first items, up to n of them; drop takes them off.
func (q *queue[T]) head(n int) []T {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.Clone(q.items[:min(n, len(q.items))])
}

func (q *queue[T]) len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.items)
}

func (q *queue[T]) drop(n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.items = slices.Delete(q.items, 0, n)
}

// intake is what others send: events and the results of passive checks.
type intake struct {
	events  queue[metric.Event]
	results queue[result]

	// What follows is Run's own.
	pausedUntil time.Time // the ledger did not take what it was given
	sincePrune  int       // events kept since they were last pruned
}

func newIntake() *intake {
	return &intake{events: queue[metric.Event]{limit: maxQueuedEvents}, results: queue[result]{limit: maxQueuedResults}}
}

var (
	errNoTitle = errors.New("title is empty")
	errFuture  = errors.New("time is in the future")
	errOld     = errors.New("time is too long ago")
)

// PutEvent implements metric.EventSink. An event that is queued at a crash of
// the process is lost.
func (e *Engine) PutEvent(_ context.Context, ev metric.Event) error {
	now := instant(e.cfg.Clock())
	if ev.At.IsZero() {
		ev.At = now
	}
	clean, err := cleanEvent(ev)
	switch {
	case err != nil:
	case clean.At.After(now.Add(futureLimit)):
		err = errFuture
	case clean.At.Before(now.Add(-e.bounds().events.Age)):
		err = errOld
	default:
		err = e.intake.events.put(clean)
	}
	if err != nil {
		e.metrics.refused.WithLabelValues("event", reason(err)).Inc()
		return fmt.Errorf("event %q: %w", clean.Title, err)
	}
	return nil
}

// PutCheck implements metric.CheckSink. A result that is queued at a crash of
// the process is lost.
func (e *Engine) PutCheck(_ context.Context, given metric.CheckResult) error {
	r, err := cleanResult(given)
	if err == nil && r.stamp.After(instant(e.cfg.Clock()).Add(futureLimit)) {
		err = errFuture
	}
	if err == nil {
		err = e.intake.results.put(r)
	}
	if err != nil {
		e.metrics.refused.WithLabelValues("result", reason(err)).Inc()
		return fmt.Errorf("check result %q: %w", clip(given.Name, maxNameBytes), err)
	}
	return nil
}

// reason is what a refusal is counted under.
func reason(err error) string {
	for _, known := range []error{
		metric.ErrBusy, errNoTitle, errFuture, errOld, errLate, errBadName, errBadState, errLabels, errTooManyChecks,
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
	for left := resultBatch; left > 0; {
		batch := e.intake.results.head(left)
		if len(batch) == 0 {
			return nil
		}
		n, err := e.judgeResults(ctx, batch, now)
		if err != nil {
			return err
		}
		e.intake.results.drop(n)
		e.metrics.taken.WithLabelValues("result").Add(float64(n))
		left -= n
	}
	return nil
}

// pruneEvents keeps the events within their bounds.
func (e *Engine) pruneEvents(ctx context.Context, now time.Time) {
	e.intake.sincePrune = 0
	bounds := e.bounds().events
	if err := e.ledger.PruneHappenings(ctx, now.Add(-bounds.Age), bounds.Rows); err != nil && ctx.Err() == nil {
		e.cfg.Logger.Error("alerting: events not pruned", "err", err)
	}
}
