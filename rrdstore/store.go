package rrdstore

import (
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"plimsoll/internal/durable"
	"plimsoll/rrdstore/rrdfile"
)

// ErrClosed is returned by Put after Close.
var ErrClosed = errors.New("the store is closed")

// Store keeps samples in round-robin archives. It is a metric.Sink and a
// storage.Queryable, safe for concurrent use.
type Store struct {
	cfg     Config
	fs      durable.FS
	lock    *durable.Lock
	volume  durable.Volume // open as long as the store, to miss no error
	reserve *reserve
	journal *durable.Journal
	files   *fileCache
	classes classes
	stats   stats

	troubles troubles

	// flushing holds a value while archives are updated, synced or set aside:
	// one flush at a time. It is taken, by beginFlush, before mu, and guards
	// the next seven. A channel, so that waiting for it has an end; never closed.
	flushing chan struct{}
	finished bool       // Close is through: no file may be touched
	logged   []*archive // whose header was journalled since the last sync
	headers  headerRoom

	stateBytes int // size of the checkpoint before
	// kept is the segment from which the older of the two checkpoints on disk
	// needs the journal, newest that of the newer.
	kept, newest uint64
	// pinned is the segment from which a snapshot in the making needs the
	// journal; 0: none is made.
	pinned uint64

	mu           sync.RWMutex // guards all below, and all series
	closed       bool
	drained      bool   // Run or Close did its last flush
	index        *index // its series are in the order of their refs, which count from 1
	timings      []*series
	slots        [][]uint32      // refs by the second of the flush interval that is theirs
	newestSample int64           // the instant of it, in ms
	putError     error           // why the last batch was not journalled; nil: it was
	buffered     int             // bytes that all pending points take
	onDisk       map[string]bool // during Open: archives found that no series has yet, and whether their shape is odd
	scratch      scratch
	shelf        shelf
	quotas       quotas

	pressure chan struct{} // tells Run that too much is buffered; never closed
}

// Open takes the directory for this process and brings back all that was
// acknowledged. doc.go has the steps.
func Open(cfg Config) (*Store, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	s := newStore(cfg)
	if err := s.fs.MkdirAll(filepath.Join(cfg.Dir, archiveDir)); err != nil {
		return nil, fmt.Errorf("make data directory: %w", err)
	}
	lock, err := durable.LockDir(cfg.Dir)
	if err != nil {
		return nil, err
	}
	s.lock = lock
	if s.volume, err = s.fs.OpenVolume(cfg.Dir); err != nil {
		return nil, errors.Join(fmt.Errorf("open file system of %s: %w", cfg.Dir, err), lock.Unlock())
	}
	if err := s.recover(); err != nil {
		return nil, errors.Join(fmt.Errorf("open store %s: %w", cfg.Dir, err), s.files.closeAll(), s.volume.Close(), lock.Unlock())
	}
	s.openReserve()
	s.stats.register(s)
	return s, nil
}

func newStore(cfg Config) *Store {
	if cfg.fs == nil {
		cfg.fs = durable.Disk{}
	}
	if cfg.files == nil {
		cfg.files = nativeFiles{&rrdfile.Opener{Recent: recentValues(cfg.CacheBytes)}}
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.DrainTimeout <= 0 {
		cfg.DrainTimeout = drainTimeout
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	return &Store{
		cfg:      cfg,
		fs:       cfg.fs,
		files:    newFileCache(&cfg),
		classes:  newClasses(&cfg),
		stats:    newStats(),
		index:    newIndex(),
		slots:    make([][]uint32, max(1, int(cfg.FlushInterval/time.Second))),
		onDisk:   map[string]bool{},
		shelf:    newShelf(),
		quotas:   newQuotas(cfg.Quotas),
		flushing: make(chan struct{}, 1),
		pressure: make(chan struct{}, 1),
		troubles: troubles{text: map[string]string{}},
	}
}

// registerLocked makes a new series part of the store.
func (s *Store) registerLocked(sr *series) {
	s.index.add(sr)
	s.quotas.add(sr.labels)
	s.newestSample = max(s.newestSample, sr.last)
	sr.ref = uint32(len(s.index.series))
	if sr.isTiming() {
		s.timings = append(s.timings, sr)
	}
	slot := slotOf(sr.labels, len(s.slots))
	s.slots[slot] = append(s.slots[slot], sr.ref)
	if len(s.onDisk) > 0 {
		s.takeFiles(sr)
	}
}

// takeFiles notes which archives of a series are on disk.
func (s *Store) takeFiles(sr *series) {
	for path, a := range s.paths(sr) {
		if odd, is := s.onDisk[path]; is {
			a.found()
			a.odd = odd
			delete(s.onDisk, path)
		}
	}
}
