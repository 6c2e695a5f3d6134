package otlp

import (
	"math"
	"strconv"
	"time"

	"github.com/prometheus/otlptranslator"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"

	"plimsoll/internal/metric"
	"plimsoll/internal/sender"
)

// Reasons for which points are refused here; the sink has its own.
const (
	reasonName        = "invalid metric name"
	reasonLabels      = "invalid labels"
	reasonMany        = "too many labels"
	reasonTooMany     = "too many samples in a request"
	reasonTemporality = "temporality is not told"
	reasonEmpty       = "no value"
	reasonBuckets     = "invalid buckets"
	reasonScale       = "scale that fits no sketch"
	reasonLate        = "late"
	reasonFuture      = "future"
	reasonNumber      = "no count"
)

// batch makes the samples of a request.
type batch struct {
	cfg     *Config
	totals  *totals
	may     sender.Write // what the sender may write
	latest  int64        // the stamp up to which totals are kept
	buckets int          // of exponential histograms
	points  int          // that were read
	samples []metric.Sample
	refused *metric.RefusedError
	room    int              // bytes of labels that may still be made
	next    []pendingHistory // of cumulative histograms, to be kept once the samples are

	own    identity // of the resource
	newest int64    // of its points

	in   instrument
	name string // "" refuses its points
}

// maxLabelBytes bounds the labels of all samples of a request: one point may
// become hundreds of series.
const maxLabelBytes = 256 << 20

// maxAhead is how far ahead of the clock a point may be that changes a total.
const maxAhead = 10 * time.Minute

func newBatch(cfg *Config, t *totals, may sender.Write) *batch {
	return &batch{cfg: cfg, totals: t, may: may, latest: metric.Millis(cfg.Now().Add(maxAhead)), room: maxLabelBytes}
}

func (b *batch) resource(attrs []attr) {
	b.own, b.newest = identify(attrs, b.cfg.Promote), 0
}

// endResource tells of the resource itself, at the newest of its points.
func (b *batch) endResource() {
	if l := b.own.info; !l.IsEmpty() && b.newest > 0 {
		b.put(metric.Sample{Labels: l, At: b.newest, Value: 1})
	}
}

func (b *batch) metric(in instrument) {
	types := map[kind]otlptranslator.MetricType{
		gauge: otlptranslator.MetricTypeGauge, sum: otlptranslator.MetricTypeNonMonotonicCounter,
		histogram: otlptranslator.MetricTypeHistogram, exponential: otlptranslator.MetricTypeExponentialHistogram,
		summary: otlptranslator.MetricTypeSummary,
	}
	t := types[in.kind]
	if in.kind == sum && in.monotonic {
		t = otlptranslator.MetricTypeMonotonicCounter
	}
	namer := otlptranslator.MetricNamer{WithMetricSuffixes: true}
	name, err := namer.Build(otlptranslator.Metric{Name: in.name, Unit: in.unit, Type: t})
	if err != nil || in.name == "" {
		name = ""
	}
	b.in, b.name = in, name
}

func (b *batch) point(p *point) {
	b.points++
	at := millis(p.at)
	if b.name == "" {
		b.refuse(labels.FromStrings("otlp_name", b.in.name), at, reasonName)
		return
	}
	l, reason := b.own.labels(b.name, p.attrs)
	if reason == "" && b.in.kind != gauge && b.in.kind != summary && b.in.temporality != delta && b.in.temporality != cumulative {
		reason = reasonTemporality
	}
	if reason != "" {
		b.refuse(l, at, reason)
		return
	}
	b.newest = max(b.newest, at)
	switch b.in.kind {
	case gauge, sum:
		b.number(l, p)
	case histogram:
		b.histogram(l, p)
	case exponential:
		b.exponential(l, p)
	case summary:
		b.summary(l, p)
	}
}

func (b *batch) number(l labels.Labels, p *point) {
	switch {
	case p.ended():
		p.value = stale()
	case !p.hasValue:
		b.refuse(l, millis(p.at), reasonEmpty)
		return
	}
	if b.in.kind == sum && (b.in.monotonic || b.in.temporality == delta) {
		b.counted(l, p, p.value)
		return
	}
	b.put(metric.Sample{Labels: l, At: millis(p.at), Value: p.value})
}

