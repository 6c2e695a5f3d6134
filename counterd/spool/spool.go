package spool

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"sync"
	"sync/atomic"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/durable"
	"plimsoll/internal/sketch"
)

// ErrClosed is returned after Close.
var ErrClosed = errors.New("the spool is closed")

// ErrTooBig means that a second takes more than MaxBytes allows.
var ErrTooBig = errors.New("the second is too big for the spool")

// Entry is one series in one second.
type Entry struct {
	Labels labels.Labels
	Raw    string // the sender's name
	Kind   uint8  // the daemon's own; it has no meaning here
	// Value is a counter's running total since Start, or a gauge's value.
	Value   float64
	Start   int64          // Unix ms
	Sketch  *sketch.Sketch // the observations of this one second; may be nil
	Members []string       // strings that are new to a set in this second
}

// Spool is the journal of an open interval, safe for concurrent use.
type Spool struct {
	cfg     Config
	journal *durable.Journal
	lock    *durable.Lock
	lazy    *lazyFS // nil when SyncInterval is set
	syncer  *syncer // nil when it is not

	syncErrors atomic.Uint64

	mu      sync.Mutex // guards what follows
	closed  bool
	encoder encoder
	segment uint64 // whose names encoder.table holds; 0: none
	mark    []byte
	// open has, for each segment on disk, the latest second in it that is not
	// safe in the store: done when there is none.
	open  map[uint64]int64
	stats Stats
}

const (
	done    = math.MinInt64
	unknown = math.MaxInt64 // it was not read yet
)

// Open takes the directory, made if it is not there, for this process. Replay
// comes before the first Append.
func Open(cfg Config) (*Spool, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.FS == nil {
		cfg.FS = durable.Disk{}
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Spool{cfg: cfg, encoder: encoder{table: newTable()}, open: map[uint64]int64{}}
	if err := s.take(); err != nil {
		return nil, fmt.Errorf("open spool %s: %w", cfg.Dir, err)
	}
	if cfg.SyncInterval > 0 {
		s.syncer = startSyncer(s)
	}
	return s, nil
}

// take locks the directory and opens the journal in it.
func (s *Spool) take() (err error) {
	fs := s.cfg.FS
	if s.cfg.SyncInterval == 0 {
		s.lazy = &lazyFS{FS: fs}
		fs = s.lazy
	}
	if err := fs.MkdirAll(s.cfg.Dir); err != nil {
		return err
	}
	if s.lock, err = durable.LockDir(s.cfg.Dir); err != nil {
		return err
	}
	s.journal, err = durable.OpenJournal(durable.JournalConfig{
		Dir: s.cfg.Dir, SegmentBytes: s.cfg.MaxBytes / segmentShare, FS: fs,
	})
	if err == nil {
		err = s.list()
	}
	if err != nil {
		return errors.Join(err, s.lock.Unlock())
	}
	return nil
}

// list notes the segments of earlier processes.
func (s *Spool) list() error {
	files, err := s.cfg.FS.ReadDir(s.cfg.Dir)
	if err != nil {
		return err
	}
	for _, f := range files {
		var n uint64
		if _, err := fmt.Sscanf(f.Name(), "%d.wal", &n); err == nil && f.Name() == segmentName(n) {
			s.open[n] = unknown
		}
	}
	return nil
}

func segmentName(n uint64) string { return fmt.Sprintf("%08d.wal", n) }

// Append writes the entries of the second that ended at the instant at, in Unix
// ms, with one write. On an error the second is not in the spool; later calls
// work again as soon as the disk does. The caller may use entries again.
func (s *Spool) Append(at int64, entries []Entry) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	if len(entries) == 0 {
		return nil
	}
	err := s.appendLocked(at, entries)
	if errors.Is(err, durable.ErrSegmentEnded) { // a sync failed meanwhile
		err = s.appendLocked(at, entries)
	}
	if err != nil {
		s.stats.AppendErrors++
		s.endSegmentLocked() // its names may not have got through
		return fmt.Errorf("spool %d series of second %d: %w", len(entries), at, err)
	}
	s.stats.Seconds++
	s.syncer.after(at)
	return nil
}

func (s *Spool) appendLocked(at int64, entries []Entry) error {
	segment := s.journal.Segment()
	if segment != s.segment {
		s.encoder.begin()
		s.segment = segment
		s.closeEndedLocked()
	}
	record, err := s.encoder.second(at, entries)
	if err != nil {
		return err
	}
	if err := s.makeRoomLocked(int64(len(record))); err != nil {
		return err
	}
	if err := s.journal.AppendIn(segment, record); err != nil {
		return err
	}
	s.noteLocked(segment, at)
	s.encoder.trim()
	return nil
}

// noteLocked notes that a segment has something later than it had.
func (s *Spool) noteLocked(segment uint64, at int64) {
	if latest, is := s.open[segment]; is {
		at = max(at, latest)
	}
	s.open[segment] = at
}

// endSegmentLocked goes on in a new segment, where all names are told again.
func (s *Spool) endSegmentLocked() {
	s.journal.Rotate()
	s.encoder.begin()
	s.segment = 0
	s.closeEndedLocked()
}

// closeEndedLocked closes the files of ended segments where no syncer does it.
func (s *Spool) closeEndedLocked() {
	if s.syncer != nil {
		return
	}
	if err := s.journal.Sync(); err != nil {
		s.syncErrors.Add(1)
	}
}

// Close gives the directory free. What was not delivered is synced and stays
// for the next Replay.
func (s *Spool) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	s.syncer.stop()
	s.journal.Rotate()
	s.segment = 0 // may be dropped like the others
	err := s.dropLocked()
	if s.lazy != nil {
		s.lazy.closing = len(s.open) > 0
	}
	return errors.Join(err, s.journal.Close(), s.lock.Unlock())
}
