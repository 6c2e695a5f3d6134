package counterd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"plimsoll/internal/metric"
)

// retryPause is the rest after a Sink failed.
const retryPause = time.Second

// outbox holds the samples that a Sink has not accepted yet, in order. Only its
// run calls the Sink.
type outbox struct {
	sink    metric.Sink
	timeout time.Duration
	max     int
	log     *slog.Logger
	wake    chan struct{} // holds one token when there may be work; never closed

	mu       sync.Mutex
	batches  [][]metric.Sample
	waiting  int // samples in batches
	put      uint64
	dropped  uint64
	refused  uint64
	failures uint64
}

func newOutbox(c Config) *outbox {
	return &outbox{
		sink: c.Sink, timeout: c.PutTimeout, max: c.MaxPending, log: c.Logger,
		wake: make(chan struct{}, 1),
	}
}

// push queues a batch, and drops the oldest ones that are too many.
func (o *outbox) push(batch []metric.Sample) {
	o.mu.Lock()
	o.batches = append(o.batches, batch)
	o.waiting += len(batch)
	for o.waiting > o.max && len(o.batches) > 1 {
		n := len(o.batches[0])
		o.batches = o.batches[1:]
		o.waiting -= n
		o.dropped += uint64(n)
	}
	o.mu.Unlock()
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

func (o *outbox) pop() []metric.Sample {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.batches) == 0 {
		return nil
	}
	b := o.batches[0]
	o.batches[0] = nil
	o.batches = o.batches[1:]
	o.waiting -= len(b)
	return b
}

// run delivers until stop is closed; then it delivers what is left, and gives up
// at the first failure after that, with an error.
func (o *outbox) run(stop <-chan struct{}) error {
	failing, stopping := false, false
	for {
		batch := o.pop()
		if batch == nil {
			select {
			case <-o.wake:
				continue
			case <-stop:
				stopping = true
			}
			if batch = o.pop(); batch == nil {
				return nil
			}
		}
		for err := o.deliver(batch); err != nil; err = o.deliver(batch) {
			if !failing {
				o.log.Error("counter samples wait for the store", "error", err)
				failing = true
			}
			if stopping {
				return o.giveUp(batch, err)
			}
			select {
			case <-stop:
				stopping = true
			case <-time.After(retryPause):
			}
		}
		if failing {
			o.log.Info("the store accepts counter samples again")
			failing = false
		}
	}
}

// deliver puts one batch; what the Sink refuses for good is counted.
func (o *outbox) deliver(batch []metric.Sample) error {
	ctx, cancel := context.WithTimeout(context.Background(), o.timeout)
	defer cancel()
	err := o.sink.Put(ctx, batch)
	o.mu.Lock()
	defer o.mu.Unlock()
	var refused *metric.RefusedError
	switch {
	case err == nil:
		o.put += uint64(len(batch))
	case errors.As(err, &refused):
		n := min(refused.Count(), len(batch))
		o.refused += uint64(n)
		o.put += uint64(len(batch) - n)
	default:
		o.failures++
		return err
	}
	return nil
}

// giveUp counts what is left at the end as dropped.
func (o *outbox) giveUp(batch []metric.Sample, cause error) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := len(batch) + o.waiting
	o.dropped += uint64(n)
	o.batches, o.waiting = nil, 0
	return fmt.Errorf("deliver the last %d counter samples: %w", n, cause)
}

// accepted turns a refusal of single samples into success.
func accepted(err error) error {
	var refused *metric.RefusedError
	if errors.As(err, &refused) {
		return nil
	}
	return err
}
