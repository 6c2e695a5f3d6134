package rrdstore

import (
	"github.com/prometheus/prometheus/model/value"

	"plimsoll/internal/metric"
)

// maxDense is how many points a series may be made to have.
const maxDense = 50_000

// spacing returns how far points may lie apart, in ms, so that a range selector
// sees two of them; 0 when they are near enough as they are, or when there would
// be too many.
func spacing(selected, step, span int64) int64 {
	if selected <= 0 || 2*step <= selected {
		return 0
	}
	half := max(selected/2, 1)
	if span/half > maxDense {
		return 0
	}
	return half
}

// dense adds points inside long rows, so that rate(x[1m]) has an answer too
// where only rows of ten minutes are left: a gauge's row holds its value all the
// time, a counter's its rate. Rows are at most longest ms long; what is farther
// apart is a gap.
func dense(points []metric.Point, spacing, longest int64, rising bool) []metric.Point {
	if spacing == 0 || len(points) == 0 {
		return points
	}
	out := points[:1:1]
	for i, b := range points[1:] {
		a := points[i]
		length := b.At - a.At
		if length <= longest && !value.IsStaleNaN(a.Value) && !value.IsStaleNaN(b.Value) {
			for at := a.At + spacing; at < b.At; at += spacing {
				p := metric.Point{At: at, Value: b.Value}
				if rising {
					p.Value = a.Value + (b.Value-a.Value)*float64(at-a.At)/float64(length)
				}
				out = append(out, p)
			}
		}
		out = append(out, b)
	}
	return out
}

// holding is how far the points of a query for values at instants may lie apart,
// in ms, so that each instant sees one; 0 when they are near enough as they are.
// The engine reaches back from one row to the next where a range begins long ago,
// but not from a single instant, nor behind an offset.
func (a ask) holding(step int64) int64 {
	every := lookback.Milliseconds() - 1
	if a.step == 0 {
		every = min(every, a.to-a.from)
	}
	if a.selected > 0 || every < 1 || step <= max(every, a.step) || (a.to-a.from)/every > maxDense {
		return 0
	}
	return every
}

// held adds points behind those of long rows, at most longest ms long: a value
// holds until the next row is due.
func held(points []metric.Point, w window, longest int64) []metric.Point {
	if w.holding == 0 {
		return points
	}
	out := make([]metric.Point, 0, len(points))
	for i, p := range points {
		out = append(out, p)
		end := min(p.At+longest, w.to+1)
		if i+1 < len(points) {
			end = min(end, points[i+1].At)
		}
		if value.IsStaleNaN(p.Value) {
			continue
		}
		first := p.At + w.holding*max(1, (w.from-p.At)/w.holding) // what is before is not shown
		for at := first; at < end; at += w.holding {
			out = append(out, metric.Point{At: at, Value: p.Value})
		}
	}
	return out
}
