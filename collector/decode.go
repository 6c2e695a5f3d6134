package collector

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"

	"plimsoll/internal/metric"
)

// maxSymbols bounds the symbols of a request, which cost more memory than bytes.
const maxSymbols = 1 << 20

// decodeV1 reads prometheus.WriteRequest (prometheus/prometheus: prompb/remote.proto):
//
//	WriteRequest   { repeated TimeSeries timeseries = 1; repeated MetricMetadata metadata = 3 }
//	TimeSeries     { repeated Label labels = 1; repeated Sample samples = 2; repeated Histogram histograms = 4 }
//	MetricMetadata { MetricType type = 1; string metric_family_name = 2 }
func (r *request) decodeV1(body []byte) error {
	var w wire
	for f := range w.fields(body) {
		if f.is(3, protowire.BytesType) {
			r.metadataV1(&w, f.bytes)
		}
	}
	for f := range w.fields(body) {
		if f.is(1, protowire.BytesType) {
			r.seriesV1(&w, f.bytes)
		}
	}
	return w.err
}

func (r *request) metadataV1(w *wire, b []byte) {
	var family string
	var number uint64
	for f := range w.fields(b) {
		switch {
		case f.is(1, protowire.VarintType):
			number = f.bits
		case f.is(2, protowire.BytesType) && len(f.bytes) <= r.limits.LabelBytes:
			family = string(f.bytes)
		}
	}
	r.types.learn(family, number)
}

func (r *request) seriesV1(w *wire, b []byte) {
	r.pairs = r.pairs[:0]
	over := false
	for f := range w.fields(b) {
		if !f.is(1, protowire.BytesType) {
			continue
		}
		if over = len(r.pairs) >= 2*r.limits.Labels; over {
			break
		}
		name, val := "", ""
		for l := range w.fields(f.bytes) {
			switch {
			case l.is(1, protowire.BytesType):
				name = string(l.bytes)
			case l.is(2, protowire.BytesType):
				val = string(l.bytes)
			}
		}
		r.pairs = append(r.pairs, name, val)
	}
	r.begin(over)
	r.points(w, b, 4, 0)
}

// points reads the samples of a TimeSeries, field 2 in both versions, and its
// native histograms:
//
//	Sample { double value = 1; int64 timestamp = 2; int64 start_timestamp = 3 }
func (r *request) points(w *wire, b []byte, histograms protowire.Number, created int64) {
	for f := range w.fields(b) {
		if f.is(histograms, protowire.BytesType) {
			r.histogram()
			continue
		}
		if !f.is(2, protowire.BytesType) {
			continue
		}
		var v float64
		at, start := int64(0), created
		for s := range w.fields(f.bytes) {
			switch {
			case s.is(1, protowire.Fixed64Type):
				v = s.float()
			case s.is(2, protowire.VarintType):
				at = int64(s.bits)
			case s.is(3, protowire.VarintType):
				start = int64(s.bits)
			}
		}
		r.add(at, start, v)
	}
}

// decodeV2 reads io.prometheus.write.v2.Request (prometheus/prometheus:
// prompb/io/prometheus/write/v2/types.proto; field 6 is that of release candidates):
//
//	Request    { repeated string symbols = 4; repeated TimeSeries timeseries = 5 }
//	TimeSeries { repeated uint32 labels_refs = 1; repeated Sample samples = 2; repeated Histogram histograms = 3;
//	             Metadata metadata = 5; int64 created_timestamp = 6 }
//	Metadata   { MetricType type = 1 }
func (r *request) decodeV2(body []byte) error {
	var w wire
	var symbols []string
	for f := range w.fields(body) {
		if !f.is(4, protowire.BytesType) {
			continue
		}
		if len(symbols) == maxSymbols {
			return fmt.Errorf("more than %d symbols", maxSymbols)
		}
		symbols = append(symbols, string(f.bytes))
	}
	if len(symbols) > 0 && symbols[0] != "" {
		return fmt.Errorf("%w: the first symbol is %.40q, not empty", errMalformed, symbols[0])
	}
	for f := range w.fields(body) {
		if f.is(5, protowire.BytesType) {
			if err := r.seriesV2(&w, f.bytes, symbols); err != nil {
				return err
			}
		}
	}
	return w.err
}

func (r *request) seriesV2(w *wire, b []byte, symbols []string) error {
	r.pairs = r.pairs[:0]
	refs, number, created := 0, uint64(typeUnknown), int64(0)
	for f := range w.fields(b) {
		switch {
		case f.number == 1 && (f.kind == protowire.BytesType || f.kind == protowire.VarintType):
			for ref := range w.varints(f) {
				if ref >= uint64(len(symbols)) {
					return fmt.Errorf("%w: symbol %d of %d", errMalformed, ref, len(symbols))
				}
				if refs++; refs <= 2*r.limits.Labels {
					r.pairs = append(r.pairs, symbols[ref])
				}
			}
		case f.is(5, protowire.BytesType):
			for m := range w.fields(f.bytes) {
				if m.is(1, protowire.VarintType) {
					number = m.bits
				}
			}
		case f.is(6, protowire.VarintType):
			created = int64(f.bits)
		}
	}
	if refs%2 != 0 {
		return fmt.Errorf("%w: %d references to labels, an odd number", errMalformed, refs)
	}
	r.begin(refs > 2*r.limits.Labels)
	if number != typeUnknown {
		r.kind = kindOf(number, r.labels.Get(metric.NameLabel))
	}
	r.points(w, b, 3, created)
	return nil
}

// decode reads a request of either version.
func (r *request) decode(body []byte, v2 bool) error {
	r.samples = slices.Grow(r.samples, min(len(body)/40, r.cfg.MaxSamples))
	if v2 {
		return r.decodeV2(body)
	}
	return r.decodeV1(body)
}
