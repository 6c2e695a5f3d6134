package weblog

import (
	"context"
	"errors"
	"time"

	"plimsoll/internal/metric"
)

// deliver puts what waits, and then what is over; else it keeps the state if it is
// time to.
func (a *Analyzer) deliver(ctx context.Context, now time.Time) {
	if !a.put(ctx) {
		return
	}
	limit := a.limit(now)
	if !a.table.Due(limit) {
		if a.pushed > 0 && now.Sub(a.keptAt) >= max(keepEach, keepShare*a.keepTook) {
			a.kept(0, now)
		}
		return
	}
	if a.kept(limit, now) {
		a.pending = a.table.Cut(limit, a.labels)
		a.put(ctx)
	}
}

// limit is up to when intervals may be cut. Without room nothing waits for what
// may be late: reading would not go on.
func (a *Analyzer) limit(now time.Time) int64 {
	lateness := a.cfg.Lateness
	if a.table.Full() {
		lateness = 0
	}
	limit := a.table.Limit(now.Add(-lateness))
	if behind := a.tailer.Behind(); !behind.IsZero() {
		limit = min(limit, a.table.Limit(behind.Add(-lateness)))
	}
	return limit
}

// kept keeps the state, and reports whether that went well.
func (a *Analyzer) kept(limit int64, now time.Time) bool {
	began := a.cfg.Now()
	err := a.keep(limit, now)
	if err != nil {
		a.metrics.keepErrors.Inc()
		if a.metrics.failing("keep") {
			a.logger.Error("nothing of access logs is delivered until their state can be kept", "err", err)
		}
		return false
	}
	a.metrics.good("keep")
	a.keptAt, a.keepTook, a.pushed = now, a.cfg.Now().Sub(began), 0
	return true
}

// put delivers what was cut, and reports whether nothing is left.
func (a *Analyzer) put(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, putTimeout)
	defer cancel()
	for len(a.pending) > 0 {
		b := a.pending[0]
		err := a.cfg.SinkFor("access log of "+b.Server).Put(ctx, b.Samples)
		var refused *metric.RefusedError
		switch {
		case errors.As(err, &refused):
			a.metrics.refuse(refused)
		case err != nil:
			a.metrics.putErrors.Inc()
			if a.metrics.failing("put") {
				a.logger.Error("access log counts wait for their sink", "err", err)
			}
			return false
		}
		a.metrics.good("put")
		a.pending = a.pending[1:]
	}
	return true
}
