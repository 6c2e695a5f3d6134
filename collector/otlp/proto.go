package otlp

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"

	"plimsoll/internal/protobuf"
)

// maxDepth bounds values in values.
const maxDepth = 4

// protoReader reads ExportMetricsServiceRequest:
//
//	ExportMetricsServiceRequest { repeated ResourceMetrics resource_metrics = 1 }
//	ResourceMetrics { Resource resource = 1; repeated ScopeMetrics scope_metrics = 2 }
//	Resource        { repeated KeyValue attributes = 1 }
//	ScopeMetrics    { repeated Metric metrics = 2 }
type protoReader struct {
	r  protobuf.Reader
	to receiver
}

func readProto(body []byte, to receiver) error {
	p := &protoReader{to: to}
	for f := range p.r.Fields(body) {
		if f.IsBytes(1) {
			p.resource(f.Bytes)
		}
	}
	return p.r.Err()
}

func (p *protoReader) resource(b []byte) {
	var attrs []attr
	for f := range p.r.Fields(b) {
		if f.IsBytes(1) {
			for a := range p.r.Fields(f.Bytes) {
				if a.IsBytes(1) {
					attrs = p.attr(attrs, a.Bytes)
				}
			}
		}
	}
	p.to.resource(attrs)
	for f := range p.r.Fields(b) {
		if !f.IsBytes(2) {
			continue
		}
		for m := range p.r.Fields(f.Bytes) {
			if m.IsBytes(2) {
				p.metric(m.Bytes)
			}
		}
	}
	p.to.endResource()
}

// metric reads
//
//	Metric { string name = 1; string unit = 3; Gauge gauge = 5; Sum sum = 7; Histogram histogram = 9;
//	         ExponentialHistogram exponential_histogram = 10; Summary summary = 11 }
//	Sum    { repeated point data_points = 1; AggregationTemporality aggregation_temporality = 2; bool is_monotonic = 3 }
//
// of which the others have those fields that they need, under the same numbers.
func (p *protoReader) metric(b []byte) {
	var in instrument
	var data []byte
	for f := range p.r.Fields(b) {
		switch {
		case f.IsBytes(1):
			in.name = string(f.Bytes)
		case f.IsBytes(3):
			in.unit = string(f.Bytes)
		case f.IsBytes(5):
			in.kind, data = gauge, f.Bytes
		case f.IsBytes(7):
			in.kind, data = sum, f.Bytes
		case f.IsBytes(9):
			in.kind, data = histogram, f.Bytes
		case f.IsBytes(10):
			in.kind, data = exponential, f.Bytes
		case f.IsBytes(11):
			in.kind, data = summary, f.Bytes
		}
	}
	for f := range p.r.Fields(data) {
		switch {
		case f.IsVarint(2):
			in.temporality = int(int32(f.Bits))
		case f.IsVarint(3):
			in.monotonic = f.Bits != 0
		}
	}
	p.to.metric(in)
	for f := range p.r.Fields(data) {
		if f.IsBytes(1) {
			p.to.point(p.point(in.kind, f.Bytes))
		}
	}
}

func (p *protoReader) point(k kind, b []byte) *point {
	pt := &point{}
	read := map[kind]func(*point, protobuf.Field){
		gauge: p.number, sum: p.number, histogram: p.histogram, exponential: p.exponential, summary: p.summary,
	}[k]
	for f := range p.r.Fields(b) {
		switch {
		case f.Is(2, protowire.Fixed64Type):
			pt.start = f.Bits
		case f.Is(3, protowire.Fixed64Type):
			pt.at = f.Bits
		default:
			read(pt, f)
		}
	}
	return pt
}

// number reads NumberDataPoint { double as_double = 4; sfixed64 as_int = 6;
// repeated KeyValue attributes = 7; uint32 flags = 8 }.
func (p *protoReader) number(pt *point, f protobuf.Field) {
	switch {
	case f.Is(4, protowire.Fixed64Type):
		pt.value, pt.hasValue = f.Float(), true
	case f.Is(6, protowire.Fixed64Type):
		pt.value, pt.hasValue = float64(int64(f.Bits)), true
	case f.IsBytes(7):
		pt.attrs = p.attr(pt.attrs, f.Bytes)
	case f.IsVarint(8):
		pt.flags = f.Bits
	}
}

// histogram reads HistogramDataPoint { fixed64 count = 4; double sum = 5;
// repeated fixed64 bucket_counts = 6; repeated double explicit_bounds = 7;
// repeated KeyValue attributes = 9; uint32 flags = 10 }.
func (p *protoReader) histogram(pt *point, f protobuf.Field) {
	switch {
	case f.Number == 6:
		for v := range p.r.Fixed64s(f) {
			pt.counts = bounded(pt.counts, v)
		}
	case f.Number == 7:
		for v := range p.r.Fixed64s(f) {
			pt.bounds = bounded(pt.bounds, math.Float64frombits(v))
		}
	case f.IsBytes(9):
		pt.attrs = p.attr(pt.attrs, f.Bytes)
	case f.IsVarint(10):
		pt.flags = f.Bits
	default:
		p.totals(pt, f)
	}
}

// totals reads what distributions have in common.
func (p *protoReader) totals(pt *point, f protobuf.Field) {
	switch {
	case f.Is(4, protowire.Fixed64Type):
		pt.count = f.Bits
	case f.Is(5, protowire.Fixed64Type):
		pt.sum, pt.hasSum = f.Float(), true
	}
}

