// Package batch gathers what an agent measures at one tick.
//
//	b := a.names.Batch(at)
//	b.Gauge("memcached_current_items", 12)
//	b.Counter("memcached_commands_total", 7, "command", "get", "status", "hit")
//	return b.Samples, err
package batch

import (
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
)

// Batch gathers the samples of one tick.
type Batch struct {
	Samples []metric.Sample
	At      int64 // the tick, Unix milliseconds
	names   *Names
}

// Counter adds a raw cumulative value; pairs are label names and values.
func (b *Batch) Counter(name string, value float64, pairs ...string) {
	b.Add(metric.Counter, name, value, pairs...)
}

// Gauge adds a value that stands for itself; pairs are label names and values.
func (b *Batch) Gauge(name string, value float64, pairs ...string) {
	b.Add(metric.Gauge, name, value, pairs...)
}

// Flag adds a gauge that is 1 or 0.
func (b *Batch) Flag(name string, is bool, pairs ...string) {
	value := 0.0
	if is {
		value = 1
	}
	b.Add(metric.Gauge, name, value, pairs...)
}

// Add adds a value of the given kind; pairs are label names and values.
func (b *Batch) Add(kind metric.Kind, name string, value float64, pairs ...string) {
	b.Samples = append(b.Samples, metric.Sample{
		Labels: b.names.labels(name, pairs), Kind: kind, At: b.At, Value: value,
	})
	b.names.room = max(b.names.room, len(b.Samples))
}

// cacheSize bounds the label sets that Names remembers.
const cacheSize = 20_000

// Names remembers label sets, because each tick needs the same ones. One
// goroutine uses it at a time.
type Names struct {
	made map[string]labels.Labels
	key  []byte
	room int // what the greatest batch held
}

// Batch returns an empty batch of the tick at.
func (n *Names) Batch(at time.Time) *Batch {
	return &Batch{Samples: make([]metric.Sample, 0, n.room), At: metric.Millis(at), names: n}
}

func (n *Names) labels(name string, pairs []string) labels.Labels {
	n.key = append(n.key[:0], name...)
	for _, p := range pairs {
		n.key = append(append(n.key, 0), p...)
	}
	if l, ok := n.made[string(n.key)]; ok {
		return l
	}
	if n.made == nil || len(n.made) >= cacheSize {
		n.made = make(map[string]labels.Labels)
	}
	l := labels.FromStrings(append([]string{metric.NameLabel, name}, pairs...)...)
	n.made[string(n.key)] = l
	return l
}
