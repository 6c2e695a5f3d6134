package metric

import (
	"strconv"

	"github.com/prometheus/prometheus/model/labels"
)

// A timing t is read as the series t{quantile="0.05"} … t{quantile="0.99"} and
// the gauges t_min, t_max, t_stddev and counters t_sum, t_count.

// QuantileLabels returns the labels of the q-quantile series of a timing.
func QuantileLabels(timing labels.Labels, q float64) labels.Labels {
	return labels.NewBuilder(timing).Set("quantile", strconv.FormatFloat(q, 'g', -1, 64)).Labels()
}

// SuffixLabels returns labels with suffix appended to the metric name.
func SuffixLabels(l labels.Labels, suffix string) labels.Labels {
	return labels.NewBuilder(l).Set(NameLabel, l.Get(NameLabel)+suffix).Labels()
}