// exponential reads ExponentialHistogramDataPoint { repeated KeyValue attributes = 1;
// fixed64 count = 4; double sum = 5; sint32 scale = 6; fixed64 zero_count = 7;
// Buckets positive = 8; Buckets negative = 9; uint32 flags = 10; double zero_threshold = 14 }.
func (p *protoReader) exponential(pt *point, f protobuf.Field) {
	switch {
	case f.IsBytes(1):
		pt.attrs = p.attr(pt.attrs, f.Bytes)
	case f.IsVarint(6):
		pt.scale = int32(protowire.DecodeZigZag(f.Bits))
	case f.Is(7, protowire.Fixed64Type):
		pt.zeroCount = f.Bits
	case f.IsBytes(8):
		pt.positive = p.buckets(f.Bytes)
	case f.IsBytes(9):
		pt.negative = p.buckets(f.Bytes)
	case f.IsVarint(10):
		pt.flags = f.Bits
	case f.Is(14, protowire.Fixed64Type):
		pt.zeroThreshold = f.Float()
	default:
		p.totals(pt, f)
	}
}

// buckets reads Buckets { sint32 offset = 1; repeated uint64 bucket_counts = 2 }.
func (p *protoReader) buckets(b []byte) (out buckets) {
	for f := range p.r.Fields(b) {
		switch {
		case f.IsVarint(1):
			out.offset = int32(protowire.DecodeZigZag(f.Bits))
		case f.Number == 2:
			for v := range p.r.Varints(f) {
				out.counts = bounded(out.counts, v)
			}
		}
	}
	return out
}

// bounded appends what may be of a point. One beyond the bound is kept, so that it
// shows: on the wire each takes less room than in memory.
func bounded[T any](all []T, one T) []T {
	if len(all) > maxBuckets {
		return all
	}
	return append(all, one)
}

// summary reads SummaryDataPoint { fixed64 count = 4; double sum = 5;
// repeated ValueAtQuantile quantile_values = 6; repeated KeyValue attributes = 7; uint32 flags = 8 },
// ValueAtQuantile { double quantile = 1; double value = 2 }.
func (p *protoReader) summary(pt *point, f protobuf.Field) {
	switch {
	case f.IsBytes(6):
		var q quantile
		for v := range p.r.Fields(f.Bytes) {
			switch {
			case v.Is(1, protowire.Fixed64Type):
				q.of = v.Float()
			case v.Is(2, protowire.Fixed64Type):
				q.value = v.Float()
			}
		}
		pt.quantiles = bounded(pt.quantiles, q)
	case f.IsBytes(7):
		pt.attrs = p.attr(pt.attrs, f.Bytes)
	case f.IsVarint(8):
		pt.flags = f.Bits
	default:
		p.totals(pt, f)
	}
}

// attr reads KeyValue { string key = 1; AnyValue value = 2 }. One beyond the bound
// is kept, so that it shows.
func (p *protoReader) attr(attrs []attr, b []byte) []attr {
	if len(attrs) > maxAttrs {
		return attrs
	}
	key, value := p.keyValue(b, 0)
	text, isText := value.(string)
	if !isText && value != nil {
		text = jsonText(value)
	}
	return append(attrs, attr{key, text})
}

func (p *protoReader) keyValue(b []byte, depth int) (key string, value any) {
	for f := range p.r.Fields(b) {
		switch {
		case f.IsBytes(1):
			key = string(f.Bytes)
		case f.IsBytes(2):
			value = p.any(f.Bytes, depth)
		}
	}
	return key, value
}

// any reads AnyValue { string string_value = 1; bool bool_value = 2; int64 int_value = 3;
// double double_value = 4; ArrayValue array_value = 5; KeyValueList kvlist_value = 6; bytes bytes_value = 7 }.
// Numbers come as the text that they are shown as.
func (p *protoReader) any(b []byte, depth int) (value any) {
	for f := range p.r.Fields(b) {
		switch {
		case f.IsBytes(1):
			value = string(f.Bytes)
		case f.IsVarint(2):
			value = f.Bits != 0
		case f.IsVarint(3):
			value = json.Number(strconv.FormatInt(int64(f.Bits), 10))
		case f.Is(4, protowire.Fixed64Type):
			value = number(f.Float())
		case f.IsBytes(5) && depth < maxDepth:
			value = p.array(f.Bytes, depth)
		case f.IsBytes(6) && depth < maxDepth:
			value = p.list(f.Bytes, depth)
		case f.IsBytes(7):
			value = base64.StdEncoding.EncodeToString(f.Bytes)
		}
	}
	return value
}

func (p *protoReader) array(b []byte, depth int) []any {
	all := []any{}
	for f := range p.r.Fields(b) {
		if f.IsBytes(1) && len(all) < maxAttrs {
			all = append(all, p.any(f.Bytes, depth+1))
		}
	}
	return all
}

func (p *protoReader) list(b []byte, depth int) map[string]any {
	all := map[string]any{}
	for f := range p.r.Fields(b) {
		if f.IsBytes(1) && len(all) < maxAttrs {
			key, value := p.keyValue(f.Bytes, depth+1)
			all[key] = value
		}
	}
	return all
}

// number returns what JSON has for a number, which for some is a string.
func number(v float64) any {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return json.Number(strconv.FormatFloat(v, 'g', -1, 64))
}

// jsonText returns a value as the text of a label.
func jsonText(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return "" // of what is made of strings, numbers and booleans nothing is unfit
	}
	return string(text)
}
