package rrdstore

import (
	"errors"
	"fmt"
	"time"
)

// aheadLimit is how far samples may lie ahead of the clock before that is taken
// for trouble: clocks of senders differ a little.
const aheadLimit = time.Minute

// Ready returns nil when samples of now can be stored, or why not: the last
// batch could not be journalled, or the store is ahead of the clock, as after a
// time at which the clock was wrong. A ring cannot go back, so until the clock
// has caught up the samples of such series are refused as late.
func (s *Store) Ready() error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return ErrClosed
	}
	var errs []error
	if s.putError != nil {
		errs = append(errs, fmt.Errorf("the journal cannot be written: %w", s.putError))
	}
	if ahead := s.aheadLocked(); ahead > aheadLimit {
		errs = append(errs, fmt.Errorf("the newest sample lies %s ahead of the clock: older ones are refused as late", ahead))
	}
	return errors.Join(errs...)
}

// aheadLocked is how far the newest sample lies ahead of the clock.
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
