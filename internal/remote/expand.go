package remote

import (
	"math"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
)

// A timing is read as columns: its quantiles, then those with a suffix, of which
// the last two are running totals.
const (
	columns     = len(metric.Quantiles) + len(suffixes)
	columnSum   = columns - 2
	columnCount = columns - 1
)

var suffixes = [...]string{"_min", "_max", "_stddev", "_sum", "_count"}

// columnLabels returns the labels of the i-th column of a timing.
func columnLabels(timing labels.Labels, i int) labels.Labels {
	if i < len(metric.Quantiles) {
		return metric.QuantileLabels(timing, metric.Quantiles[i])
	}
	return metric.SuffixLabels(timing, suffixes[i-len(metric.Quantiles)])
}

// column returns the value of the i-th column, if there is one.
func (e entry) column(i int) (v float64, ok bool) {
	switch {
	case i == columnSum:
		v = e.sum
	case i == columnCount:
		v = e.count
	case e.Sketch.Count() == 0:
		return 0, false
	case i < len(metric.Quantiles):
		v = e.Sketch.Quantile(metric.Quantiles[i])
	default:
		v = [...]float64{e.Sketch.Min(), e.Sketch.Max(), e.Sketch.Stddev()}[i-len(metric.Quantiles)]
	}
	return v, !math.IsNaN(v) && !math.IsInf(v, 0)
}

// sent is the value that a gauge or a counter is sent with: the counter's
// running total, or a marker of silence.
func (e entry) sent() float64 {
	if e.Kind == metric.Counter && !math.IsNaN(e.Value) {
		return e.total
	}
	return e.Value
}

// expand appends what an entry is sent as. A timing becomes the series that it
// is read as, and itself, which remote write 2.0 sends as a native histogram.
func (e entry) expand(out []metric.Sample) []metric.Sample {
	if e.Kind != metric.Timing {
		s := e.Sample
		s.Value, s.Start = e.sent(), e.began
		if e.standAt > 0 {
			out = append(out, e.stands(s, e.stood))
		}
		return append(out, s)
	}
	for i := range columns {
		v, ok := e.column(i)
		if !ok {
			continue
		}
		s := metric.Sample{Labels: columnLabels(e.Labels, i), At: e.At, Value: v}
		if i >= columnSum {
			s.Kind, s.Start = metric.Counter, e.began
			if e.standAt > 0 {
				out = append(out, e.stands(s, 0))
			}
		}
		out = append(out, s)
	}
	if e.Sketch.Count() > 0 {
		out = append(out, e.Sample)
	}
	return out
}

// sentAs is about how many samples entries are sent as.
func sentAs(entries []entry) (n int) {
	n = len(entries)
	for i := range entries {
		if entries[i].Kind == metric.Timing {
			n += columns
		}
	}
	return n
}

// stands is the sample that tells what a total was before its source began to
// count, so that increase sees its first counts.
func (e entry) stands(s metric.Sample, v float64) metric.Sample {
	s.At, s.Value, s.Start = e.standAt, v, 0
	return s
}
