package alerting

import (
	"context"
	"time"
)

const (
	tickEvery  = 200 * time.Millisecond
	sendEvery  = time.Second // at the latest; a change wakes the sender at once
	pruneEvery = time.Hour
	sendGrace  = 5 * time.Second // for messages under way at the end
)

// Run looks and tells until ctx ends, and returns when all that was under way
// has ended: looks at once and without a verdict, messages after 5 seconds.
func (e *Engine) Run(ctx context.Context) error {
	sending, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(sendGrace, cancel) })
	defer stop()
	ticker := time.NewTicker(tickEvery)
	defer ticker.Stop()
	var sent, pruned time.Time
	for {
		now := instant(e.cfg.Clock())
		e.tick(ctx, now)
		if e.flight.wake() || now.Sub(sent).Abs() >= sendEvery {
			sent = now
			e.dispatch(sending, now)
		}
		if now.Sub(pruned).Abs() >= pruneEvery {
			pruned = now
			e.prune(ctx, now)
		}
		select {
		case <-ctx.Done():
			e.looks.Wait()
			e.sends.Wait()
			return nil
		case <-ticker.C:
		}
	}
}

// tick starts every look that is due at an instant. It does not wait for them.
func (e *Engine) tick(ctx context.Context, now time.Time) {
	e.mu.RLock()
	units := e.units
	e.mu.RUnlock()
	for _, u := range units {
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
	if err := e.ledger.Prune(ctx, now.Add(-e.cfg.HistoryAge), e.cfg.HistoryRows); err != nil && ctx.Err() == nil {
		e.cfg.Logger.Error("alerting: history not pruned", "err", err)
	}
}
