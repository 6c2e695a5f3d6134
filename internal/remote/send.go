package remote

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"plimsoll/internal/metric"
)

// ErrRefused says that the engine will never take samples, as they are.
var ErrRefused = errors.New("the engine refuses samples for good")

// deliver sends samples until the engine has answered for good. A request that
// it refuses is halved, so that one bad sample costs no other. The error is that
// of ctx.
func (w *writer) deliver(ctx context.Context, samples []metric.Sample) error {
	for attempt := 0; ; attempt++ {
		a := w.write(ctx, samples)
		switch a.verdict() {
		case accepted:
			w.stats.sent.Add(float64(len(samples)))
			w.checkWritten(samples, a)
			if w.down.Swap(false) {
				w.log.Info("the engine takes samples again", "url", w.cfg.Write)
			}
			return nil
		case refused:
			if w.strict && (a.status != http.StatusRequestEntityTooLarge || len(samples) == 1) {
				return fmt.Errorf("%w: %s", ErrRefused, a.text())
			}
			return w.refused(ctx, samples, a)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if a.broken() {
			w.lost.Store(true)
		}
		w.stats.retries.Inc()
		if !w.down.Swap(true) {
			w.log.Warn("the engine does not take samples; they wait in the journal", "url", w.cfg.Write, "err", a.text())
		}
		pause(ctx, w.wait(attempt, a))
	}
}

// checkWritten counts what an engine said it took and left out.
func (w *writer) checkWritten(samples []metric.Sample, a answer) {
	if left := len(samples) - a.written; a.counts && left > 0 {
		w.stats.refuse(samples[len(samples)-1], a, left)
	}
}

// refused narrows down what the engine does not want.
func (w *writer) refused(ctx context.Context, samples []metric.Sample, a answer) error {
	if len(samples) > 1 {
		half := len(samples) / 2
		if err := w.deliver(ctx, samples[:half]); err != nil {
			return err
		}
		return w.deliver(ctx, samples[half:])
	}
	w.stats.refuse(samples[0], a, 1)
	w.log.Debug("the engine refused a sample", "series", samples[0].Labels, "answer", a.text())
	return nil
}

// wait is how long to wait before the next attempt: what the engine asked for, or
// twice as long as before, more or less.
func (w *writer) wait(attempt int, a answer) time.Duration {
	if a.wait > 0 {
		return min(a.wait, w.cfg.MaxRetryAfter)
	}
	d := min(w.cfg.MaxBackoff, w.cfg.MinBackoff<<min(attempt, 20))
	return d/2 + rand.N(d/2+1)
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
