package agent

import (
	"context"
	"slices"
	"sync"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
)

// labelled is a Sink that adds labels to samples, over those they have.
type labelled struct {
	add  []labels.Label
	next metric.Sink

	mu   sync.Mutex // guards what follows
	made map[string]labels.Labels
	key  []byte
}

// maxMade bounds the label sets that are remembered.
const maxMade = 20_000

// Put implements metric.Sink. It leaves the samples of the caller as they are.
func (l *labelled) Put(ctx context.Context, samples []metric.Sample) error {
	out := slices.Clone(samples)
	l.mu.Lock()
	for i := range out {
		out[i].Labels = l.withLocked(out[i].Labels)
	}
	l.mu.Unlock()
	return l.next.Put(ctx, out)
}

func (l *labelled) withLocked(of labels.Labels) labels.Labels {
	l.key = of.Bytes(l.key[:0])
	if with, known := l.made[string(l.key)]; known {
		return with
	}
	b := labels.NewBuilder(of)
	for _, a := range l.add {
		b.Set(a.Name, a.Value)
	}
	with := b.Labels()
	if l.made == nil || len(l.made) >= maxMade {
		l.made = map[string]labels.Labels{}
	}
	l.made[string(l.key)] = with
	return with
}
