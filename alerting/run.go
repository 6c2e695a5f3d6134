package alerting

import (
	"context"
	"errors"
	"time"

	"plimsoll/alerting/handler"
)

const (
	tickEvery  = 200 * time.Millisecond
	sendEvery  = time.Second // at the latest; a change wakes the sender at once
	pruneEvery = time.Hour
	// sendGrace is for messages under way at the end. What takes longer is cut
	// short, stays queued and is sent by the next process: the service gives all
	// of Run's ending 3 s.
	sendGrace = 1500 * time.Millisecond
	// closeWait is how long Close waits for a Run that should have returned.
	closeWait = time.Second
)

// Run looks and tells until ctx ends, and returns within 2 seconds of that, when
// all that was under way has ended: looks at once and without a verdict,
// messages after 1.5 seconds. It is called once.
func (e *Engine) Run(ctx context.Context) error {
	defer close(e.began())
	sending, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(sendGrace, cancel) })
	defer stop()
	e.judgeSoon(ctx)
	ticker := time.NewTicker(tickEvery)
	defer ticker.Stop()
	var sent, pruned time.Time
	for {
		now := instant(e.cfg.Clock())
		e.tick(ctx, now)
		e.takeIn(ctx, now)
		e.settleOrders(ctx, now)
		e.beat(ctx, now)
		if e.desk.wake(now) {
			e.reconcile(ctx, now)
		}
		if e.flight.wake() || now.Sub(sent).Abs() >= sendEvery {
			sent = now
			e.dispatch(sending, now)
			e.repeat(sending, now)
		}
		if now.Sub(pruned).Abs() >= pruneEvery {
			pruned = now
			e.prune(ctx, now)
		}
		select {
		case <-ctx.Done():
			e.drain(ctx, instant(e.cfg.Clock()))
			e.looks.Wait()
			e.sends.Wait()
			e.cfg.artist.work.Wait()
			return nil
		case <-ticker.C:
		}
	}
}

// began notes that Run is at work, until the channel is closed.
func (e *Engine) began() chan struct{} {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.running = make(chan struct{})
	return e.running
}

var errAtWork = errors.New("alerting: Run has not returned; the database stays open, to be taken up as after a crash")

// Close closes the ledger when Run has returned. A Run that does not within a
// second keeps its ledger, for it still writes: nothing is lost, but Close
// returns an error.
func (e *Engine) Close() error {
	e.mu.RLock()
	running := e.running
	e.mu.RUnlock()
	if running != nil {
		select {
		case <-running:
		case <-time.After(closeWait):
			return errAtWork
		}
	}
	return e.ledger.Close()
}

// tick starts every look that is due at an instant. It does not wait for them.
func (e *Engine) tick(ctx context.Context, now time.Time) {
	e.mu.RLock()
	units := e.units
	e.mu.RUnlock()
	e.tickGroups(ctx, now)
	for _, u := range units {
		if u.group != nil {
			continue
		}
		run, missed := u.schedule.claim(now)
		if missed {
			e.metrics.missed.Inc()
		}
		if run {
			e.looks.Go(func() { e.lookOnce(ctx, u, now) })
		}
	}
}

func (e *Engine) prune(ctx context.Context, now time.Time) {
	bounds := e.bounds()
	if err := e.ledger.Prune(ctx, now.Add(-bounds.historyAge), bounds.historyRows); err != nil && ctx.Err() == nil {
		e.cfg.Logger.Error("alerting: history not pruned", "err", err)
	}
	if err := e.ledger.PruneOrders(ctx, now.Add(-max(bounds.historyAge, handler.MaxWithin))); err != nil && ctx.Err() == nil {
		e.cfg.Logger.Error("alerting: orders of event handlers not pruned", "err", err)
	}
	e.handling.forget(now)
	e.pruneEvents(ctx, now)
}
