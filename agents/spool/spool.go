package spool

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"plimsoll/agents/remote"
	"plimsoll/internal/durable"
	"plimsoll/internal/metric"
)

// Spool keeps samples until they are sent.
type Spool struct {
	cfg     Config
	fs      durable.FS
	log     *slog.Logger
	lock    *durable.Lock
	journal *durable.Journal
	wake    chan struct{} // holds one token when there may be something to send

	mu      sync.Mutex // guards what follows
	state   state
	dirty   bool // the state is not saved
	savedAt time.Time
	ends    map[uint64]uint64 // of each segment, the number behind its last sample
	next    uint64            // the number of the next sample
	repeats repeats
	encoder encoder
	asked   bool   // samples from the first one on may be with the collector
	doubt   uint64 // samples below this number may have been sent by the process before
	sending uint64 // the segment that this process sends from
	oldest  int64  // the instant of the first sample that was read to be sent
	stats   stats
	victim  uint64 // the segment that is to go
	closed  bool
}

// ErrClosed is what a closed Spool answers.
var ErrClosed = errors.New("the spool is closed")

// ErrFull means that a batch finds no room, because it is larger than the spool.
var ErrFull = errors.New("the spool has no room for the batch")

// newStream returns a name that no other spool has.
func newStream() string { return rand.Text() }

// Open opens the spool in cfg.Dir, made if it is not there.
func Open(cfg Config) (*Spool, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	s := &Spool{cfg: cfg, fs: cfg.fs, log: cfg.Logger, wake: make(chan struct{}, 1), ends: map[uint64]uint64{}}
	if s.fs == nil {
		s.fs = durable.Disk{}
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if err := s.fs.MkdirAll(cfg.Dir); err != nil {
		return nil, fmt.Errorf("make the spool's directory: %w", err)
	}
	var err error
	if s.lock, err = durable.LockDir(cfg.Dir); err != nil {
		return nil, err
	}
	if err := s.load(); err != nil {
		return nil, errors.Join(err, s.lock.Unlock())
	}
	if err := s.register(cfg.Registerer); err != nil {
		return nil, errors.Join(err, s.lock.Unlock())
	}
	return s, nil
}

// load finds out what is kept.
func (s *Spool) load() (err error) {
	if err := s.loadState(); err != nil {
		return err
	}
	s.journal, err = durable.OpenJournal(durable.JournalConfig{
		Dir: filepath.Join(s.cfg.Dir, "journal"), SegmentBytes: s.cfg.segmentBytes(),
		SyncEach: s.cfg.SyncInterval == 0, First: s.state.cursor.Segment, FS: s.fs,
	})
	if err != nil {
		return err
	}
	s.next = max(s.state.first, s.state.hole.to)
	var d decoder
	found, err := s.journal.Replay(0, func(segment uint64, record []byte) error {
		s.recall(&d, segment, record)
		return nil
	})
	if err != nil {
		return err
	}
	if found.BadSegments > 0 || found.Unrepaired != nil {
		s.log.Error("the spool was damaged; what was lost is counted", "segments", found.BadSegments, "err", found.Unrepaired)
		// Offsets are those of the repaired segments now: begin with the segment.
		s.state.cursor.Offset = 0
	}
	s.state.fill()
	s.asked, s.doubt = true, s.doubtLocked()
	if s.waitingLocked() > 0 {
		s.log.Info("samples wait in the spool", "samples", s.waitingLocked())
	}
	return nil
}

// doubtLocked returns the number behind the last sample that the process before may
// have sent: it saved the state before it went on to another segment.
func (s *Spool) doubtLocked() uint64 {
	for _, n := range slices.Sorted(maps.Keys(s.ends)) {
		if s.ends[n] > s.state.first {
			return s.ends[n]
		}
	}
	return 0
}

// recall takes a record that is on disk into account.
func (s *Spool) recall(d *decoder, segment uint64, record []byte) {
	h, packed, err := readHead(record)
	if err != nil {
		return // the reader counts it by what is missing
	}
	s.ends[segment] = max(s.ends[segment], h.end())
	s.next = max(s.next, h.end())
	if segment < s.state.since {
		return
	}
	samples, err := d.samples(nil, h, packed, 0)
	if err != nil {
		return
	}
	for i := range samples {
		s.repeats.note(&samples[i], samples[i].Labels.Hash(), segment)
	}
}

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
		case last > 0 && sm.At < last:
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

// Close saves the state and gives the directory free.
func (s *Spool) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	return errors.Join(s.saveLocked(), s.journal.Close(), s.lock.Unlock())
}
