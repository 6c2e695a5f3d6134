package metric

import (
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/sketch"
)

// Kind says how the values of a series are to be understood.
type Kind uint8

const (
	// Gauge is a value that stands for itself: a temperature, a ratio.
	Gauge Kind = iota
	// Counter is a raw, monotonic, cumulative value. A fall, or a changed
	// Sample.Start, means that its source began again at zero.
	Counter
	// Timing is the sketch of all observations made in one interval.
	Timing
)

// String returns the Prometheus metadata type that comes nearest to k.
func (k Kind) String() string {
	switch k {
	case Counter:
		return "counter"
	case Timing:
		return "summary"
	}
	return "gauge"
}

// KindOf guesses the kind of a series from its name, for senders that do not
// say: the suffixes _total, _sum, _count and _bucket mean Counter.
func KindOf(name string) Kind {
	for _, suffix := range []string{"_total", "_sum", "_count", "_bucket"} {
		if strings.HasSuffix(name, suffix) {
			return Counter
		}
	}
	return Gauge
}

// NameLabel is the label that holds the metric name.
const NameLabel = "__name__"

// Sample is one value of one series at one instant.
type Sample struct {
	// Labels identify the series. They hold the name under "__name__".
	Labels labels.Labels
	Kind   Kind
	// At is the instant of the value, or the end of the interval that a counter
	// or a timing covers, in Unix milliseconds.
	At int64
	// Start is where what the sample accumulates began, in Unix milliseconds:
	// for a Counter the instant at which its source stood at zero (0: not
	// known), for a Timing the begin of its interval.
	Start int64
	// Value is the gauge's value or the counter's raw total; not used by Timing.
	Value float64
	// Sketch holds the observations of a Timing, in the series' base unit
	// (seconds for times). It must not change once it was Put.
	Sketch *sketch.Sketch
}

// Name returns the metric name, the label NameLabel.
func (s Sample) Name() string { return s.Labels.Get(NameLabel) }

// Quantiles are what a timing keeps of its distribution, in this order: the
// bands p5–p95 and p25–p75, the median, and p99.
var Quantiles = [...]float64{0.05, 0.25, 0.5, 0.75, 0.95, 0.99}

// Millis converts an instant to Unix milliseconds, rounding down.
func Millis(t time.Time) int64 { return t.UnixMilli() }

// Time converts Unix milliseconds to an instant in UTC.
func Time(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// Meta describes a metric family for people and for Prometheus' metadata API.
type Meta struct {
	Name string `json:"-"`
	Type string `json:"type"` // counter, gauge, summary, unknown
	Help string `json:"help"`
	Unit string `json:"unit"`
}
