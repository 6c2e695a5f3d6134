package collector

import (
	"encoding/binary"
	"math"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/value"
	"google.golang.org/protobuf/encoding/protowire"

	"plimsoll/internal/metric"
	"plimsoll/internal/protobuf"
	"plimsoll/internal/sketch"
)

// maxBuckets bounds the buckets of a native histogram, and its spans.
const maxBuckets = 10_000

// maxRequestBuckets bounds those of all histograms of a request.
const maxRequestBuckets = 1 << 20

// native is a native histogram that was read.
type native struct {
	histogram.FloatHistogram
	at, start int64
	most      int // buckets of a side
	custom    bool
	tooLarge  bool
}

// readHistogram reads a Histogram; both versions have the same fields
// (prometheus/prometheus: prompb/types.proto, prompb/io/prometheus/write/v2/types.proto):
//
//	Histogram  { uint64 count_int = 1; double count_float = 2; double sum = 3; sint32 schema = 4;
//	             double zero_threshold = 5; uint64 zero_count_int = 6; double zero_count_float = 7;
//	             repeated BucketSpan negative_spans = 8, positive_spans = 11;
//	             repeated sint64 negative_deltas = 9, positive_deltas = 12;
//	             repeated double negative_counts = 10, positive_counts = 13; ResetHint reset_hint = 14;
//	             int64 timestamp = 15; repeated double custom_values = 16; int64 start_timestamp = 17 }
//	BucketSpan { sint32 offset = 1; uint32 length = 2 }
//
// One with more than most buckets on a side, or spans, is marked as too large.
func readHistogram(w *protobuf.Reader, b []byte, created int64, most int) *native {
	h := &native{start: created, most: most}
	for f := range w.Fields(b) {
		switch f.Number {
		case 1:
			h.Count = float64(f.Bits)
		case 2:
			h.Count = f.Float()
		case 3:
			h.Sum = f.Float()
		case 4:
			h.Schema = int32(protowire.DecodeZigZag(f.Bits))
		case 5:
			h.ZeroThreshold = f.Float()
		case 6:
			h.ZeroCount = float64(f.Bits)
		case 7:
			h.ZeroCount = f.Float()
		case 8:
			h.NegativeSpans = h.span(w, h.NegativeSpans, f)
		case 9:
			h.NegativeBuckets = h.deltas(w, h.NegativeBuckets, f)
		case 10:
			h.NegativeBuckets = h.counts(h.NegativeBuckets, f)
		case 11:
			h.PositiveSpans = h.span(w, h.PositiveSpans, f)
		case 12:
			h.PositiveBuckets = h.deltas(w, h.PositiveBuckets, f)
		case 13:
			h.PositiveBuckets = h.counts(h.PositiveBuckets, f)
		case 14:
			h.CounterResetHint = histogram.CounterResetHint(min(f.Bits, 3))
		case 15:
			h.at = int64(f.Bits)
		case 16:
			h.custom = true
		case 17:
			h.start = int64(f.Bits)
		}
	}
	h.custom = h.custom || h.UsesCustomBuckets()
	return h
}

func (h *native) span(w *protobuf.Reader, spans []histogram.Span, f protobuf.Field) []histogram.Span {
	var s histogram.Span
	for f := range w.Fields(f.Bytes) {
		switch {
		case f.IsVarint(1):
			s.Offset = int32(protowire.DecodeZigZag(f.Bits))
		case f.IsVarint(2):
			s.Length = uint32(min(f.Bits, math.MaxUint32))
		}
	}
	if len(spans) >= h.most {
		h.tooLarge = true
		return spans
	}
	return append(spans, s)
}

// deltas adds the counts of integer buckets, each a difference to the one before.
func (h *native) deltas(w *protobuf.Reader, counts []float64, f protobuf.Field) []float64 {
	for v := range w.Varints(f) {
		if len(counts) >= h.most {
			h.tooLarge = true
			break
		}
		before := 0.0
		if n := len(counts); n > 0 {
			before = counts[n-1]
		}
		counts = append(counts, before+float64(protowire.DecodeZigZag(v)))
	}
	return counts
}

// counts adds the counts of float buckets.
func (h *native) counts(counts []float64, f protobuf.Field) []float64 {
	if f.Kind == protowire.Fixed64Type {
		if h.tooLarge = h.tooLarge || len(counts) >= h.most; h.tooLarge {
			return counts
		}
		return append(counts, f.Float())
	}
	for b := f.Bytes; len(b) >= 8; b = b[8:] {
		if len(counts) >= h.most {
			h.tooLarge = true
			break
		}
		counts = append(counts, math.Float64frombits(binary.LittleEndian.Uint64(b)))
	}
	return counts
}

// reason says why a histogram is refused, "" if it is not.
func (h *native) reason() string {
	switch {
	case h.custom:
		return reasonCustom
	case h.tooLarge:
		return reasonHistogram
	case h.CounterResetHint == histogram.GaugeType && (h.start <= 0 || h.start >= h.at):
		return reasonGauge // it may be the same observations each time
	}
	if err := h.Validate(); err != nil {
		return reasonHistogram
	}
	return ""
}

// histogram takes a native histogram of the series that was begun: one of an
// interval as it is, of a cumulative one what it grew by.
func (r *request) histogram(h *native) {
	if r.pass(h.at) || value.IsStaleNaN(h.Sum) { // an interval without observations needs no marker
		return
	}
	s := metric.Sample{Labels: r.labels, Kind: metric.Timing, At: h.at, Start: h.start}
	r.buckets += len(h.PositiveBuckets) + len(h.NegativeBuckets)
	reason := r.bad
	switch {
	case reason != "":
	case r.buckets > maxRequestBuckets:
		reason = reasonBuckets
	default:
		reason = h.reason()
	}
	if reason != "" {
		r.refused = r.refused.Refuse(s, reason)
		return
	}
	if h.CounterResetHint != histogram.GaugeType {
		r.cumulative(h)
		return
	}
	r.timing(s, &h.FloatHistogram)
}

// timing takes the histogram of an interval.
func (r *request) timing(s metric.Sample, h *histogram.FloatHistogram) {
	var err error
	if s.Sketch, err = sketch.FromHistogram(h); err != nil {
		r.refused = r.refused.Refuse(s, reasonHistogram)
		return
	}
	for _, m := range r.moments {
		if m.at == s.At {
			s.Sketch.Restore(m.min, m.max, m.stddev) // or leave it, if it cannot be
		}
	}
	r.take(s)
}
