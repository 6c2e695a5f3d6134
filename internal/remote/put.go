package remote

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"plimsoll/internal/metric"
)

// ErrClosed is what a closed Sink answers.
var ErrClosed = errors.New("the sink is closed")

// batch is a Put in the making: nothing of the sink changes before its record is
// in the journal.
type batch struct {
	sink    *Sink
	number  uint64
	future  int64
	entries []entry
	touched []*series
	fresh   table
	made    int
	refused *metric.RefusedError
}

// Put implements metric.Sink: samples are checked one by one and written to the
// journal as one record. It does not wait for the engine.
func (s *Sink) Put(ctx context.Context, samples []metric.Sample) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	s.batches++
	b := &batch{
		sink: s, number: s.batches, future: s.cfg.Now().Add(s.cfg.FutureLimit).UnixMilli(),
		entries: make([]entry, 0, len(samples)), fresh: table{},
	}
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

// accept adds a sample to the batch, or returns why not.
func (b *batch) accept(s *metric.Sample) string {
	if reason := check(s, b.future); reason != "" {
		return reason
	}
	sr, reason := b.seriesOf(s)
	if reason != "" {
		return reason
	}
	if sr.batch != b.number {
		sr.batch, sr.next = b.number, sr.now
		b.touched = append(b.touched, sr)
	}
	if s.At <= sr.next.last {
		return reasonLate
	}
	b.entries = append(b.entries, sr.next.take(*s))
	return ""
}

func (b *batch) seriesOf(s *metric.Sample) (*series, string) {
	timing := s.Kind == metric.Timing
	sr := b.sink.series.find(s.Labels)
	if sr == nil {
		sr = b.fresh.find(s.Labels)
	}
	switch {
	case sr != nil && sr.timing != timing:
		return nil, reasonKind
	case sr != nil:
		return sr, ""
	case !validLabels(s.Labels):
		return nil, reasonLabels
	case b.sink.count+b.made >= b.sink.cfg.MaxSeries:
		return nil, reasonLimit
	case b.sink.series.clashes(s.Labels, timing) || b.fresh.clashes(s.Labels, timing):
		return nil, reasonTaken
	}
	sr = &series{labels: s.Labels.Copy(), timing: timing}
	b.fresh.add(sr)
	b.made++
	return sr, ""
}

// commitLocked writes the record and moves on.
func (s *Sink) commitLocked(b *batch) error {
	if len(b.entries) == 0 {
		return nil
	}
	record, err := encodeRecord(s.seq+1, b.entries)
	if err == nil {
		s.journal.Segment() // begins another when this one is full
		err = s.journal.Append(record)
	}
	s.putError = err
	if err != nil {
		return fmt.Errorf("put %d samples: %w", len(b.entries), err)
	}
	s.seq++
	s.waiting += int64(len(b.entries))
	for _, sr := range b.touched {
		sr.now = sr.next
	}
	for _, all := range b.fresh {
		for _, sr := range all {
			s.addLocked(sr)
		}
	}
	select {
	case s.wake <- struct{}{}:
	default: // the sender knows already
	}
	return nil
}

func (s *Sink) addLocked(sr *series) {
	s.series.add(sr)
	s.count++
}

// replayed brings what a record holds into the state of its series.
func (s *Sink) replayed(entries []entry) {
	for _, e := range entries {
		sr := s.series.find(e.Labels)
		if sr == nil {
			sr = &series{labels: e.Labels, timing: e.Kind == metric.Timing}
			s.addLocked(sr)
		}
		sr.now.replay(e)
	}
}

// What a silent series is remembered for: a plain one to tell what comes late, a
// timing so that its totals go on where they stood.
const (
	keepPlain  = time.Hour
	keepTiming = 30 * 24 * time.Hour
)

// sweepLocked forgets the series that were silent for long.
func (s *Sink) sweepLocked(now time.Time) {
	plain, timing := now.Add(-keepPlain).UnixMilli(), now.Add(-keepTiming).UnixMilli()
	for hash, all := range s.series {
		n := len(all)
		all = slices.DeleteFunc(all, func(sr *series) bool {
			return sr.now.last < timing || !sr.timing && sr.now.last < plain
		})
		s.count -= n - len(all)
		if len(all) == 0 {
			delete(s.series, hash)
		} else {
			s.series[hash] = all
		}
	}
}
