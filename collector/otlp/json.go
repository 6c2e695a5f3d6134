package otlp

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"plimsoll/internal/protobuf"
)

// The JSON of OTLP is that of protobuf with lower camel case, integers of 64 bits
// as strings or numbers, enumerations as numbers. Lists stay text until they are
// read one by one, so that little of a body is in memory as values at a time.

type jsonRequest struct {
	ResourceMetrics []json.RawMessage `json:"resourceMetrics"`
}

type jsonResource struct {
	Resource struct {
		Attributes []json.RawMessage `json:"attributes"`
	} `json:"resource"`
	ScopeMetrics []json.RawMessage `json:"scopeMetrics"`
}

type jsonScope struct {
	Metrics []json.RawMessage `json:"metrics"`
}

type jsonMetric struct {
	Name, Unit           string
	Gauge                *jsonData `json:"gauge"`
	Sum                  *jsonData `json:"sum"`
	Histogram            *jsonData `json:"histogram"`
	ExponentialHistogram *jsonData `json:"exponentialHistogram"`
	Summary              *jsonData `json:"summary"`
}

type jsonData struct {
	DataPoints             []json.RawMessage `json:"dataPoints"`
	AggregationTemporality temporality       `json:"aggregationTemporality"`
	IsMonotonic            bool              `json:"isMonotonic"`
}

type jsonPoint struct {
	Attributes        []json.RawMessage `json:"attributes"`
	StartTimeUnixNano count             `json:"startTimeUnixNano"`
	TimeUnixNano      count             `json:"timeUnixNano"`
	Flags             count             `json:"flags"`
	AsDouble          *double           `json:"asDouble"`
	AsInt             *whole            `json:"asInt"`
	Count             count             `json:"count"`
	Sum               *double           `json:"sum"`
	BucketCounts      []count           `json:"bucketCounts"`
	ExplicitBounds    []double          `json:"explicitBounds"`
	Scale             int32             `json:"scale"`
	ZeroCount         count             `json:"zeroCount"`
	ZeroThreshold     double            `json:"zeroThreshold"`
	Positive          jsonBuckets       `json:"positive"`
	Negative          jsonBuckets       `json:"negative"`
	QuantileValues    []struct {
		Quantile double `json:"quantile"`
		Value    double `json:"value"`
	} `json:"quantileValues"`
}

type jsonBuckets struct {
	Offset       int32   `json:"offset"`
	BucketCounts []count `json:"bucketCounts"`
}

// The numbers of protobuf's JSON.
type (
	count       uint64
	whole       int64
	double      float64
	temporality int
)

func (c *count) UnmarshalJSON(b []byte) error {
	v, err := strconv.ParseUint(unquoted(b), 10, 64)
	*c = count(v)
	return err
}

func (w *whole) UnmarshalJSON(b []byte) error {
	v, err := strconv.ParseInt(unquoted(b), 10, 64)
	*w = whole(v)
	return err
}

// UnmarshalJSON takes NaN, Infinity and -Infinity too, as strings.
func (d *double) UnmarshalJSON(b []byte) error {
	v, err := strconv.ParseFloat(unquoted(b), 64)
	if errors.Is(err, strconv.ErrRange) && math.IsInf(v, 0) {
		err = nil
	}
	*d = double(v)
	return err
}

func (t *temporality) UnmarshalJSON(b []byte) error {
	switch text := unquoted(b); text {
	case "AGGREGATION_TEMPORALITY_DELTA", "1":
		*t = delta
	case "AGGREGATION_TEMPORALITY_CUMULATIVE", "2":
		*t = cumulative
	case "AGGREGATION_TEMPORALITY_UNSPECIFIED", "0":
	default:
		return fmt.Errorf("aggregation temporality %.40q", text)
	}
	return nil
}

func unquoted(b []byte) string { return strings.Trim(string(b), `"`) }

// readJSON reads an ExportMetricsServiceRequest.
func readJSON(body []byte, to receiver) error {
	var all jsonRequest
	if err := unmarshal(body, &all); err != nil {
		return err
	}
	for _, text := range all.ResourceMetrics {
		var r jsonResource
		if err := unmarshal(text, &r); err != nil {
			return err
		}
		to.resource(attrsOf(r.Resource.Attributes))
		for _, text := range r.ScopeMetrics {
			var s jsonScope
			if err := unmarshal(text, &s); err != nil {
				return err
			}
			for _, text := range s.Metrics {
				if err := readMetric(text, to); err != nil {
					return err
				}
			}
		}
		to.endResource()
	}
	return nil
}

// unmarshal marks all errors as those of a body that is not what it should be.
func unmarshal(text []byte, v any) error {
	if err := json.Unmarshal(text, v); err != nil {
		return fmt.Errorf("%w: %w", protobuf.ErrMalformed, err)
	}
	return nil
}

