package rrdstore

import (
	"math"

	"github.com/prometheus/prometheus/storage"

	"plimsoll/internal/metric"
)

// unknownValue is that of a gauge of which only the archive tells: no sample has it.
var unknownValue = math.Inf(1)

// single tells whether a query can see the newest point only: that of an instant,
// without a range. One with `smoothed` looks beyond its instant, and so farther.
func (a *ask) single(hints *storage.SelectHints) bool {
	return hints != nil && hints.Range == 0 && hints.Step == 0 && a.to-a.from <= lookback.Milliseconds()
}

// newest returns the newest point of a view from memory, if that is all that is
// asked for: what rules and tiles ask costs no look at an archive.
func (r *reader) newest(v view) (p metric.Point, ok bool) {
	r.store.mu.RLock()
	defer r.store.mu.RUnlock()
	sr := v.series
	if !r.ask.newest || sr.last > r.ask.to {
		return p, false
	}
	switch sr.kind {
	case metric.Gauge:
		return metric.Point{At: sr.last, Value: sr.value}, !math.IsNaN(sr.value) && !math.IsInf(sr.value, 0)
	case metric.Counter:
		c := sr.counter
		return metric.Point{At: c.At, Value: shown(c.Total, c.whole)}, c.Known && c.At == sr.last
	}
	sk := sr.timer.open[0].sketch
	if sk == nil {
		return p, false
	}
	switch v.column {
	case columnSum:
		return metric.Point{At: sr.last, Value: sr.timer.sum}, true
	case columnCount:
		return metric.Point{At: sr.last, Value: sr.timer.count}, true
	}
	if r.openOf != sr {
		r.openOf, r.open = sr, timerRow(sk)
	}
	return metric.Point{At: sr.last, Value: r.open[v.column]}, !math.IsNaN(r.open[v.column])
}
