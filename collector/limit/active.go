package limit

import "time"

// turnEvery is how long a generation of series lasts. A series is active while
// it is in this one or in the one before.
const turnEvery = 30 * time.Minute

// active is the set of active series, by hash. No series is in both
// generations.
type active struct {
	now, before map[uint32]struct{}
	turned      time.Time // when now began
}

func (a *active) len() int { return len(a.now) + len(a.before) }

// fresh says whether a series is in this generation.
func (a *active) fresh(hash uint32) bool {
	_, is := a.now[hash]
	return is
}

// admit takes a series into this generation, unless it would be one too many.
func (a *active) admit(hash uint32, limit int) bool {
	if _, known := a.before[hash]; known {
		delete(a.before, hash)
	} else if a.len() >= limit {
		return false
	}
	if a.now == nil {
		a.now = map[uint32]struct{}{}
	}
	a.now[hash] = struct{}{}
	return true
}

// turn begins a new generation when it is time, and after a clock was set back.
func (a *active) turn(now time.Time) {
	passed := now.Sub(a.turned)
	switch {
	case passed < 0:
		a.turned = now
	case passed >= 2*turnEvery:
		a.clear()
		a.turned = now
	case passed >= turnEvery:
		a.before, a.now = a.now, nil
		a.turned = now
	}
}

func (a *active) clear() { a.now, a.before = nil, nil }
