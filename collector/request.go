package collector

import (
	"math"
	"unicode/utf8"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"

	"plimsoll/collector/limit"
	"plimsoll/internal/metric"
	"plimsoll/internal/sender"
)

// Reasons for which samples are refused here; a sink has its own.
const (
	reasonLabels     = "invalid labels"
	reasonHistogram  = "invalid histogram"
	reasonCustom     = "histogram with custom buckets"
	reasonGauge      = "gauge histogram without start"
	reasonTooMany    = "too many samples in a request"
	reasonBuckets    = "too many buckets in a request"
	reasonUnnamed    = "no metric name"
	reasonDuplicated = "duplicate label"
)

// request gathers what a request holds while it is decoded.
type request struct {
	cfg     *Config
	limits  limit.Limits // of the sender
	types   *types
	samples []metric.Sample
	refused *metric.RefusedError

	write  sender.Write // what the sender may write
	ahead  int64        // the latest stamp that is believed
	turn   *turn        // in the sender's stream
	known  int          // so many of the first points came before, in a request whose answer was lost
	seen   int          // points so far
	passed int          // of these, that came before
	newest int64        // stamp of them

	buckets int // of native histograms

	cumulatives *cumulatives
	pending     map[string]cumulative // what to remember once all is stored
	based       int                   // histograms that only said where a series stands

	// The series that is being decoded: its labels as name, value, …
	pairs  []string
	labels labels.Labels
	bad    string // why its samples are refused, "" if they are not
	kind   metric.Kind
	// moments are what the series' exemplars tell of its histograms.
	moments []moments
}

// pass counts a point, and says whether it came before. One that is newer than all
// that came did not: its number was given twice.
func (r *request) pass(at int64) bool {
	r.seen++
	if at <= r.ahead {
		r.newest = max(r.newest, at)
	}
	if r.seen > r.known {
		return false
	}
	if r.turn.anew(r.newest) {
		r.known = 0
		return false
	}
	r.passed++
	return true
}

// begin makes the labels of a series from r.pairs. over says that there were
// more than the limit, which are not in r.pairs.
func (r *request) begin(over bool) {
	r.labels, r.bad = labels.EmptyLabels(), ""
	size := 0
	var b labels.ScratchBuilder
	for i := 0; i+1 < len(r.pairs); i += 2 {
		name, val := r.pairs[i], r.pairs[i+1]
		size += len(name) + len(val)
		if name == "" || !utf8.ValidString(name) || !utf8.ValidString(val) {
			r.bad = reasonLabels
			continue
		}
		if val != "" { // a label without a value is no label
			b.Add(name, val)
		}
	}
	if size > r.limits.LabelBytes {
		r.bad = limit.ReasonLabelBytes
		return
	}
	b.Sort()
	r.labels = b.Labels()
	name := r.labels.Get(metric.NameLabel)
	_, twice := r.labels.HasDuplicateLabelNames()
	switch {
	case r.bad != "":
	case over:
		r.bad = limit.ReasonLabels
	case twice:
		r.bad = reasonDuplicated
	case name == "":
		r.bad = reasonUnnamed
	}
	r.kind = r.types.kind(name)
}

// add takes a sample of the series that was begun.
func (r *request) add(at, start int64, v float64) {
	if r.pass(at) {
		return
	}
	s := metric.Sample{Labels: r.labels, Kind: r.kind, At: at, Value: v}
	if math.IsNaN(v) {
		s.Value = math.Float64frombits(value.StaleNaN)
	}
	if s.Kind == metric.Counter && start > 0 && start <= at {
		s.Start = start
	}
	r.take(s)
}

func (r *request) take(s metric.Sample) {
	switch {
	case r.bad != "":
		r.refused = r.refused.Refuse(s, r.bad)
	case len(r.samples) >= r.cfg.MaxSamples:
		r.refused = r.refused.Refuse(s, reasonTooMany)
	default:
		r.samples = append(r.samples, s)
	}
}
