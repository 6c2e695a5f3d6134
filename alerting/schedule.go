package alerting

import (
	"hash/fnv"
	"sync"
	"time"
)

// schedule says when a unit is to look. Units begin within a second, and then
// each keeps to its own place within the interval, so that they spread.
type schedule struct {
	interval, retry time.Duration
	phase           time.Duration // place within the interval

	mu      sync.Mutex // guards what follows
	next    time.Time
	running bool
}

func newSchedule(key string, interval, retry time.Duration) schedule {
	h := fnv.New64a()
	_, _ = h.Write([]byte(key))
	return schedule{interval: interval, retry: retry, phase: time.Duration(h.Sum64() % uint64(interval))}
}

// claim reports whether it is time to look, and then nobody else may until
// finish. A unit that still runs when its time comes again misses that turn.
func (s *schedule) claim(now time.Time) (run, missed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.next.IsZero():
		s.next = now.Add(s.phase % time.Second)
	case s.next.Sub(now) > 2*s.interval: // the clock was set back
		s.next = now
	}
	if now.Before(s.next) {
		return false, false
	}
	if s.running {
		s.next = now.Add(s.interval)
		return false, true
	}
	s.running = true
	return true, false
}

// finish ends the look that began at an instant and sets the next: soon, if it
// found something that is not yet believed.
func (s *schedule) finish(at time.Time, soft bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running = false
	if soft {
		s.next = at.Add(s.retry)
		return
	}
	place := time.Duration((at.UnixNano() - int64(s.phase)) % int64(s.interval))
	s.next = at.Add(s.interval - place)
	if s.next.Sub(at) < s.interval/2 { // only after a start or a retry
		s.next = s.next.Add(s.interval)
	}
}
