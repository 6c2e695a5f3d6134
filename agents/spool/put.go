package spool

import (
	"context"
	"errors"

	"plimsoll/agents/remote"
	"plimsoll/internal/durable"
	"plimsoll/internal/metric"
)

// Put implements metric.Sink.
func (s *Spool) Put(ctx context.Context, samples []metric.Sample) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return ErrClosed
	}
	kept, refused, err := s.keepLocked(samples)
	idle := s.waitingLocked() == 0
	s.mu.Unlock()
	if err == nil {
		s.wakeUp()
		return refused.OrNil()
	}
	s.stats.putErrors.Add(1)
	if kept == 0 && idle {
		return s.pass(ctx, samples, err)
	}
	return err
}

func (s *Spool) wakeUp() {
	select {
	case s.wake <- struct{}{}:
	default: // the token is there already
	}
}

// pass hands on samples that the disk does not take.
func (s *Spool) pass(ctx context.Context, samples []metric.Sample, cause error) error {
	err := s.cfg.Next.Send(ctx, remote.Batch{Samples: samples})
	var refused *metric.RefusedError
	if err != nil && !errors.As(err, &refused) {
		return errors.Join(cause, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.countLocked(len(samples), refused)
	for i := range samples {
		s.repeats.note(&samples[i], samples[i].Labels.Hash(), s.journal.Segment())
	}
	s.stats.passed.Add(int64(len(samples)))
	return err
}

// keepLocked journals samples, in records that fit a segment. It returns how many
// are on disk, also with an error.
func (s *Spool) keepLocked(samples []metric.Sample) (kept int, refused *metric.RefusedError, err error) {
	limit := int(s.cfg.segmentBytes())
	s.encoder.body = s.encoder.body[:0]
	clock := s.cfg.Now().UnixMilli()
	var hashes []uint64 // of the samples of the record
	var pending []*metric.Sample
	for i := range samples {
		sm := &samples[i]
		hash := sm.Labels.Hash()
		switch last := s.repeats.last(hash); {
		case sm.Kind == metric.Timing && sm.Sketch == nil:
			refused = refused.Refuse(*sm, "empty timing")
			continue
		case last > 0 && sm.At == last:
			s.stats.repeated.Add(1)
			continue
		case last > 0 && sm.At < last && last <= clock: // a last one ahead of the clock says that this was set back
			refused = refused.Refuse(*sm, "late")
			continue
		}
		if err := s.encoder.add(sm); err != nil {
			return kept, refused, err
		}
		hashes, pending = append(hashes, hash), append(pending, sm)
		if len(s.encoder.body) >= limit || len(pending) >= s.cfg.BatchSamples {
			if err := s.appendLocked(pending, hashes); err != nil {
				return kept, refused, err
			}
			kept += len(pending)
			hashes, pending = hashes[:0], pending[:0]
		}
	}
	if len(pending) > 0 {
		err = s.appendLocked(pending, hashes)
	}
	return kept, refused, err
}

// appendLocked writes one record of the samples in the encoder.
func (s *Spool) appendLocked(samples []*metric.Sample, hashes []uint64) error {
	record := s.encoder.finish(s.next, len(samples))
	if err := s.makeRoomLocked(int64(len(record))); err != nil {
		return err
	}
	segment := s.journal.Segment()
	err := s.journal.AppendIn(segment, record)
	if errors.Is(err, durable.ErrSegmentEnded) { // a sync failed meanwhile
		segment = s.journal.Segment()
		err = s.journal.AppendIn(segment, record)
	}
	if err != nil {
		return err
	}
	s.next += uint64(len(samples))
	s.ends[segment] = s.next
	for i, sm := range samples {
		s.repeats.note(sm, hashes[i], segment)
	}
	return nil
}
