package remote

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"plimsoll/internal/durable"
)

// Sink is a metric.Sink that hands samples on to an engine.
type Sink struct {
	writer
	lock    *durable.Lock
	journal *durable.Journal
	wake    chan struct{} // a record was appended

	tidyMu sync.Mutex // held while segments are dropped; taken before mu

	cursorMu sync.Mutex // held while the cursor is saved; taken before mu
	saved    cursor     // as it is on disk; guarded by cursorMu

	mu       sync.Mutex // guards what follows
	series   table
	count    int       // of series
	calm     time.Time // see sweep
	knows    int64     // the newest sample of each series is known, if it is after this, in ms
	tail     tail
	seq      uint64        // of the last record
	waiting  int64         // samples that the engine has not answered
	sent     uint64        // all records below it were answered
	cursor   cursor        // and are settled; see sender
	inHand   uint64        // the sender has taken all records below it
	gone     uint64        // the journal has dropped all records below it, sent or not
	orphans  int64         // samples in hand of which the records are gone
	moved    chan struct{} // closed and made anew when sent moves
	newest   int64         // newest sample that the engine has, in ms
	putError error
	closed   bool
}

// Open opens the journal in cfg.Dir/remote and goes on where it stood. Nothing is
// sent before Run.
func Open(cfg Config) (*Sink, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg.Dir = filepath.Join(cfg.Dir, "remote")
	if cfg.fs == nil {
		cfg.fs = durable.Disk{}
	}
	s := &Sink{
		writer: writer{cfg: cfg, log: cfg.Logger, stats: newStats()}, series: table{},
		wake: make(chan struct{}, 1), moved: make(chan struct{}),
		calm: cfg.Now(), tail: tail{limit: cfg.MaxTailBytes},
	}
	s.newest = s.calm.UnixMilli()
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	var err error
	if s.client, err = newClient(cfg, cfg.WriteTimeout, s.broke); err != nil {
		return nil, err
	}
	if err := cfg.fs.MkdirAll(cfg.Dir); err != nil {
		return nil, fmt.Errorf("make data directory: %w", err)
	}
	if s.lock, err = durable.LockDir(cfg.Dir); err != nil {
		return nil, err
	}
	if err := s.recover(); err != nil {
		return nil, errors.Join(err, s.lock.Unlock())
	}
	s.stats.register(s)
	return s, nil
}

// recover brings back what was known: cursor and totals from their files, what
// came later from the journal.
func (s *Sink) recover() (err error) {
	if s.cursor, err = s.loadCursor(); err != nil {
		return err
	}
	held, err := s.loadTotals()
	if err != nil {
		return err
	}
	s.seq, s.sent = max(held, s.cursor.next-1), s.cursor.next
	s.tail.from = s.cursor.next
	s.journal, err = durable.OpenJournal(durable.JournalConfig{
		Dir: s.path("journal"), SegmentBytes: s.cfg.segmentBytes(), SyncEach: s.cfg.SyncInterval == 0,
		First: s.cursor.segment, FS: s.cfg.fs,
	})
	if err != nil {
		return err
	}
	found, err := s.journal.Replay(0, func(_ uint64, record []byte) error {
		s.replayRecord(record, held)
		return nil
	})
	s.stats.badSegments.Add(float64(found.BadSegments))
	for _, b := range found.Bad {
		s.log.Error("a journal segment is damaged; what could be read is sent, the rest is in the .bad file",
			"file", b.File, "bytes", b.Bytes)
	}
	s.calm = minTime(s.calm, s.newestKnown())
	if s.seq > 0 {
		s.knows = s.cfg.Now().UnixMilli() // nobody tells what was sent before
		s.tail.whole = s.knows
	}
	return err
}

// replayRecord takes a record that came after the totals were saved, or waits.
func (s *Sink) replayRecord(record []byte, held uint64) {
	seq, n, err := head(record)
	waits := seq >= s.cursor.next
	if err == nil && (seq > held || waits) {
		var entries []entry
		if seq, entries, err = decodeRecord(record); err == nil {
			s.replayed(seq, entries, waits)
		}
	}
	if err != nil {
		s.stats.badRecords.Inc()
		return
	}
	s.seq = max(s.seq, seq)
	if waits {
		s.waiting += int64(n)
	}
}

// newestKnown is the instant of the newest sample there is, if there is one.
func (s *Sink) newestKnown() time.Time {
	newest := int64(0)
	for sr := range s.series.all {
		newest = max(newest, sr.last)
	}
	if newest == 0 {
		return s.calm
	}
	return time.UnixMilli(newest)
}

// broke is called when a connection to the engine broke.
func (s *Sink) broke() {
	s.lost.Store(true)
	s.wakeUp()
}

// Run sends what was Put until ctx ends, and for DrainTimeout more what waits
// then. What the engine does not take by then is in the journal, and is sent
// after the next start.
func (s *Sink) Run(ctx context.Context) error {
	sending, stop := context.WithCancel(context.WithoutCancel(ctx))
	var sender, keeper sync.WaitGroup
	sender.Go(func() { s.sendAll(sending) })
	keeper.Go(func() { s.keep(ctx) })
	<-ctx.Done()
	draining, end := context.WithTimeout(context.WithoutCancel(ctx), s.cfg.DrainTimeout)
	_ = s.FlushAll(draining) // what is left is safe
	end()
	stop()
	sender.Wait()
	keeper.Wait()
	s.keepCursor()
	return errors.Join(s.tidy(), s.journal.Sync())
}

// keep syncs the journal and drops what is no longer needed of it.
func (s *Sink) keep(ctx context.Context) {
	ticker := time.NewTicker(max(s.cfg.SyncInterval, time.Second))
	defer ticker.Stop()
	swept := s.cfg.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			s.report("sync the journal", s.journal.Sync())
			s.keepCursor()
			s.report("drop what was sent from the journal", s.tidy())
			if now := s.cfg.Now(); now.Sub(swept).Abs() >= sweepEvery {
				swept = now
				s.sweep(now)
				s.cleanTail()
			}
		}
	}
}

// cleanTail gives the memory of what was settled back.
func (s *Sink) cleanTail() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tail.clean(s.series)
}

// report counts and logs an error of the work that goes on beside Put.
func (s *Sink) report(what string, err error) {
	if err != nil {
		s.stats.runErrors.Inc()
		s.log.Error(what, "err", err)
	}
}

// FlushAll waits until the engine has all that was Put before, or ctx ends.
func (s *Sink) FlushAll(ctx context.Context) error {
	s.mu.Lock()
	upTo := s.seq
	s.mu.Unlock()
	for {
		s.mu.Lock()
		done, moved := s.sent > upTo, s.moved
		s.mu.Unlock()
		if done {
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return fmt.Errorf("wait for the engine at %s: %w", s.cfg.Write, ctx.Err())
		}
	}
}

// Ready returns nil when samples can be kept, or why not. That the engine is away
// is no reason.
func (s *Sink) Ready() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	if s.putError != nil {
		return fmt.Errorf("the journal cannot be written: %w", s.putError)
	}
	return nil
}

// Close closes the journal and gives the directory free.
func (s *Sink) Close() error {
	s.mu.Lock()
	was := s.closed
	s.closed = true
	s.mu.Unlock()
	if was {
		return nil
	}
	s.client.CloseIdleConnections()
	s.stats.unregister(s)
	return errors.Join(s.journal.Close(), s.lock.Unlock())
}
