package rrdstore

import (
	"context"
	"errors"
	"fmt"
)

// beginFlush waits for the right to update archives, until ctx ends; endFlush
// gives it back.
func (s *Store) beginFlush(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case s.flushing <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	if s.finished {
		s.endFlush()
		return ErrClosed
	}
	return nil
}

func (s *Store) endFlush() { <-s.flushing }

// drain updates all archives and makes a checkpoint, as the ticks do, but for no
// longer than DrainTimeout. What was not done then is no loss: the journal, which
// is synced, has all that was acknowledged.
func (s *Store) drain() error {
	s.mu.Lock()
	s.drained = true
	s.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), s.cfg.DrainTimeout)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- s.flushAndCheckpoint(ctx) }() // Close waits for its end, for a while
	var err error
	select {
	case err = <-done:
	case <-ctx.Done():
		err = ctx.Err()
	}
	if !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	s.cfg.Logger.Warn("stopped before all archives were updated; the journal has the rest", "after", s.cfg.DrainTimeout)
	return s.journal.Sync()
}

func (s *Store) flushAndCheckpoint(ctx context.Context) error {
	if err := s.beginFlush(ctx); err != nil {
		return err
	}
	defer s.endFlush()
	err := s.flushAllLocked(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return errors.Join(err, s.checkpointLocked())
}

// Close gives the directory free. When Run did not do so before, it writes all
// that is buffered into the archives first. The journal keeps what could not be
// written. When an update of archives does not end within DrainTimeout, the
// directory stays taken until the process ends.
func (s *Store) Close() error {
	s.mu.Lock()
	closed, drained := s.closed, s.drained
	s.closed = true
	s.mu.Unlock()
	if closed {
		return nil
	}
	var err error
	if !drained {
		err = s.drain()
	}
	ctx, cancel := context.WithTimeout(context.Background(), s.cfg.DrainTimeout)
	defer cancel()
	if busy := s.beginFlush(ctx); busy != nil {
		return errors.Join(err, fmt.Errorf("close store %s: archives are still being updated: %w", s.cfg.Dir, busy), s.journal.Sync())
	}
	defer s.endFlush()
	s.finished = true
	err = errors.Join(err, s.files.closeAll(), s.journal.Close(), s.volume.Close(), s.lock.Unlock())
	s.stats.unregister(s)
	return err
}
