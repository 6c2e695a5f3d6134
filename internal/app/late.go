package app

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"plimsoll/internal/metric"
)

// errNotOpen is what a part that was bound early gets of one that opens later.
var errNotOpen = errors.New("the service is not open yet")

// lateSink stands for a Sink that is opened later. Nobody puts anything before:
// the counter daemon holds its samples until it is told to go on.
type lateSink struct{ to atomic.Pointer[metric.Sink] }

func (l *lateSink) bind(s metric.Sink) { l.to.Store(&s) }

// Put implements metric.Sink.
func (l *lateSink) Put(ctx context.Context, samples []metric.Sample) error {
	to := l.to.Load()
	if to == nil {
		return errNotOpen
	}
	return (*to).Put(ctx, samples)
}

// lateInbox takes events and results of checks while the alert engine is not
// open yet, and passes them on when it is.
type lateInbox struct {
	mu     sync.Mutex // guards what follows
	events metric.EventSink
	checks metric.CheckSink
	wait   []func(context.Context) error
}

// maxLate bounds what waits for the engine.
const maxLate = 10_000

func (l *lateInbox) bind(events metric.EventSink, checks metric.CheckSink) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.events, l.checks = events, checks
	var errs []error
	for _, put := range l.wait {
		errs = append(errs, put(context.Background()))
	}
	l.wait = nil
	return errors.Join(errs...)
}

// PutEvent implements metric.EventSink.
func (l *lateInbox) PutEvent(ctx context.Context, e metric.Event) error {
	return l.put(ctx, func(ctx context.Context) error { return l.events.PutEvent(ctx, e) })
}

// PutCheck implements metric.CheckSink.
func (l *lateInbox) PutCheck(ctx context.Context, r metric.CheckResult) error {
	return l.put(ctx, func(ctx context.Context) error { return l.checks.PutCheck(ctx, r) })
}

// put never waits longer than the engine, which never does.
func (l *lateInbox) put(ctx context.Context, put func(context.Context) error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.events != nil:
		return put(ctx)
	case len(l.wait) >= maxLate:
		return errNotOpen
	}
	l.wait = append(l.wait, put)
	return nil
}
