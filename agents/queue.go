package agents

import (
	"sync"

	"plimsoll/internal/metric"
)

// queue holds batches that wait for the Sink, oldest first, at most limit
// samples in all.
type queue struct {
	limit int
	// ready holds one token when there may be something to take.
	ready chan struct{}

	mu      sync.Mutex // guards what follows
	batches [][]metric.Sample
	samples int
	dropped int // samples, since the start
}

func newQueue(limit int) *queue {
	return &queue{limit: limit, ready: make(chan struct{}, 1)}
}

// push adds a batch and drops the oldest ones that no longer fit. A batch that
// alone exceeds the limit is kept: it is what was measured last.
func (q *queue) push(batch []metric.Sample) {
	if len(batch) == 0 {
		return
	}
	q.mu.Lock()
	q.batches = append(q.batches, batch)
	q.samples += len(batch)
	for q.samples > q.limit && len(q.batches) > 1 {
		q.dropped += len(q.batches[0])
		q.popLocked()
	}
	q.mu.Unlock()
	select {
	case q.ready <- struct{}{}:
	default: // the token is there already
	}
}

// take removes the oldest batches, at most about limit samples, as one.
func (q *queue) take(limit int) []metric.Sample {
	q.mu.Lock()
	defer q.mu.Unlock()
	var out []metric.Sample
	for len(q.batches) > 0 && (out == nil || len(out)+len(q.batches[0]) <= limit) {
		if out == nil {
			out = q.batches[0]
		} else {
			out = append(out, q.batches[0]...)
		}
		q.popLocked()
	}
	return out
}

func (q *queue) popLocked() {
	q.samples -= len(q.batches[0])
	q.batches[0] = nil
	q.batches = q.batches[1:]
}

// lose counts samples that were taken and could not be put.
func (q *queue) lose(n int) {
	q.mu.Lock()
	q.dropped += n
	q.mu.Unlock()
}

// stats returns the samples that wait and those dropped since the start.
func (q *queue) stats() (waiting, dropped int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.samples, q.dropped
}
