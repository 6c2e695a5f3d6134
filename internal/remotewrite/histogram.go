package remotewrite

import (
	"math"
	"strconv"

	"github.com/prometheus/prometheus/model/histogram"
	"google.golang.org/protobuf/encoding/protowire"

	"plimsoll/internal/metric"
)

const resetHintGauge = 3

// appendHistogram writes the sketch of a timing as io.prometheus.write.v2.Histogram:
//
//	Histogram  { double count_float = 2; double sum = 3; sint32 schema = 4; double zero_threshold = 5;
//	             double zero_count_float = 7; repeated BucketSpan negative_spans = 8, positive_spans = 11;
//	             packed double negative_counts = 10, positive_counts = 13; ResetHint reset_hint = 14;
//	             int64 timestamp = 15; int64 start_timestamp = 17 }
//	BucketSpan { sint32 offset = 1; uint32 length = 2 }
func appendHistogram(dst []byte, s metric.Sample) []byte {
	h := s.Sketch.ToHistogram()
	dst = appendDouble(dst, 2, h.Count)
	dst = appendDouble(dst, 3, h.Sum)
	dst = appendVarint(dst, 4, protowire.EncodeZigZag(int64(h.Schema)))
	dst = appendDouble(dst, 5, h.ZeroThreshold)
	dst = appendDouble(dst, 7, h.ZeroCount)
	dst = appendSpans(dst, 8, h.NegativeSpans)
	dst = appendDoubles(dst, 10, h.NegativeBuckets)
	dst = appendSpans(dst, 11, h.PositiveSpans)
	dst = appendDoubles(dst, 13, h.PositiveBuckets)
	dst = appendVarint(dst, 14, resetHintGauge)
	dst = appendVarint(dst, 15, uint64(s.At))
	return appendVarint(dst, 17, uint64(s.Start))
}

// appendMoments writes the exemplar of a timing; ref gives out symbols.
func appendMoments(dst []byte, s metric.Sample, ref func(string) uint64) []byte {
	var refs []byte
	for _, text := range [...]string{MinLabel, number(s.Sketch.Min()), StddevLabel, number(s.Sketch.Stddev())} {
		refs = protowire.AppendVarint(refs, ref(text))
	}
	dst = appendDouble(appendBytes(dst, 1, refs), 2, s.Sketch.Max())
	return appendVarint(dst, 3, uint64(s.At))
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

func appendSpans(dst []byte, field protowire.Number, spans []histogram.Span) []byte {
	var span []byte
	for _, s := range spans {
		span = appendVarint(span[:0], 1, protowire.EncodeZigZag(int64(s.Offset)))
		dst = appendBytes(dst, field, appendVarint(span, 2, uint64(s.Length)))
	}
	return dst
}

// appendDouble writes zero too: it tells which member of a oneof is meant.
func appendDouble(dst []byte, field protowire.Number, v float64) []byte {
	dst = protowire.AppendTag(dst, field, protowire.Fixed64Type)
	return protowire.AppendFixed64(dst, math.Float64bits(v))
}

func appendDoubles(dst []byte, field protowire.Number, values []float64) []byte {
	if len(values) == 0 {
		return dst
	}
	packed := make([]byte, 0, 8*len(values))
	for _, v := range values {
		packed = protowire.AppendFixed64(packed, math.Float64bits(v))
	}
	return appendBytes(dst, field, packed)
}
