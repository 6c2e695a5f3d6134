package remotewrite

import (
	"math"

	"github.com/prometheus/prometheus/model/labels"
	"google.golang.org/protobuf/encoding/protowire"

	"plimsoll/internal/metric"
)

// Message is an encoded protobuf message. Its methods are those by which the
// client library takes a message that knows how to write itself.
type Message []byte

// Size returns the length of the message.
func (m Message) Size() int { return len(m) }

// MarshalToSizedBuffer copies the message into the end of dst.
func (m Message) MarshalToSizedBuffer(dst []byte) (int, error) {
	return copy(dst[len(dst)-len(m):], m), nil
}

// The numbers of metric types are the same in both versions
// (prometheus/prometheus: prompb/types.proto, prompb/io/prometheus/write/v2/types.proto).
const (
	typeCounter        = 1
	typeGauge          = 2
	typeGaugeHistogram = 4
)

func metricType(k metric.Kind) uint64 {
	switch k {
	case metric.Counter:
		return typeCounter
	case metric.Timing:
		return typeGaugeHistogram
	}
	return typeGauge
}

// EncodeV2 writes io.prometheus.write.v2.Request:
//
//	Request    { repeated string symbols = 4; repeated TimeSeries timeseries = 5 }
//	TimeSeries { packed uint32 labels_refs = 1; repeated Sample samples = 2;
//	             repeated Histogram histograms = 3; repeated Exemplar exemplars = 4; Metadata metadata = 5 }
//	Sample     { double value = 1; int64 timestamp = 2; int64 start_timestamp = 3 }
//	Exemplar   { packed uint32 labels_refs = 1; double value = 2; int64 timestamp = 3 }
//	Metadata   { MetricType type = 1 }
//
// A timing becomes a histogram, a gauge of its one interval, with the interval's
// begin as start timestamp. What a histogram has no place for goes along as an
// exemplar: the greatest observation is its value, the least one and the standard
// deviation are its labels.
func EncodeV2(samples []metric.Sample) Message {
	refs := map[string]uint64{"": 0}
	out := appendString(nil, 4, "")
	ref := func(s string) uint64 {
		r, known := refs[s]
		if !known {
			r = uint64(len(refs))
			refs[s] = r
			out = appendString(out, 4, s)
		}
		return r
	}
	var series, inner []byte
	for _, s := range samples {
		inner = inner[:0]
		s.Labels.Range(func(l labels.Label) {
			inner = protowire.AppendVarint(inner, ref(l.Name))
			inner = protowire.AppendVarint(inner, ref(l.Value))
		})
		series = appendBytes(series[:0], 1, inner)
		series = appendPoint(series, s)
		if s.Kind == metric.Timing && s.Sketch.Count() > 0 {
			series = appendBytes(series, 4, appendMoments(inner[:0], s, ref))
		}
		series = appendBytes(series, 5, appendVarint(inner[:0], 1, metricType(s.Kind)))
		out = appendBytes(out, 5, series)
	}
	return out
}

func appendPoint(series []byte, s metric.Sample) []byte {
	if s.Kind == metric.Timing {
		return appendBytes(series, 3, appendHistogram(nil, s))
	}
	sample := appendSample(nil, s)
	if s.Kind == metric.Counter {
		sample = appendVarint(sample, 3, uint64(s.Start))
	}
	return appendBytes(series, 2, sample)
}

// EncodeV1 writes prometheus.WriteRequest:
//
//	WriteRequest   { repeated TimeSeries timeseries = 1; repeated MetricMetadata metadata = 3 }
//	TimeSeries     { repeated Label labels = 1; repeated Sample samples = 2 }
//	Label          { string name = 1; string value = 2 }
//	Sample         { double value = 1; int64 timestamp = 2 }
//	MetricMetadata { MetricType type = 1; string metric_family_name = 2 }
//
// Timings are left out.
func EncodeV1(samples []metric.Sample) Message {
	var out, series, inner []byte
	kinds := map[string]metric.Kind{}
	for _, s := range samples {
		if s.Kind == metric.Timing {
			continue
		}
		kinds[s.Name()] = s.Kind
		series = series[:0]
		s.Labels.Range(func(l labels.Label) {
			inner = appendString(appendString(inner[:0], 1, l.Name), 2, l.Value)
			series = appendBytes(series, 1, inner)
		})
		series = appendBytes(series, 2, appendSample(inner[:0], s))
		out = appendBytes(out, 1, series)
	}
	for name, kind := range kinds {
		out = appendBytes(out, 3, appendString(appendVarint(inner[:0], 1, metricType(kind)), 2, name))
	}
	return out
}

func appendSample(dst []byte, s metric.Sample) []byte {
	dst = protowire.AppendTag(dst, 1, protowire.Fixed64Type)
	dst = protowire.AppendFixed64(dst, math.Float64bits(s.Value))
	return appendVarint(dst, 2, uint64(s.At))
}

func appendVarint(dst []byte, field protowire.Number, v uint64) []byte {
	if v == 0 {
		return dst // proto3 leaves out what is zero
	}
	return protowire.AppendVarint(protowire.AppendTag(dst, field, protowire.VarintType), v)
}

func appendString(dst []byte, field protowire.Number, s string) []byte {
	return protowire.AppendString(protowire.AppendTag(dst, field, protowire.BytesType), s)
}

func appendBytes(dst []byte, field protowire.Number, b []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(dst, field, protowire.BytesType), b)
}
