package remote

import (
	"context"
	"math/rand/v2"
	"time"

	"plimsoll/internal/metric"
)

// deliver sends samples until the engine has answered for good. A request that
// it refuses is halved, so that one bad sample costs no other. The error is that
// of ctx.
func (s *Sink) deliver(ctx context.Context, samples []metric.Sample) error {
	for attempt := 0; ; attempt++ {
		a := s.write(ctx, samples)
		switch a.verdict() {
		case accepted:
			s.stats.sent.Add(float64(len(samples)))
			s.checkWritten(samples, a)
			if s.down.Swap(false) {
				s.log.Info("the engine takes samples again", "url", s.cfg.Write)
			}
			return nil
		case refused:
			return s.refused(ctx, samples, a)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if a.broken() {
			s.lost.Store(true)
		}
		s.stats.retries.Inc()
		if !s.down.Swap(true) {
			s.log.Warn("the engine does not take samples; they wait in the journal", "url", s.cfg.Write, "err", a.text())
		}
		pause(ctx, s.wait(attempt, a))
	}
}

// checkWritten counts what an engine said it took and left out.
func (s *Sink) checkWritten(samples []metric.Sample, a answer) {
	if left := len(samples) - a.written; a.counts && left > 0 {
		s.stats.refuse(samples[len(samples)-1], a, left)
	}
}

// refused narrows down what the engine does not want.
func (s *Sink) refused(ctx context.Context, samples []metric.Sample, a answer) error {
	if len(samples) > 1 {
		half := len(samples) / 2
		if err := s.deliver(ctx, samples[:half]); err != nil {
			return err
		}
		return s.deliver(ctx, samples[half:])
	}
	s.stats.refuse(samples[0], a, 1)
	s.log.Debug("the engine refused a sample", "series", samples[0].Labels, "answer", a.text())
	return nil
}

// wait is how long to wait before the next attempt: what the engine asked for, or
// twice as long as before, more or less.
func (s *Sink) wait(attempt int, a answer) time.Duration {
	if a.wait > 0 {
		return min(a.wait, s.cfg.MaxRetryAfter)
	}
	d := min(s.cfg.MaxBackoff, s.cfg.MinBackoff<<min(attempt, 20))
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
