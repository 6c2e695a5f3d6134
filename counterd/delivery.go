package counterd

import (
	"context"
	"errors"
	"fmt"
	"time"

	"plimsoll/internal/metric"
)

// retryPause is the rest after a Sink failed.
const retryPause = time.Second

// run delivers until stop is closed, and then what is left, which fails with what
// was lost.
func (o *outbox) run(stop <-chan struct{}) error {
	failing := false
	for !isClosed(stop) {
		p, ok := o.pop()
		switch {
		case !ok:
			select {
			case <-o.wake:
			case <-stop:
			}
		case o.insist(p, stop, &failing):
			o.done(p)
		default:
			o.putBack(p)
		}
	}
	return o.drain()
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// insist puts one parcel again and again. It reports false when stop was closed
// meanwhile, and says once that the Sink fails, and once that it works again.
func (o *outbox) insist(p parcel, stop <-chan struct{}, failing *bool) bool {
	for err := o.deliver(context.Background(), p); err != nil; err = o.deliver(context.Background(), p) {
		if !*failing {
			o.log.Error("counter samples wait for the store", "error", err)
			*failing = true
		}
		select {
		case <-stop:
			return false
		case <-time.After(retryPause):
		}
	}
	if *failing {
		o.log.Info("the store accepts counter samples again")
		*failing = false
	}
	return true
}

// drain delivers what is left, all of it within one timeout, and gives up at the
// first failure.
func (o *outbox) drain() error {
	ctx, cancel := context.WithTimeout(context.Background(), o.timeout)
	defer cancel()
	for p, ok := o.pop(); ok; p, ok = o.pop() {
		if err := o.deliver(ctx, p); err != nil {
			o.putBack(p)
			return o.giveUp(err)
		}
		o.done(p)
	}
	return nil
}

// deliver puts one parcel; what the Sink refuses for good is counted.
func (o *outbox) deliver(ctx context.Context, p parcel) error {
	ctx, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	err := o.sink.Put(ctx, p.samples)
	o.mu.Lock()
	defer o.mu.Unlock()
	var refused *metric.RefusedError
	switch {
	case err == nil:
		o.put += uint64(len(p.samples))
	case errors.As(err, &refused):
		n := min(refused.Count(), len(p.samples))
		o.refused += uint64(n)
		o.put += uint64(len(p.samples) - n)
	default:
		o.failures++
		return err
	}
	return nil
}

// giveUp ends a drain. What the spool holds still waits: the next process delivers
// it. The rest is dropped, and the error says how much that is.
func (o *outbox) giveUp(cause error) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	left, lost := 0, 0
	for _, p := range o.parcels {
		if p.spooled {
			left += len(p.samples)
		} else {
			lost += len(p.samples)
		}
	}
	o.parcels, o.waiting = nil, left
	o.dropped += uint64(lost)
	if left > 0 {
		o.log.Warn("the store did not take the last counter samples: they stay in the spool for the next start",
			"samples", left, "error", cause)
	}
	if lost == 0 {
		return nil
	}
	return fmt.Errorf("deliver the last %d counter samples: %w", lost, cause)
}
