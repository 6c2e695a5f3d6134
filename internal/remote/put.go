package remote

import (
	"context"
	"errors"
	"fmt"
	"math"

	"plimsoll/internal/metric"
)

// ErrClosed is what a closed Sink answers.
var ErrClosed = errors.New("the sink is closed")

// batch is a Put in the making. What it changes of series goes back when its
// record does not get into the journal.
type batch struct {
	sink    *Sink
	future  int64
	entries []entry
	of      []*series // the series of each entry
	before  []saved   // what was changed, in order
	fresh   table
	made    int
	refused *metric.RefusedError
}

type saved struct {
	series *series
	state  state
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
	b := &batch{
		sink: s, future: s.cfg.Now().Add(s.cfg.FutureLimit).UnixMilli(),
		entries: make([]entry, 0, len(samples)), of: make([]*series, 0, len(samples)), fresh: table{},
	}
	for i := range samples {
		if reason := b.accept(&samples[i]); reason != "" {
			b.refused = b.refused.Refuse(samples[i], reason)
		}
	}
	if err := s.commitLocked(b); err != nil {
		b.undo()
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
	if s.At <= sr.last {
		return reasonLate
	}
	was := sr.state
	e := sr.take(*s)
	if math.IsInf(e.total, 0) || math.IsInf(e.sum, 0) || math.IsInf(e.count, 0) {
		sr.state = was
		return reasonFinite
	}
	b.before = append(b.before, saved{sr, was})
	b.entries, b.of = append(b.entries, e), append(b.of, sr)
	return ""
}

func (b *batch) undo() {
	for i := len(b.before) - 1; i >= 0; i-- {
		b.before[i].series.state = b.before[i].state
	}
}

func (b *batch) seriesOf(s *metric.Sample) (*series, string) {
	timing := s.Kind == metric.Timing
	sr := b.sink.series.find(s.Labels)
	if sr == nil {
		sr = b.fresh.find(s.Labels)
	}
	switch {
	case sr != nil && (sr.kind == metric.Timing) != timing:
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
	sr = &series{labels: s.Labels.Copy(), state: state{kind: s.Kind}}
	b.fresh.add(sr)
	b.made++
	return sr, ""
}

// commitLocked writes the record and keeps what is in it.
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
	b.fresh.all(func(sr *series) bool {
		s.addLocked(sr)
		return true
	})
	for i, e := range b.entries {
		s.tail.hold(b.of[i], s.seq, e)
	}
	s.tail.shorten(s.series)
	s.wakeUp()
	return nil
}

func (s *Sink) wakeUp() {
	select {
	case s.wake <- struct{}{}:
	default: // the sender knows already
	}
}

func (s *Sink) addLocked(sr *series) {
	s.series.add(sr)
	s.count++
}

// replayed brings what a record holds into the state of its series, unless that
// was saved since, and what waits for the engine into the tail.
func (s *Sink) replayed(seq uint64, entries []entry, waits bool) {
	for _, e := range entries {
		sr := s.series.find(e.Labels)
		if sr == nil {
			sr = &series{labels: e.Labels}
			s.addLocked(sr)
		}
		if e.At > sr.last {
			sr.apply(e)
		}
		if waits {
			s.tail.hold(sr, seq, e)
		}
	}
	s.tail.shorten(s.series)
}
