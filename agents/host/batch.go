package host

import (
	"fmt"
	"iter"
	"strconv"
	"strings"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
)

// batch gathers the samples of one tick.
type batch struct {
	at      int64
	names   *names
	samples []metric.Sample
}

// counter adds a raw cumulative value; pairs are label names and values.
func (b *batch) counter(name string, value float64, pairs ...string) {
	b.add(metric.Counter, name, value, pairs)
}

// gauge adds a value that stands for itself.
func (b *batch) gauge(name string, value float64, pairs ...string) {
	b.add(metric.Gauge, name, value, pairs)
}

func (b *batch) add(kind metric.Kind, name string, value float64, pairs []string) {
	if b.samples == nil {
		b.samples = make([]metric.Sample, 0, 300)
	}
	b.samples = append(b.samples, metric.Sample{
		Labels: b.names.labels(name, pairs), Kind: kind, At: b.at, Value: value,
	})
}

// namesCache bounds the label sets that names remembers.
const namesCache = 20_000

// names remembers label sets, because each tick needs the same ones.
type names struct {
	made map[string]labels.Labels
	key  []byte
}

func (n *names) labels(name string, pairs []string) labels.Labels {
	n.key = append(n.key[:0], name...)
	for _, p := range pairs {
		n.key = append(append(n.key, 0), p...)
	}
	if l, ok := n.made[string(n.key)]; ok {
		return l
	}
	if n.made == nil || len(n.made) >= namesCache {
		n.made = make(map[string]labels.Labels)
	}
	l := labels.FromStrings(append([]string{metric.NameLabel, name}, pairs...)...)
	n.made[string(n.key)] = l
	return l
}

// fields yields the lines of a file as their fields, empty lines left out.
func fields(data []byte) iter.Seq[[]string] {
	return func(yield func([]string) bool) {
		for line := range strings.Lines(string(data)) {
			if f := strings.Fields(line); len(f) > 0 && !yield(f) {
				return
			}
		}
	}
}

// numbers parses fields as numbers.
func numbers(in []string) ([]float64, error) {
	out := make([]float64, len(in))
	for i, s := range in {
		v, err := number(s)
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, nil
}

// number parses a decimal number as the kernel writes it.
func number(s string) (float64, error) {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is not a number", s)
	}
	return v, nil
}
