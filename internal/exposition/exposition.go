// Package exposition reads what programs expose for Prometheus, or push: the text
// format, OpenMetrics, and protobuf, each message behind its length. Kinds are
// those that are declared, and where none is, those of the names' suffixes.
package exposition

import (
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"

	"plimsoll/internal/metric"
)

// Parse reads an exposition of at most limit samples. at stamps those without a
// time of their own. Samples that are not a number are left out. A
// panic of the parser, which is a library's, is an error of this one exposition.
func Parse(body []byte, contentType string, at int64, limit int) (out []metric.Sample, err error) {
	defer func() {
		if p := recover(); p != nil {
			out, err = nil, fmt.Errorf("the parser panicked: %v", p)
		}
	}()
	options := textparse.ParserOptions{FallbackContentType: "text/plain", IgnoreNativeHistograms: true} // their classic parts are taken
	p, err := textparse.New(body, contentType, labels.NewSymbolTable(), options)
	if p == nil {
		return nil, err
	}
	types := map[string]model.MetricType{}
	for {
		entry, err := p.Next()
		switch {
		case errors.Is(err, io.EOF):
			return out, nil
		case err != nil:
			return nil, err
		case entry == textparse.EntryType:
			name, kind := p.Type()
			types[string(name)] = kind
		case entry == textparse.EntrySeries:
			if len(out) == limit {
				return nil, fmt.Errorf("more than %d samples", limit)
			}
			if s, is := sample(p, types, at); is {
				out = append(out, s)
			}
		}
	}
}

// sample makes a sample of the parser's present series; a NaN makes none.
func sample(p textparse.Parser, types map[string]model.MetricType, at int64) (metric.Sample, bool) {
	_, stamp, v := p.Series()
	if math.IsNaN(v) {
		return metric.Sample{}, false
	}
	s := metric.Sample{At: at, Value: v}
	if stamp != nil {
		s.At = *stamp
	}
	p.Labels(&s.Labels)
	if s.Kind = kindOf(s.Name(), types); s.Kind == metric.Counter {
		s.Start = p.StartTimestamp() // which reads ahead: it comes last
	}
	return s, true
}

// kindOf judges a series by the type of its family.
func kindOf(name string, types map[string]model.MetricType) metric.Kind {
	kind, is := types[name]
	if !is { // of a histogram or a summary, or of a counter of OpenMetrics
		for _, suffix := range []string{"_total", "_bucket", "_count", "_sum", "_created"} {
			if base := trim(name, suffix); base != name {
				if kind, is = types[base]; is {
					return kindOfPart(kind, suffix)
				}
			}
		}
	}
	switch kind {
	case model.MetricTypeCounter:
		return metric.Counter
	case model.MetricTypeUnknown, "":
		return metric.KindOf(name)
	}
	return metric.Gauge
}

func kindOfPart(kind model.MetricType, suffix string) metric.Kind {
	switch {
	case suffix == "_created", kind == model.MetricTypeGaugeHistogram, kind == model.MetricTypeGauge:
		return metric.Gauge
	}
	return metric.Counter
}

func trim(name, suffix string) string {
	if n := len(name) - len(suffix); n > 0 && name[n:] == suffix {
		return name[:n]
	}
	return name
}
