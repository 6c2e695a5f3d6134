package rrdstore

import (
	"plimsoll/internal/metric"
	"plimsoll/internal/total"
)

// Totals yields what each counter and each timing has counted so far, for another
// store that is to go on from there. Nothing may be Put meanwhile.
func (s *Store) Totals(yield func(total.Series) bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, sr := range s.index.series {
		t := total.Series{Labels: sr.labels, Last: sr.last}
		switch sr.kind {
		case metric.Counter:
			t.Counter = sr.counter.Counter
		case metric.Timing:
			t.Timing, t.Sum, t.Count = true, sr.timer.sum, sr.timer.count
		default:
			continue
		}
		if t.Last > 0 && !yield(t) {
			return
		}
	}
}

// Ladders returns the resolutions of each class in use.
func (s *Store) Ladders() [][]Tier {
	out := make([][]Tier, len(s.classes.all))
	for i, c := range s.classes.all {
		out[i] = c.Tiers
	}
	return out
}
