package rrdstore

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// rounds is what Run remembers from tick to tick.
type rounds struct {
	slot       int64 // the second whose archives were updated last
	checkpoint time.Time
	sweep      time.Time // when silent series were looked for last
	ahead      bool      // it was logged that samples lie ahead of the clock
}

// Run updates archives, each once in a flush interval, closes intervals of
// silent timings, syncs the journal and makes checkpoints. When ctx ends it
// updates all archives once more, whatever the hour, makes a checkpoint, and
// returns, after DrainTimeout at the latest.
func (s *Store) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	wg.Go(func() { s.syncLoop(ctx) })
	defer wg.Wait()
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	now := s.cfg.Now()
	r := rounds{slot: now.Unix(), checkpoint: now, sweep: now}
	for {
		select {
		case <-ctx.Done():
			return s.drain()
		case <-s.pressure:
			s.report("update archives", s.FlushAll(ctx))
		case <-ticker.C:
			s.tick(ctx, &r, s.cfg.Now())
		}
	}
}

// syncLoop makes the journal durable against a crash of the machine.
func (s *Store) syncLoop(ctx context.Context) {
	if s.cfg.SyncInterval == 0 {
		return // Put does it
	}
	ticker := time.NewTicker(s.cfg.SyncInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			s.report("sync journal", s.journal.Sync())
		}
	}
}

// report counts an error and logs it, once for as long as it lasts. That Run
// was told to end is none.
func (s *Store) report(what string, err error) {
	if errors.Is(err, context.Canceled) {
		return
	}
	if err != nil {
		s.reserve.giveUp(err)
		s.stats.runErrors.Inc()
	}
	if s.troubles.changed(what, err) {
		s.cfg.Logger.Error(what, "err", err)
	}
}

// troubles are the errors that now stand, by the work they stopped.
type troubles struct {
	mu   sync.Mutex // guards text
	text map[string]string
}

// changed notes how work went and tells whether it failed in a new way.
func (t *troubles) changed(what string, err error) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err == nil {
		delete(t.text, what)
		return false
	}
	before := t.text[what]
	t.text[what] = err.Error()
	return before != err.Error()
}

// tick does what is due at now, until ctx ends. After a long pause no archive is
// updated twice.
func (s *Store) tick(ctx context.Context, r *rounds, now time.Time) {
	s.report("close timings", s.closeTimings(now.Add(-s.cfg.CloseGrace).UnixMilli()))
	s.warnAhead(r)
	s.reserve.renew()
	second, slots := now.Unix(), int64(len(s.slots))
	if second < r.slot { // the clock went back
		r.slot = second - 1
	}
	for t := max(r.slot+1, second-slots+1); t <= second; t++ {
		s.report("update archives", s.flushSlot(ctx, int(t%slots)))
	}
	r.slot = second
	if age := now.Sub(r.sweep); age >= s.cfg.RetireInterval || age < 0 {
		r.sweep = now
		s.report("retire series", s.sweep(ctx, now))
	}
	if age := now.Sub(r.checkpoint); age >= s.cfg.CheckpointInterval || age < 0 {
		r.checkpoint = now
		s.report("checkpoint", s.checkpoint(ctx))
	}
}

// Checkpoint folds the journal's past into one file and drops its segments.
func (s *Store) Checkpoint() error { return s.checkpoint(context.Background()) }

func (s *Store) checkpoint(ctx context.Context) error {
	if err := s.beginFlush(ctx); err != nil {
		return err
	}
	defer s.endFlush()
	return s.checkpointLocked()
}

// closeTimings writes the rows of intervals that ended at limit or before and
// got no later sample. The journal is told, so that recovery does the same at
// the same place.
func (s *Store) closeTimings(limit int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	due := slices.ContainsFunc(s.timings, func(sr *series) bool { return sr.timer.due(limit) })
	if !due || s.closed {
		return nil
	}
	if err := s.journal.Append(encodeClose(limit)); err != nil {
		return err
	}
	s.closeTimingsLocked(limit)
	return nil
}

func (s *Store) closeTimingsLocked(limit int64) {
	for _, sr := range s.timings {
		s.buffered += sr.closeUntil(limit)
	}
}
