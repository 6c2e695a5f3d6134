package remote

import (
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
)

// table finds series by their labels: the first by the hash, others behind it.
type table map[uint64]*series

func (t table) find(l labels.Labels) *series {
	for sr := t[l.Hash()]; sr != nil; sr = sr.next {
		if labels.Equal(sr.labels, l) {
			return sr
		}
	}
	return nil
}

func (t table) add(sr *series) {
	h := sr.labels.Hash()
	sr.next = t[h]
	t[h] = sr
}

// all yields each series; the table may lose the one that was yielded.
func (t table) all(yield func(*series) bool) {
	for _, first := range t {
		for sr := first; sr != nil; {
			next := sr.next
			if !yield(sr) {
				return
			}
			sr = next
		}
	}
}

// remove forgets the series for which gone is true, and returns how many.
func (t table) remove(gone func(*series) bool) (removed int) {
	for hash, first := range t {
		var kept *series
		for sr := first; sr != nil; {
			next := sr.next
			if gone(sr) {
				removed++
			} else {
				sr.next, kept = kept, sr
			}
			sr = next
		}
		if kept == nil {
			delete(t, hash)
		} else {
			t[hash] = kept
		}
	}
	return removed
}

// clashes tells whether a series would be sent under a name that another has: a
// timing t beside a counter t_count.
func (t table) clashes(l labels.Labels, timing bool) bool {
	if timing {
		for i := range columns {
			if t.find(columnLabels(l, i)) != nil {
				return true
			}
		}
		return false
	}
	for _, suffix := range suffixes {
		if base, has := strings.CutSuffix(l.Get(metric.NameLabel), suffix); has && t.timing(labels.NewBuilder(l).Set(metric.NameLabel, base)) {
			return true
		}
	}
	return l.Has("quantile") && t.timing(labels.NewBuilder(l).Del("quantile"))
}

func (t table) timing(l *labels.Builder) bool {
	sr := t.find(l.Labels())
	return sr != nil && sr.kind == metric.Timing
}

// What a silent series is remembered for: a gauge to tell what comes late, what
// has a total so that it goes on where it stood. When there are nearly as many
// series as there may be, totals are forgotten as soon as gauges.
const (
	keepGauge  = time.Hour
	keepTotal  = 30 * 24 * time.Hour
	sweepEvery = time.Minute
)

// sweep forgets series that were silent for long. Silence is measured by a clock
// that is never ahead of the system's and goes at most twice as fast as time
// passes, so that a clock that is set ahead costs no totals.
func (s *Sink) sweep(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calm = minTime(now, s.calm.Add(2*sweepEvery))
	gauge, held := s.calm.Add(-keepGauge).UnixMilli(), s.calm.Add(-keepTotal).UnixMilli()
	if s.count > s.cfg.MaxSeries/10*9 {
		held = gauge
	}
	s.knows = max(s.knows, gauge)
	s.count -= s.series.remove(func(sr *series) bool {
		if len(sr.recent) > 0 {
			return false
		}
		return sr.last < held || sr.kind == metric.Gauge && sr.last < gauge
	})
}

func minTime(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
