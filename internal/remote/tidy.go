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
		if err := s.sacrifice(oldest); err != nil {
			return err
		}
	}
	return nil
}

func (s *Sink) dropBelow(segment uint64) error {
	if err := s.saveTotals(); err != nil {
		return fmt.Errorf("save totals: %w", err)
	}
	return s.journal.DropBelow(segment)
}

// sacrifice drops a segment of which the engine does not have all. What the
// sender has in hand of it is on its way still, and lost only when Run ends first.
func (s *Sink) sacrifice(segment uint64) error {
	records := s.heads(segment)
	if err := s.saveTotals(); err != nil {
		return fmt.Errorf("save totals: %w", err)
	}
	lost, err := s.giveUp(segment, records)
	s.lose(lost)
	return err
}

// giveUp drops the segment in one step with what the sender may take of it.
func (s *Sink) giveUp(segment uint64, records []recordHead) (lost int64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.journal.DropBelow(segment + 1); err != nil {
		return 0, err
	}
	for _, r := range records {
		switch {
		case r.seq < s.sent:
		case r.seq < s.inHand:
			s.orphans += r.samples
		default:
			lost += r.samples
		}
		s.gone = max(s.gone, r.seq+1)
	}
	return lost, nil
}

// recordHead tells which record it is, and how many samples it has.
type recordHead struct {
	seq     uint64
	samples int64
}

// heads returns those of a segment that is complete.
func (s *Sink) heads(segment uint64) (records []recordHead) {
	at := durable.Position{Segment: segment}
	for {
		c, err := s.journal.Read(at, readBytes)
		if err != nil || c.Next.Segment != segment || c.Next == at {
			return records
		}
		at = c.Next
		for _, record := range c.Records {
			if seq, n, err := head(record); err == nil {
				records = append(records, recordHead{seq, int64(n)})
			}
		}
	}
}

// lose counts samples that no one has any more.
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
