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

// Runner calls agents at each tick.
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
	for _, a := range cfg.Agents {
		w := &worker{agent: a, busy: make(chan struct{}, 1)}
		w.instance, w.job = cfg.Instance, cfg.Job
		r.workers = append(r.workers, w)
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
	r.tick(ctx, func(at time.Time, live bool) {
		rounds.Go(func() { r.round(sampling, at, live) })
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
func (r *Runner) tick(ctx context.Context, round func(at time.Time, live bool)) {
	interval, step := r.cfg.Interval.Milliseconds(), r.cfg.Live.Milliseconds()
	if step == 0 {
		step = interval
	}
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
		round(metric.Time(next), next%interval != 0)
	}
}

// round asks every agent for the tick at. Each agent's samples go on as soon as
// they are there.
func (r *Runner) round(ctx context.Context, at time.Time, live bool) {
	period := r.cfg.Interval
	if live {
		period = r.cfg.Live
	}
	ctx, cancel := context.WithTimeout(ctx, period*8/10)
	defer cancel()
	if len(r.workers) == 0 && !live {
		r.queue.push(r.heartbeat(at))
		return
	}
	var wg sync.WaitGroup
	var first sync.Once // the agent that is first takes the heartbeat along
	for _, w := range r.workers {
		if live {
			if w.idle() && !w.slow.Load() {
				wg.Go(func() { r.sampleLive(ctx, w, at) })
			}
			continue
		}
		wg.Go(func() {
			batch := r.sample(ctx, w, at)
			first.Do(func() { batch = append(batch, r.heartbeat(at)...) })
			r.queue.push(batch)
		})
	}
	wg.Wait()
}
