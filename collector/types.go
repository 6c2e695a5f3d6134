package collector

import (
	"strings"
	"sync"

	"plimsoll/internal/metric"
)

// The numbers of metric types, the same in both versions
// (prometheus/prometheus: prompb/types.proto, prompb/io/prometheus/write/v2/types.proto).
const (
	typeUnknown = 0
	typeCounter = 1
	typeGauge   = 2
)

// maxTypes bounds the names whose type is remembered.
const maxTypes = 50_000

// types remembers the types of metric families that remote write 1.0 tells, now
// and then and in requests without samples.
type types struct {
	mu sync.Mutex // guards of
	of map[string]metric.Kind
}

// learn remembers a family's type, unless it is one that leaves open what each
// of its series is.
func (t *types) learn(family string, number uint64) {
	if family == "" || (number != typeCounter && number != typeGauge) {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, known := t.of[family]; !known && len(t.of) >= maxTypes {
		return
	}
	t.of[strings.Clone(family)] = kindOf(number, family)
}

// kind returns what is known of a series by its name.
func (t *types) kind(name string) metric.Kind {
	t.mu.Lock()
	k, known := t.of[name]
	if !known { // OpenMetrics names a family without _total
		if family, ok := strings.CutSuffix(name, "_total"); ok {
			k, known = t.of[family]
		}
	}
	t.mu.Unlock()
	if known {
		return k
	}
	return metric.KindOf(name)
}

// kindOf returns the kind of a series by its type and its name.
func kindOf(number uint64, name string) metric.Kind {
	switch number {
	case typeCounter:
		return metric.Counter
	case typeGauge:
		return metric.Gauge
	}
	return metric.KindOf(name) // of a histogram or summary: _sum, _count, _bucket
}