func readMetric(text []byte, to receiver) error {
	var m jsonMetric
	if err := unmarshal(text, &m); err != nil {
		return err
	}
	in := instrument{name: m.Name, unit: m.Unit}
	var data *jsonData
	for k, d := range map[kind]*jsonData{
		gauge: m.Gauge, sum: m.Sum, histogram: m.Histogram, exponential: m.ExponentialHistogram, summary: m.Summary,
	} {
		if d != nil {
			in.kind, data = k, d
		}
	}
	if data == nil {
		return nil
	}
	in.monotonic, in.temporality = data.IsMonotonic, int(data.AggregationTemporality)
	to.metric(in)
	for _, text := range data.DataPoints {
		var p jsonPoint
		if err := unmarshal(text, &p); err != nil {
			return err
		}
		to.point(p.point())
	}
	return nil
}

func (p *jsonPoint) point() *point {
	out := &point{
		attrs: attrsOf(p.Attributes), start: uint64(p.StartTimeUnixNano), at: uint64(p.TimeUnixNano), flags: uint64(p.Flags),
		count: uint64(p.Count), counts: countsOf(p.BucketCounts),
		scale: p.Scale, zeroCount: uint64(p.ZeroCount), zeroThreshold: float64(p.ZeroThreshold),
		positive: buckets{p.Positive.Offset, countsOf(p.Positive.BucketCounts)},
		negative: buckets{p.Negative.Offset, countsOf(p.Negative.BucketCounts)},
	}
	switch {
	case p.AsDouble != nil:
		out.value, out.hasValue = float64(*p.AsDouble), true
	case p.AsInt != nil:
		out.value, out.hasValue = float64(*p.AsInt), true
	}
	if p.Sum != nil {
		out.sum, out.hasSum = float64(*p.Sum), true
	}
	for _, b := range p.ExplicitBounds {
		out.bounds = append(out.bounds, float64(b))
	}
	for _, q := range p.QuantileValues {
		out.quantiles = append(out.quantiles, quantile{float64(q.Quantile), float64(q.Value)})
	}
	return out
}

func countsOf(counts []count) []uint64 {
	out := make([]uint64, len(counts))
	for i, c := range counts {
		out[i] = uint64(c)
	}
	return out
}

// attrsOf reads attributes: {"key": …, "value": {"stringValue": …}}. One that is
// none is left out; one beyond the bound is kept, so that it shows.
func attrsOf(texts []json.RawMessage) []attr {
	var out []attr
	for _, text := range texts[:min(len(texts), maxAttrs+1)] {
		var kv struct {
			Key   string          `json:"key"`
			Value json.RawMessage `json:"value"`
		}
		if json.Unmarshal(text, &kv) != nil {
			continue
		}
		value := valueOf(kv.Value, 0)
		shown, isText := value.(string)
		if !isText && value != nil {
			shown = jsonText(value)
		}
		out = append(out, attr{kv.Key, shown})
	}
	return out
}

// valueOf reads an AnyValue.
func valueOf(text json.RawMessage, depth int) any {
	var v struct {
		StringValue *string `json:"stringValue"`
		BoolValue   *bool   `json:"boolValue"`
		IntValue    *whole  `json:"intValue"`
		DoubleValue *double `json:"doubleValue"`
		ArrayValue  *struct {
			Values []json.RawMessage `json:"values"`
		} `json:"arrayValue"`
		KvlistValue *struct {
			Values []struct {
				Key   string          `json:"key"`
				Value json.RawMessage `json:"value"`
			} `json:"values"`
		} `json:"kvlistValue"`
		BytesValue *string `json:"bytesValue"`
	}
	if json.Unmarshal(text, &v) != nil || depth > maxDepth {
		return nil
	}
	switch {
	case v.StringValue != nil:
		return *v.StringValue
	case v.BoolValue != nil:
		return *v.BoolValue
	case v.IntValue != nil:
		return json.Number(strconv.FormatInt(int64(*v.IntValue), 10))
	case v.DoubleValue != nil:
		return number(float64(*v.DoubleValue))
	case v.ArrayValue != nil:
		all := []any{}
		for _, text := range v.ArrayValue.Values[:min(len(v.ArrayValue.Values), maxAttrs)] {
			all = append(all, valueOf(text, depth+1))
		}
		return all
	case v.KvlistValue != nil:
		all := map[string]any{}
		for _, kv := range v.KvlistValue.Values[:min(len(v.KvlistValue.Values), maxAttrs)] {
			all[kv.Key] = valueOf(kv.Value, depth+1)
		}
		return all
	case v.BytesValue != nil:
		return *v.BytesValue
	}
	return nil
}