// counted puts a sum; of a delta it puts the total.
func (b *batch) counted(l labels.Labels, p *point, v float64) {
	s := metric.Sample{Labels: l, Kind: metric.Counter, At: millis(p.at), Start: began(p), Value: v}
	if b.in.kind == sum && !b.in.monotonic {
		s.Kind, s.Start = metric.Gauge, 0
	}
	if b.in.temporality == delta && !p.ended() {
		reason := b.unfit(l, s.At)
		if reason == "" && (math.IsNaN(v) || math.IsInf(v, 0) || v < 0 && b.in.kind == sum && b.in.monotonic) {
			reason = reasonNumber
		}
		if reason != "" {
			b.refuse(l, s.At, reason)
			return
		}
		var ok bool
		if s.Value, s.Start, ok = b.totals.add(l, s.Start, s.At, v); !ok {
			b.refuse(l, s.At, reasonLate)
			return
		}
		if s.Kind == metric.Gauge {
			s.Start = 0
		}
	}
	b.put(s)
}

// unfit says why a point must not change what is kept of its series, "" if it may:
// the sink refuses it, and the next one would be wrong, or late.
func (b *batch) unfit(l labels.Labels, at int64) string {
	switch {
	case !b.may.Allows(l):
		return sender.ReasonForbidden
	case at > b.latest:
		return reasonFuture
	}
	return ""
}

// histogram puts the counters that Prometheus has of a classic histogram.
func (b *batch) histogram(l labels.Labels, p *point) {
	if len(p.counts) > maxBuckets || len(p.counts) > 0 && len(p.counts) != len(p.bounds)+1 || len(p.counts) == 0 && len(p.bounds) > 0 {
		b.refuse(l, millis(p.at), reasonBuckets)
		return
	}
	upTo, of := uint64(0), labels.NewBuilder(metric.SuffixLabels(l, "_bucket"))
	for i, bound := range p.bounds {
		upTo += p.counts[i]
		b.counted(of.Set("le", floatText(bound)).Labels(), p, b.orStale(p, float64(upTo)))
	}
	b.counted(of.Set("le", "+Inf").Labels(), p, b.orStale(p, float64(p.count)))
	b.counted(metric.SuffixLabels(l, "_count"), p, b.orStale(p, float64(p.count)))
	if p.hasSum || p.ended() {
		b.counted(metric.SuffixLabels(l, "_sum"), p, b.orStale(p, p.sum))
	}
}

func (b *batch) summary(l labels.Labels, p *point) {
	if len(p.quantiles) > maxBuckets {
		b.refuse(l, millis(p.at), reasonBuckets)
		return
	}
	of := labels.NewBuilder(l)
	for _, q := range p.quantiles {
		s := metric.Sample{Labels: of.Set("quantile", floatText(q.of)).Labels(), At: millis(p.at), Value: b.orStale(p, q.value)}
		b.put(s)
	}
	b.counted(metric.SuffixLabels(l, "_count"), p, b.orStale(p, float64(p.count)))
	b.counted(metric.SuffixLabels(l, "_sum"), p, b.orStale(p, p.sum))
}

func (b *batch) orStale(p *point, v float64) float64 {
	if p.ended() {
		return stale()
	}
	return v
}

func (b *batch) put(s metric.Sample) {
	size := 0
	s.Labels.Range(func(l labels.Label) { size += len(l.Name) + len(l.Value) })
	if len(b.samples) >= b.cfg.MaxSamples || size > b.room {
		b.refused = b.refused.Refuse(s, reasonTooMany)
		return
	}
	if s.Kind != metric.Timing && math.IsNaN(s.Value) {
		s.Value = stale()
	}
	b.room -= size
	b.samples = append(b.samples, s)
}

func (b *batch) refuse(l labels.Labels, at int64, reason string) {
	b.refused = b.refused.Refuse(metric.Sample{Labels: l, At: at}, reason)
}

// began returns where what a point accumulates began, in ms; 0: not told.
func began(p *point) int64 {
	if start := millis(p.start); start <= millis(p.at) {
		return start
	}
	return 0
}

func millis(ns uint64) int64 { return int64(ns / 1e6) }

func stale() float64 { return math.Float64frombits(value.StaleNaN) }

// floatText is a bound or quantile as Prometheus' translation writes it.
func floatText(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
