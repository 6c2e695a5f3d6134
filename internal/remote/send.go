package remote

import (
	"context"
	"math/rand/v2"
	"time"

	"plimsoll/internal/durable"
	"plimsoll/internal/metric"
)

// readBytes is about how much of the journal is read at once.
const readBytes = 256 << 10

// sendAll reads the journal on from the cursor and sends it, until ctx ends.
func (s *Sink) sendAll(ctx context.Context) {
	s.mu.Lock()
	at := durable.Position{Segment: s.cursor.segment}
	s.mu.Unlock()
	for ctx.Err() == nil {
		c, err := s.journal.Read(at, readBytes)
		if err != nil {
			s.report("read the journal", err)
			pause(ctx, s.cfg.MaxBackoff)
			continue
		}
		if c.UnreadBytes > 0 {
			s.stats.badRecords.Inc()
		}
		if len(c.Records) > 0 && !s.sendRecords(ctx, c) {
			return
		}
		if c.Next == at {
			select {
			case <-ctx.Done():
			case <-s.wake:
			}
		}
		at = c.Next
	}
}

// sendRecords sends records in order, several in a request and one in several,
// and moves the cursor behind each request that the engine answered for good. It
// returns false when ctx ended before.
func (s *Sink) sendRecords(ctx context.Context, c durable.Chunk) bool {
	var ready []metric.Sample
	var taken int64
	var done uint64 // the last record that is in ready, or was sent
	for i, record := range c.Records {
		seq, entries, err := decodeRecord(record)
		switch {
		case err != nil:
			s.stats.badRecords.Inc()
		case seq >= s.next():
			for _, e := range entries {
				ready = e.expand(ready)
			}
			taken, done = taken+int64(len(entries)), seq
		}
		last := i == len(c.Records)-1
		if len(ready) == 0 || len(ready) < s.cfg.MaxSamplesPerSend && !last {
			continue
		}
		for from := 0; from < len(ready); from += s.cfg.MaxSamplesPerSend {
			part := ready[from:min(from+s.cfg.MaxSamplesPerSend, len(ready))]
			if s.deliver(ctx, part) != nil {
				return false
			}
		}
		s.advance(cursor{done + 1, c.Next.Segment}, taken, ready[len(ready)-1].At)
		ready, taken = ready[:0], 0
	}
	return true
}

func (s *Sink) next() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cursor.next
}

// advance moves the cursor. When it cannot be saved, what was sent since it was
// is sent again after a restart.
func (s *Sink) advance(to cursor, samples, newest int64) {
	s.mu.Lock()
	to.next = max(to.next, s.cursor.next)
	s.cursor = to
	s.waiting = max(0, s.waiting-samples)
	s.newest = newest
	close(s.moved)
	s.moved = make(chan struct{})
	s.mu.Unlock()
	s.report("save the cursor", s.saveCursor(to))
}

// deliver sends samples until the engine has answered for good. A request that
// it refuses is halved, so that one bad sample costs no other. The error is that
// of ctx.
func (s *Sink) deliver(ctx context.Context, samples []metric.Sample) error {
	for attempt := 0; ; attempt++ {
		a := s.write(ctx, samples)
		switch a.verdict() {
		case accepted:
			s.stats.sent.Add(float64(len(samples)))
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
		s.stats.retries.Inc()
		if !s.down.Swap(true) {
			s.log.Warn("the engine does not take samples; they wait in the journal", "url", s.cfg.Write, "err", a.text())
		}
		pause(ctx, s.wait(attempt, a))
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
	s.stats.refuse(samples[0], a)
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
