package agents

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"plimsoll/internal/metric"
)

// Runner asks targets at each tick.
type Runner struct {
	cfg     Config
	log     *slog.Logger
	queue   *queue
	workers []*worker
	metrics *metrics
	began   int64 // when Run began, Unix milliseconds: the start of own counters
}

// New returns a Runner that measures nothing until Run.
func New(cfg Config) (*Runner, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.Sink == nil {
		return nil, errors.New("agents have no sink")
	}
	r := &Runner{cfg: cfg, log: cfg.Logger, queue: newQueue(cfg.QueueSamples)}
	if r.log == nil {
		r.log = slog.New(slog.DiscardHandler)
	}
	for _, t := range cfg.Targets {
		r.workers = append(r.workers, newWorker(t, cfg))
	}
	var err error
	if r.metrics, err = newMetrics(cfg.Registerer, r.queue); err != nil {
		return nil, fmt.Errorf("register metrics of agents: %w", err)
	}
	return r, nil
}

// Run calls the agents until ctx ends, lets the calls under way finish, and
// returns when the queue is put or DrainTimeout is over.
func (r *Runner) Run(ctx context.Context) error {
	sampling, stopSampling := context.WithCancel(context.WithoutCancel(ctx))
	defer stopSampling()
	putting, stopPutting := context.WithCancel(context.WithoutCancel(ctx))
	defer stopPutting()
	r.began = metric.Millis(time.Now())

	last := make(chan struct{}) // closed when no more is pushed
	sent := make(chan struct{}) // closed when the sender has returned
	go func() {
		defer close(sent)
		r.send(putting, last)
	}()
	var rounds sync.WaitGroup
	r.tick(ctx, func(at time.Time) {
		rounds.Go(func() { r.round(sampling, at) })
	})

	grace := time.AfterFunc(r.cfg.DrainTimeout/5, stopSampling)
	defer grace.Stop()
	drain := time.AfterFunc(r.cfg.DrainTimeout, stopPutting)
	defer drain.Stop()
	rounds.Wait()
	close(last)
	<-sent
	return nil
}

// tick calls round at each multiple of the step since the Unix epoch until ctx
// ends. It follows the wall clock when that is set.
func (r *Runner) tick(ctx context.Context, round func(at time.Time)) {
	step := r.cfg.step().Milliseconds()
	var last int64
	for {
		now := time.Now()
		next := (metric.Millis(now)/step + 1) * step
		if next == last { // the timer was early by less than its step
			next += step
		}
		timer := time.NewTimer(metric.Time(next).Sub(now))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		last = next
		round(metric.Time(next))
	}
}

// round asks every target whose turn it is at the tick at. Each one's samples go
// on as soon as they are there.
func (r *Runner) round(ctx context.Context, at time.Time) {
	beat := onTick(at, r.cfg.Interval)
	var wg sync.WaitGroup
	var first sync.Once // the target that is first takes the heartbeat along
	for _, w := range r.workers {
		switch {
		case onTick(at, w.Interval):
			wg.Go(func() {
				batch := r.sample(ctx, w, at)
				if beat {
					first.Do(func() { batch = append(batch, r.heartbeat(at)...) })
				}
				r.queue.push(batch)
			})
		case w.Live && r.cfg.Live > 0 && onTick(at, r.cfg.Live) && w.idle() && !w.slow.Load():
			wg.Go(func() { r.sampleLive(ctx, w, at) })
		}
	}
	wg.Wait()
	if beat {
		first.Do(func() { r.queue.push(r.heartbeat(at)) })
	}
}

// onTick says whether at is a multiple of the period since the Unix epoch.
func onTick(at time.Time, period time.Duration) bool {
	return metric.Millis(at)%period.Milliseconds() == 0
}
