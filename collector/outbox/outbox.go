// Package outbox holds samples that were received, by source, until their sink has
// them: what receives never waits for what stores, and what one source sends in
// excess costs no other anything.
//
//	Add ─► queue of the source (bounded) ─┐
//	Add ─► queue of the source (bounded) ─┼─► each second, in turn ─► SinkFor(source)
//	Add ─► queue of the source (bounded) ─┘
//
// What holds:
//
//	added = put + refused + dropped + waiting
//
// The samples of a source are put in their order. Those that the sink cannot take
// now wait, and are tried again each second; what does not fit is dropped, and Add
// says how many, so that a sender who can wait is made to. At the end of Run all
// queues are put once more.
package outbox

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"plimsoll/internal/metric"
)

// Config configures an Outbox.
type Config struct {
	// SinkFor returns where the samples of a source go.
	SinkFor func(source string) metric.Sink
	// MaxPerSource bounds the samples of a source that wait, Max those of all.
	MaxPerSource, Max int
	// Every is how often queues are put.
	Every time.Duration
	// Timeout bounds one put.
	Timeout time.Duration
	// Refused, if not nil, hears of samples that a sink refused.
	Refused func(source string, err *metric.RefusedError)
}

// maxPut is how many samples are put at once: then it is the next source's turn.
const maxPut = 5000

// Outbox holds samples. Its methods may be called by many at once.
type Outbox struct {
	config Config
	full   chan struct{} // holds a token when a queue is worth putting at once

	mu      sync.Mutex // guards all below
	waiting int
	queues  map[string][]metric.Sample
	order   []string // the sources of queues, whose turn it is first
	put     uint64
	refused uint64
	dropped uint64
	failing string // why the last put failed
}

// New returns an Outbox, whose Run must follow.
func New(c Config) *Outbox {
	return &Outbox{config: c, full: make(chan struct{}, 1), queues: map[string][]metric.Sample{}}
}

// Add queues samples of a source, and returns how many of them, the first ones,
// there was room for; the others are counted as dropped.
func (o *Outbox) Add(source string, samples ...metric.Sample) int {
	n := o.add(source, samples)
	if n < len(samples) {
		o.mu.Lock()
		o.dropped += uint64(len(samples) - n)
		o.mu.Unlock()
	}
	return n
}

// AddAll queues samples of a source, and waits for room until ctx ends; then what
// is left is dropped, and the error says so.
func (o *Outbox) AddAll(ctx context.Context, source string, samples []metric.Sample) error {
	for {
		n := o.add(source, samples)
		if samples = samples[n:]; len(samples) == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			o.mu.Lock()
			defer o.mu.Unlock()
			o.dropped += uint64(len(samples))
			return ctx.Err()
		case <-time.After(o.config.Every / 10):
		}
	}
}

func (o *Outbox) add(source string, samples []metric.Sample) int {
	if len(samples) == 0 {
		return 0
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	q, known := o.queues[source]
	n := min(len(samples), o.config.MaxPerSource-len(q), o.config.Max-o.waiting)
	if n <= 0 {
		return 0
	}
	if !known {
		o.order = append(o.order, source)
	}
	o.queues[source] = append(q, samples[:n]...)
	o.waiting += n
	if len(q)+n >= min(maxPut, o.config.MaxPerSource) {
		select {
		case o.full <- struct{}{}:
		default:
		}
	}
	return n
}

// Run puts what waits until ctx ends, and then once more.
func (o *Outbox) Run(ctx context.Context) error {
	ticker := time.NewTicker(o.config.Every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			o.flush(context.WithoutCancel(ctx))
			return nil
		case <-ticker.C:
		case <-o.full:
		}
		o.flush(ctx)
	}
}

// flush gives each source turns until its queue is empty or its sink fails.
func (o *Outbox) flush(ctx context.Context) {
	failed := map[string]bool{}
	for {
		source, samples := o.next(failed)
		if len(samples) == 0 {
			return
		}
		if !o.deliver(ctx, source, samples) {
			failed[source] = true
		}
	}
}

// next returns the first samples of the source whose turn it is, which goes behind
// the others.
func (o *Outbox) next(failed map[string]bool) (string, []metric.Sample) {
	o.mu.Lock()
	defer o.mu.Unlock()
	i := slices.IndexFunc(o.order, func(s string) bool { return !failed[s] })
	if i < 0 {
		return "", nil
	}
	source := o.order[i]
	o.order = append(slices.Delete(o.order, i, i+1), source)
	q := o.queues[source]
	return source, slices.Clone(q[:min(len(q), maxPut)])
}

// deliver puts samples, which leave the queue unless they are to be tried again.
func (o *Outbox) deliver(ctx context.Context, source string, samples []metric.Sample) bool {
	ctx, cancel := context.WithTimeout(ctx, o.config.Timeout)
	defer cancel()
	err := o.config.SinkFor(source).Put(ctx, samples)
	var refused *metric.RefusedError
	if errors.As(err, &refused) {
		if o.config.Refused != nil {
			o.config.Refused(source, refused)
		}
		o.taken(source, len(samples), refused.Count())
		return true
	}
	if err != nil {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.failing = source + ": " + err.Error()
		return false
	}
	o.taken(source, len(samples), 0)
	return true
}

// taken removes the first n samples of a queue. Only Run calls it.
func (o *Outbox) taken(source string, n, refused int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.waiting -= n
	o.failing = ""
	o.put += uint64(n - refused)
	o.refused += uint64(refused)
	if q := o.queues[source]; len(q) > n {
		o.queues[source] = slices.Delete(q, 0, n)
		return
	}
	delete(o.queues, source)
	o.order = slices.DeleteFunc(o.order, func(s string) bool { return s == source })
}

// Stats is the account of an Outbox, in samples.
type Stats struct {
	Put     uint64 `json:"put"`
	Refused uint64 `json:"refused"`
	Dropped uint64 `json:"dropped"`
	Waiting int    `json:"waiting"`
	// Failing is why the last put failed, whose samples wait; empty if it did not.
	Failing string `json:"failing,omitempty"`
}

// Stats returns the account.
func (o *Outbox) Stats() Stats {
	o.mu.Lock()
	defer o.mu.Unlock()
	return Stats{Put: o.put, Refused: o.refused, Dropped: o.dropped, Waiting: o.waiting, Failing: o.failing}
}
