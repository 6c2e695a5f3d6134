package rrdstore

import (
	"fmt"
	"time"
)

// aheadLimit is how far samples may lie ahead of the clock before that is taken
// for trouble: clocks of senders differ a little.
const aheadLimit = time.Minute

// Ready returns nil when samples can be stored, or why not: the last batch could
// not be journalled.
func (s *Store) Ready() error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return ErrClosed
	}
	if s.putError != nil {
		return fmt.Errorf("the journal cannot be written: %w", s.putError)
	}
	return nil
}

// aheadLocked is how far the newest sample lies ahead of the clock, as after a
// time at which a clock was wrong. A ring cannot go back, so until the clock has
// caught up the samples of such series are refused as late. It is no reason to
// be not ready: one sender's wrong clock must not make the service look ill.
func (s *Store) aheadLocked() time.Duration {
	ahead := s.newestSample - s.cfg.Now().UnixMilli()
	return time.Duration(max(ahead, 0)) * time.Millisecond
}

// warnAhead logs when the store gets ahead of the clock, once until it is not.
func (s *Store) warnAhead(r *rounds) {
	s.mu.RLock()
	ahead, newest := s.aheadLocked(), s.newestSample
	s.mu.RUnlock()
	if ahead > aheadLimit && !r.ahead {
		s.cfg.Logger.Warn("samples lie ahead of the clock; older ones of their series are refused as late",
			"ahead", ahead, "newest", time.UnixMilli(newest).UTC(),
			"do", "set the clocks of this machine and of the senders right, then wait until the newest sample is past; or, to go on at once, stop the service and move the data directory away")
	}
	r.ahead = ahead > aheadLimit
}
