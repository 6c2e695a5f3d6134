package rrdstore

import (
	"math"

	"plimsoll/internal/metric"
	"plimsoll/internal/sketch"
)

// timerDS are the columns of a timing's archives: its quantiles in the order of
// metric.Quantiles, then moments. sum and count are amounts of the row.
var timerDS = [...]string{"p5", "p25", "p50", "p75", "p95", "p99", "min", "max", "sum", "count", "stddev"}

const (
	columnMin = len(metric.Quantiles) + iota
	columnMax
	columnSum
	columnCount
	columnStddev
)

// timer is the state of a timing: running totals, and for each tier the
// interval that is still open.
type timer struct {
	sum, count float64
	open       []interval
}

// interval gathers observations of the time up to end, a multiple of the step.
type interval struct {
	end    int64
	sketch *sketch.Sketch // nil: nothing was observed
	closed int64          // end of the newest row
}

// observe takes the sketch of a sample. It returns how many bytes more are
// buffered, and in how many tiers it came too late for its row.
func (sr *series) observe(at int64, sk *sketch.Sketch) (added, late int) {
	sr.timer.sum += sk.Sum()
	sr.timer.count += sk.Count()
	for i, t := range sr.class.Tiers {
		in := &sr.timer.open[i]
		end := ceilTo(at, t.millis())
		if end <= in.closed {
			late++
			continue
		}
		if in.sketch != nil && end > in.end {
			added += sr.closeInterval(i, t)
		}
		if in.sketch == nil && at == end {
			in.closed = end
			added += sr.archives[i].add(end-t.millis(), end, timerRow(sk)...)
			continue
		}
		if in.sketch == nil {
			in.end, in.sketch = end, new(sketch.Sketch)
		}
		in.sketch.Merge(sk)
		if at == end {
			added += sr.closeInterval(i, t)
		}
	}
	return added, late
}

// closeInterval writes the open interval of tier i as a row.
func (sr *series) closeInterval(i int, t Tier) int {
	in := &sr.timer.open[i]
	row := timerRow(in.sketch)
	in.closed, in.sketch = in.end, nil
	return sr.archives[i].add(in.end-t.millis(), in.end, row...)
}

// closeUntil closes the intervals that ended at limit or before: nothing more
// came for them.
func (sr *series) closeUntil(limit int64) (added int) {
	for i, t := range sr.class.Tiers {
		if in := &sr.timer.open[i]; in.sketch != nil && in.end <= limit {
			added += sr.closeInterval(i, t)
		}
	}
	return added
}

// due tells whether closeUntil would close anything.
func (t *timer) due(limit int64) bool {
	for i := range t.open {
		if t.open[i].sketch != nil && t.open[i].end <= limit {
			return true
		}
	}
	return false
}

func timerRow(sk *sketch.Sketch) []float64 {
	row := make([]float64, len(timerDS))
	for i, q := range metric.Quantiles {
		row[i] = finite(sk.Quantile(q))
	}
	row[columnMin] = finite(sk.Min())
	row[columnMax] = finite(sk.Max())
	row[columnSum] = finite(sk.Sum())
	row[columnCount] = finite(sk.Count())
	row[columnStddev] = finite(sk.Stddev())
	return row
}

// finite makes what an archive cannot hold unknown.
func finite(v float64) float64 {
	if math.IsInf(v, 0) {
		return math.NaN()
	}
	return v
}
