package remote

import (
	"math"

	"plimsoll/internal/metric"
)

// expand appends what an entry is sent as. A timing becomes the series that it
// is read as, and itself, which remote write 2.0 sends as a native histogram.
func (e entry) expand(out []metric.Sample) []metric.Sample {
	if e.Kind != metric.Timing {
		return e.total(out, e.Sample)
	}
	plain := func(s metric.Sample) {
		s.At = e.At
		if !math.IsNaN(s.Value) && !math.IsInf(s.Value, 0) {
			out = append(out, s)
		}
	}
	if e.Sketch.Count() > 0 {
		for _, q := range metric.Quantiles {
			plain(metric.Sample{Labels: metric.QuantileLabels(e.Labels, q), Value: e.Sketch.Quantile(q)})
		}
		plain(metric.Sample{Labels: metric.SuffixLabels(e.Labels, "_min"), Value: e.Sketch.Min()})
		plain(metric.Sample{Labels: metric.SuffixLabels(e.Labels, "_max"), Value: e.Sketch.Max()})
		plain(metric.Sample{Labels: metric.SuffixLabels(e.Labels, "_stddev"), Value: e.Sketch.Stddev()})
		out = append(out, e.Sample)
	}
	out = e.total(out, metric.Sample{Labels: metric.SuffixLabels(e.Labels, "_sum"), Kind: metric.Counter, At: e.At, Value: e.sum})
	return e.total(out, metric.Sample{Labels: metric.SuffixLabels(e.Labels, "_count"), Kind: metric.Counter, At: e.At, Value: e.count})
}

// total appends a sample, and before it the zero at which its source began.
func (e entry) total(out []metric.Sample, s metric.Sample) []metric.Sample {
	if e.zeroAt > 0 {
		zero := s
		zero.At, zero.Value, zero.Start = e.zeroAt, 0, e.zeroAt
		out = append(out, zero)
	}
	return append(out, s)
}
