package rrdstore

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"plimsoll/internal/durable"
	"plimsoll/internal/metric"
)

// The reasons for which a sample is refused.
const (
	reasonLate      = "late"
	reasonDuplicate = "duplicate"
	reasonFuture    = "future"
	reasonTime      = "invalid time"
	reasonFinite    = "not finite"
	reasonNegative  = "negative counter"
	reasonEmpty     = "empty timing"
	reasonLabels    = "invalid labels"
	reasonQuota     = "quota"
	reasonLimit     = "series limit"
	reasonKind      = "kind changed"
	reasonTaken     = "name taken"
	reasonBuffer    = "archive cannot be written"
)

// Put implements metric.Sink: samples are checked one by one, written to the
// journal as one record, and then buffered.
func (s *Store) Put(ctx context.Context, samples []metric.Sample) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	b := &batch{
		store: s, future: s.cfg.Now().Add(s.cfg.FutureLimit).UnixMilli(),
		entries: slices.Grow(s.scratch.entries[:0], len(samples)),
	}
	defer s.scratch.keep(b)
	for i := range samples {
		if reason := b.accept(&samples[i]); reason != "" {
			b.refused = b.refused.Refuse(samples[i], reason)
		}
	}
	if err := s.commitLocked(b); err != nil {
		s.stats.putErrors.Inc()
		return err
	}
	s.stats.count(len(b.entries), b.refused)
	return b.refused.OrNil()
}

// commitLocked journals the accepted samples and applies them.
func (s *Store) commitLocked(b *batch) error {
	if len(b.entries) == 0 {
		return nil
	}
	for i, sr := range b.fresh.series {
		sr.ref = uint32(len(s.index.series) + 1 + i)
	}
	err := s.journalBatch(b.entries)
	if errors.Is(err, durable.ErrSegmentEnded) { // a sync failed meanwhile
		err = s.journalBatch(b.entries)
	}
	if s.reserve.giveUp(err) {
		err = s.journalBatch(b.entries)
	}
	s.putError = err
	for _, e := range b.entries {
		e.series.newest = 0
	}
	if err != nil {
		return fmt.Errorf("put %d samples: %w", len(b.entries), err)
	}
	for _, sr := range b.fresh.series {
		s.registerLocked(sr)
	}
	for _, e := range b.entries {
		if s.index.series[e.series.ref-1] != e.series {
			s.stats.kindChanges.Inc()
			s.replaceLocked(e.series)
		}
		s.applyLocked(e)
	}
	if s.buffered > s.cfg.MaxBufferedBytes {
		select {
		case s.pressure <- struct{}{}:
		default: // Run knows already
		}
	}
	return nil
}

// journalBatch writes samples behind what names them, with their labels where the segment does not have
// them yet.
func (s *Store) journalBatch(entries []entry) error {
	segment := s.journal.Segment()
	s.scratch.names.encode(entries, segment)
	record, err := encodeBatch(s.scratch.record[:0], entries, segment)
	s.scratch.record = record
	if err == nil {
		err = s.journal.AppendIn(segment, s.scratch.names.record(record), record)
	}
	if err != nil {
		for _, e := range entries {
			e.series.defined = 0 // the labels may not have got through
		}
	}
	return err
}

// scratch is memory for the next Put: what each would else take is garbage a
// moment later.
type scratch struct {
	entries []entry
	record  []byte
	names   nameRoom
}

// keptEntries and keptRecord bound what one huge batch leaves behind.
const (
	keptEntries = 16 << 10
	keptRecord  = 1 << 20
)

func (c *scratch) keep(b *batch) {
	clear(b.entries) // they hold sketches
	c.entries = b.entries
	if cap(c.entries) > keptEntries {
		c.entries = nil
	}
	if cap(c.record) > keptRecord {
		c.record, c.names = nil, nameRoom{}
	}
}

// applyLocked brings a sample into its series. Replay does the same, so that
// recovery ends in the same state.
func (s *Store) applyLocked(e entry) {
	sr := e.series
	if e.at <= sr.last {
		return // replayed, but known from the archive
	}
	switch sr.kind {
	case metric.Timing:
		added, late := sr.observe(e.at, e.sketch)
		s.buffered += added
		s.stats.lateForTier.Add(float64(late))
	case metric.Counter:
		s.buffered += sr.count(e.at, e.start, e.value)
	default:
		s.buffered += sr.gauge(e.at, e.value)
	}
	sr.last = e.at
	s.newestSample = max(s.newestSample, e.at)
}

func (sr *series) isTiming() bool { return sr.kind == metric.Timing }
