package alerting

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"sync"
	"time"

	"plimsoll/alerting/ledger"
	"plimsoll/alerting/notify"
)

// flight knows which deliveries are under way.
type flight struct {
	mu sync.Mutex // guards what follows
	// rows are those of the deliveries under way, with the delivery's number:
	// none of them may go in another message.
	rows map[int64]int64
	// unnoted are results that the ledger did not take yet. Their deliveries
	// stay under way: an accepted message is not sent again because the disk
	// was full when that was to be written down.
	unnoted map[int64]func(context.Context) error
	poked   bool
}

func newFlight() flight {
	return flight{rows: map[int64]int64{}, unnoted: map[int64]func(context.Context) error{}}
}

func (f *flight) poke() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.poked = true
}

// wake reports whether there was a poke since it was last asked.
func (f *flight) wake() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	was := f.poked
	f.poked = false
	return was
}

func (f *flight) start(d ledger.Delivery) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range d.Parts {
		f.rows[p.Row] = d.ID
	}
}

// underWay returns the rows that are under way now.
func (f *flight) underWay() map[int64]int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.rows)
}

// land ends a delivery, with note still to be written if it is not nil.
func (f *flight) land(id int64, note func(context.Context) error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if note != nil {
		f.unnoted[id] = note
		return
	}
	delete(f.unnoted, id)
	maps.DeleteFunc(f.rows, func(_, of int64) bool { return of == id })
}

func (f *flight) pending() map[int64]func(context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.unnoted)
}

// dispatch starts every message that is due at an instant. It does not wait for
// them. A hanging route has at most four under way and delays no other. One
// goroutine at a time may call it.
//
// What was under way before the outbox was read is left alone, even if it has
// landed since: the outbox may still show it as it was before that.
func (e *Engine) dispatch(ctx context.Context, now time.Time) {
	for id, note := range e.flight.pending() {
		e.note(ctx, id, note)
	}
	underWay := e.flight.underWay()
	due, err := e.store.Due(ctx, now, e.desk.folding)
	if err != nil {
		e.metrics.commitErrors.Inc()
		e.cfg.Logger.Error("alerting: outbox not read", "err", err)
		return
	}
	for _, d := range due {
		if !slices.ContainsFunc(d.Parts, func(p ledger.Part) bool { return underWay[p.Row] != 0 }) {
			e.flight.start(d)
			e.sends.Go(func() { e.deliver(ctx, d) })
		}
	}
}

// deliver makes one attempt and notes what came of it.
func (e *Engine) deliver(ctx context.Context, d ledger.Delivery) {
	if !d.Bound {
		at := instant(e.cfg.Clock())
		if err := e.store.Bind(ctx, d, at); err != nil {
			e.metrics.commitErrors.Inc()
			e.cfg.Logger.Error("alerting: messages not bound, and not sent", "err", err)
			e.flight.land(d.ID, nil)
			return
		}
		if at.After(d.Queued) { // it waited for others, and not for its reader
			d.Queued = at
		}
	}
	err := e.send(ctx, d)
	at := instant(e.cfg.Clock())
	switch {
	case err == nil:
		e.reached(d.To, at, nil)
		e.metrics.sent(d, "sent")
		e.note(ctx, d.ID, func(ctx context.Context) error { return e.store.Sent(ctx, d, at) })
	case ctx.Err() != nil:
		e.flight.land(d.ID, nil) // the end of the service, not of the message
	default:
		e.undelivered(ctx, d, at, err)
	}
}

// undelivered notes an attempt that did not succeed. Where the route is dead,
// others are told first: a crash between the two only repeats the attempt.
func (e *Engine) undelivered(ctx context.Context, d ledger.Delivery, at time.Time, err error) {
	givenUp := errors.Is(err, notify.ErrFinal) || at.Sub(d.Queued) > e.bounds().giveUp
	result, due := "failed", at.Add(pause(d.Attempts, err))
	if givenUp {
		e.cfg.Logger.Error("alerting: message given up", "contact", d.To.Contact, "route", d.To.Route, "err", err)
	} else {
		result = "retry"
		e.cfg.Logger.Warn("alerting: message not sent", "contact", d.To.Contact, "route", d.To.Route, "again_at", due, "err", err)
	}
	e.metrics.sent(d, result)
	dead := e.pastHelp(d, at, err)
	if dead && !errors.Is(err, notify.ErrGone) {
		e.reached(d.To, at, err)
	}
	e.note(ctx, d.ID, func(ctx context.Context) error {
		if dead {
			if err := e.fallOver(ctx, d, at, givenUp); err != nil {
				return err
			}
		}
		if givenUp {
			return e.store.Failed(ctx, d, at, err)
		}
		return e.store.Retry(ctx, d, due, err)
	})
}

// send brings a message to its route. Where the contact or its way is gone from
// the configuration, another contact of the same address takes it: most likely
// the one it was renamed to.
func (e *Engine) send(ctx context.Context, d ledger.Delivery) error {
	e.mu.RLock()
	sender, heir := e.senders[d.To.Contact], e.senders[e.limits.owners[d.To.Route]]
	e.mu.RUnlock()
	err := fmt.Errorf("contact %q is %w", d.To.Contact, notify.ErrGone)
	if sender != nil {
		err = sender.Send(ctx, d.To.Route, d.Message)
	}
	if heir != nil && errors.Is(err, notify.ErrGone) {
		return heir.Send(ctx, d.To.Route, d.Message)
	}
	return err
}

// note writes a result down; what cannot be written is tried again by dispatch.
func (e *Engine) note(ctx context.Context, id int64, write func(context.Context) error) {
	if err := write(context.WithoutCancel(ctx)); err != nil {
		e.metrics.commitErrors.Inc()
		e.cfg.Logger.Error("alerting: result of a message not stored", "err", err)
		e.flight.land(id, write)
		return
	}
	e.flight.land(id, nil)
	e.flight.poke() // what waited behind it may go
	e.broadcast()
}

// queued counts the messages that wait, for the metrics.
func (e *Engine) queued() float64 {
	n, err := e.ledger.Queued(context.Background())
	if err != nil {
		return math.NaN()
	}
	return float64(n)
}

// pause is the wait after an attempt, longer if the other side said so.
func pause(attempts int, err error) time.Duration {
	limited := (*notify.RateLimited)(nil)
	if errors.As(err, &limited) {
		return min(max(limited.After, backoff(attempts)), ledger.MaxWait)
	}
	return backoff(attempts)
}

// backoff is the wait after so many attempts: 5 s, doubling, at most MaxWait.
func backoff(attempts int) time.Duration {
	return min(5*time.Second<<min(attempts, 10), ledger.MaxWait)
}
