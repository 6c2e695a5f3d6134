package collector

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"

	"plimsoll/internal/metric"
	"plimsoll/internal/protobuf"
)

// maxSymbols bounds the symbols of a request, which cost more memory than bytes.
const maxSymbols = 1 << 20

// decodeV1 reads prometheus.WriteRequest (prometheus/prometheus: prompb/remote.proto):
//
//	WriteRequest   { repeated TimeSeries timeseries = 1; repeated MetricMetadata metadata = 3 }
//	TimeSeries     { repeated Label labels = 1; repeated Sample samples = 2; repeated Histogram histograms = 4 }
//	MetricMetadata { MetricType type = 1; string metric_family_name = 2 }
func (r *request) decodeV1(body []byte) error {
	var w protobuf.Reader
	for f := range w.Fields(body) {
		if f.IsBytes(3) {
			r.metadataV1(&w, f.Bytes)
		}
	}
	for f := range w.Fields(body) {
		if f.IsBytes(1) {
			r.seriesV1(&w, f.Bytes)
		}
	}
	return w.Err()
}

func (r *request) metadataV1(w *protobuf.Reader, b []byte) {
	var family string
	var number uint64
	for f := range w.Fields(b) {
		switch {
		case f.IsVarint(1):
			number = f.Bits
		case f.IsBytes(2) && len(f.Bytes) <= r.limits.LabelBytes:
			family = string(f.Bytes)
		}
	}
	r.types.learn(family, number)
}

func (r *request) seriesV1(w *protobuf.Reader, b []byte) {
	r.pairs = r.pairs[:0]
	over := false
	for f := range w.Fields(b) {
		if !f.IsBytes(1) {
			continue
		}
		if over = len(r.pairs) >= 2*r.limits.Labels; over {
			break
		}
		name, val := "", ""
		for l := range w.Fields(f.Bytes) {
			switch {
			case l.IsBytes(1):
				name = string(l.Bytes)
			case l.IsBytes(2):
				val = string(l.Bytes)
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
func (r *request) points(w *protobuf.Reader, b []byte, histograms protowire.Number, created int64) {
	for f := range w.Fields(b) {
		if f.IsBytes(histograms) {
			most := maxBuckets
			if r.buckets > maxRequestBuckets {
				most = 0 // it is refused: it need not cost memory
			}
			r.histogram(readHistogram(w, f.Bytes, created, most))
			continue
		}
		if !f.IsBytes(2) {
			continue
		}
		var v float64
		at, start := int64(0), created
		for s := range w.Fields(f.Bytes) {
			switch {
			case s.Is(1, protowire.Fixed64Type):
				v = s.Float()
			case s.IsVarint(2):
				at = int64(s.Bits)
			case s.IsVarint(3):
				start = int64(s.Bits)
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
//	             repeated Exemplar exemplars = 4; Metadata metadata = 5; int64 created_timestamp = 6 }
//	Metadata   { MetricType type = 1 }
func (r *request) decodeV2(body []byte) error {
	var w protobuf.Reader
	var symbols []string
	for f := range w.Fields(body) {
		if !f.IsBytes(4) {
			continue
		}
		if len(symbols) == maxSymbols {
			return fmt.Errorf("more than %d symbols", maxSymbols)
		}
		symbols = append(symbols, string(f.Bytes))
	}
	if len(symbols) > 0 && symbols[0] != "" {
		return fmt.Errorf("%w: the first symbol is %.40q, not empty", protobuf.ErrMalformed, symbols[0])
	}
	for f := range w.Fields(body) {
		if f.IsBytes(5) {
			if err := r.seriesV2(&w, f.Bytes, symbols); err != nil {
				return err
			}
		}
	}
	return w.Err()
}

func (r *request) seriesV2(w *protobuf.Reader, b []byte, symbols []string) error {
	r.pairs, r.moments = r.pairs[:0], r.moments[:0]
	refs, number, created := 0, uint64(typeUnknown), int64(0)
	for f := range w.Fields(b) {
		switch {
		case f.Number == 1 && (f.Kind == protowire.BytesType || f.Kind == protowire.VarintType):
			for ref := range w.Varints(f) {
				if ref >= uint64(len(symbols)) {
					return fmt.Errorf("%w: symbol %d of %d", protobuf.ErrMalformed, ref, len(symbols))
				}
				if refs++; refs <= 2*r.limits.Labels {
					r.pairs = append(r.pairs, symbols[ref])
				}
			}
		case f.IsBytes(4):
			if m, ours := readMoments(w, f.Bytes, symbols); ours {
				r.moments = append(r.moments, m)
			}
		case f.IsBytes(5):
			for m := range w.Fields(f.Bytes) {
				if m.IsVarint(1) {
					number = m.Bits
				}
			}
		case f.IsVarint(6):
			created = int64(f.Bits)
		}
	}
	if refs%2 != 0 {
		return fmt.Errorf("%w: %d references to labels, an odd number", protobuf.ErrMalformed, refs)
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
