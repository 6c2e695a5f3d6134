package remote

import (
	"fmt"

	"plimsoll/internal/durable"
)

// tidy drops the segments that the engine has, and beyond the bound the oldest
// of those that it does not have. The totals of what goes are saved before.
func (s *Sink) tidy() error {
	s.tidyMu.Lock()
	defer s.tidyMu.Unlock()
	s.mu.Lock()
	sent := s.cursor.segment
	s.mu.Unlock()
	if oldest, complete := s.journal.Oldest(); complete && oldest < sent {
		if err := s.dropBelow(sent); err != nil {
			return err
		}
	}
	for s.journal.Bytes() > s.cfg.MaxJournalBytes {
		oldest, complete := s.journal.Oldest()
		if !complete {
			return nil // one segment is always kept
		}
		lost := s.unsent(oldest)
		if err := s.dropBelow(oldest + 1); err != nil {
			return err
		}
		s.lose(lost)
	}
	return nil
}

func (s *Sink) dropBelow(segment uint64) error {
	if err := s.saveTotals(); err != nil {
		return fmt.Errorf("save totals: %w", err)
	}
	return s.journal.DropBelow(segment)
}

// unsent counts the samples of a segment that the engine does not have.
func (s *Sink) unsent(segment uint64) (samples int64) {
	s.mu.Lock()
	next := s.sent
	s.mu.Unlock()
	at := durable.Position{Segment: segment}
	for {
		c, err := s.journal.Read(at, readBytes)
		if err != nil || c.Next.Segment != segment || c.Next == at {
			return samples
		}
		at = c.Next
		for _, record := range c.Records {
			if seq, n, err := head(record); err == nil && seq >= next {
				samples += int64(n)
			}
		}
	}
}

func (s *Sink) lose(samples int64) {
	if samples == 0 {
		return
	}
	s.mu.Lock()
	s.waiting = max(0, s.waiting-samples)
	s.mu.Unlock()
	s.stats.dropped.Add(float64(samples))
	s.log.Error("the journal is full: the oldest samples that wait for the engine were dropped",
		"samples", samples, "max_journal_bytes", s.cfg.MaxJournalBytes)
}
