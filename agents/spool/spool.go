package spool

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"plimsoll/internal/durable"
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

func (s *Spool) journalDir() string { return filepath.Join(s.cfg.Dir, "journal") }

// load finds out what is kept.
func (s *Spool) load() (err error) {
	if err := s.loadState(); err != nil {
		return err
	}
	s.journal, err = durable.OpenJournal(durable.JournalConfig{
		Dir: s.journalDir(), SegmentBytes: s.cfg.segmentBytes(),
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
