package spool

import "plimsoll/internal/durable"

// syncer makes the journal durable against a crash of the machine from time to
// time, so that no Append waits for the disk.
type syncer struct {
	interval int64
	last     int64         // the second at which it was asked last; Spool.mu guards it
	asked    chan struct{} // Close closes it
	ended    chan struct{} // closed by run; stop waits for it
}

func startSyncer(s *Spool) *syncer {
	y := &syncer{
		interval: s.cfg.SyncInterval.Milliseconds(),
		asked:    make(chan struct{}, 1), ended: make(chan struct{}),
	}
	go y.run(s)
	return y
}

func (y *syncer) run(s *Spool) {
	defer close(y.ended)
	for range y.asked {
		if err := s.journal.Sync(); err != nil {
			s.syncErrors.Add(1)
			s.cfg.Logger.Error("the spool cannot be synced", "dir", s.cfg.Dir, "error", err)
		}
	}
}

// after asks for a sync when the interval is over at the instant at; also when
// the clock was set back.
func (y *syncer) after(at int64) {
	if y == nil || at >= y.last && at-y.last < y.interval {
		return
	}
	y.last = at
	select {
	case y.asked <- struct{}{}:
	default: // it is asked already
	}
}

func (y *syncer) stop() {
	if y == nil {
		return
	}
	close(y.asked)
	<-y.ended
}

// lazyFS leaves syncing to the kernel, until Close.
type lazyFS struct {
	durable.FS
	closing bool // Spool.mu guards it
}

// Create implements durable.FS.
func (l *lazyFS) Create(name string) (durable.File, error) {
	f, err := l.FS.Create(name)
	if err != nil {
		return nil, err
	}
	return lazyFile{f, l}, nil
}

// SyncDir implements durable.FS.
func (l *lazyFS) SyncDir(name string) error {
	if !l.closing {
		return nil
	}
	return l.FS.SyncDir(name)
}

type lazyFile struct {
	durable.File
	fs *lazyFS
}

func (f lazyFile) Sync() error {
	if !f.fs.closing {
		return nil
	}
	return f.File.Sync()
}
