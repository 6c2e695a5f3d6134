package collector

import (
	"maps"
	"slices"
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

// Bounds of what is remembered: how many names, and of how many bytes.
const (
	maxTypes     = 20_000
	maxTypeBytes = 256
)

// types remembers the types of metric families that remote write 1.0 tells, now
// and then and in requests without samples. They outlive a restart: guessing
// anew would change the kind of series until they are told again.
type types struct {
	mu    sync.Mutex // guards what follows
	of    map[string]metric.Kind
	dirty bool // something is not yet in the file
}

// learn remembers a family's type, unless it is one that leaves open what each
// of its series is.
func (t *types) learn(family string, number uint64) {
	if family == "" || len(family) > maxTypeBytes || (number != typeCounter && number != typeGauge) {
		return
	}
	kind := kindOf(number, family)
	t.mu.Lock()
	defer t.mu.Unlock()
	was, known := t.of[family]
	if known && was == kind || !known && len(t.of) >= maxTypes {
		return
	}
	t.of[strings.Clone(family)] = kind
	t.dirty = true
}

func (t *types) stateLocked() typesState {
	s := typesState{Version: 1, Counters: []string{}, Gauges: []string{}}
	for _, name := range slices.Sorted(maps.Keys(t.of)) {
		if t.of[name] == metric.Counter {
			s.Counters = append(s.Counters, name)
		} else {
			s.Gauges = append(s.Gauges, name)
		}
	}
	return s
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
