package agents

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
)

// deadline is the share of its period that a call may take.
const deadline = 0.8

// sample asks one target for an interval tick and adds how that went.
func (r *Runner) sample(ctx context.Context, w *worker, at time.Time) []metric.Sample {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(deadline*float64(w.Interval)))
	defer cancel()
	rep := w.call(ctx, at)
	w.slow.Store(r.cfg.Live > 0 && rep.took > r.cfg.Live/2)
	if rep.err != nil {
		if errors.Is(rep.err, errHung) || errors.Is(rep.err, errBusy) {
			r.metrics.hung.WithLabelValues(w.Name()).Inc()
		}
		r.metrics.failed.WithLabelValues(w.Name()).Inc()
	}
	r.tell(w, rep.err)
	return append(rep.samples, w.account(rep, at)...)
}

// tell logs an error that is news, and its end.
func (r *Runner) tell(w *worker, err error) {
	if !w.changed(err) {
		return
	}
	log := r.log.With("agent", w.Name(), "instance", w.Instance)
	if len(w.Labels) > 0 {
		log = log.With("labels", w.Labels)
	}
	if err == nil {
		log.Info("measured again")
		return
	}
	log.Warn("could not measure", "err", err)
}

// sampleLive asks one target for a live tick. Its errors are those of the next
// interval tick too, and are reported there.
func (r *Runner) sampleLive(ctx context.Context, w *worker, at time.Time) {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(deadline*float64(r.cfg.Live)))
	defer cancel()
	rep := w.call(ctx, at)
	w.slow.Store(rep.took > r.cfg.Live/2)
	if r.cfg.LiveSink == nil || len(rep.samples) == 0 {
		return
	}
	if err := r.cfg.LiveSink.Put(ctx, rep.samples); err != nil {
		r.metrics.liveErrors.Inc()
	}
}

// heartbeat tells the receiver that this host is alive.
func (r *Runner) heartbeat(at time.Time) []metric.Sample {
	_, dropped := r.queue.stats()
	lost := r.own(at, "plimsoll_agent_dropped_samples_total", float64(dropped))
	lost.Kind, lost.Start = metric.Counter, r.began
	return []metric.Sample{r.own(at, "plimsoll_agent_interval_seconds", r.cfg.Interval.Seconds()), lost}
}

func (r *Runner) own(at time.Time, name string, value float64) metric.Sample {
	l := labels.FromStrings(metric.NameLabel, name, "instance", r.cfg.Instance, "job", r.cfg.Job)
	return metric.Sample{Labels: l, At: metric.Millis(at), Value: value}
}

// send puts what is queued until last is closed and the queue is empty, or ctx
// ends; then the rest is counted as dropped.
func (r *Runner) send(ctx context.Context, last <-chan struct{}) {
	for {
		select {
		case <-r.queue.ready:
		case <-last:
			last = nil
		}
		for batch := r.queue.take(r.cfg.BatchSamples); batch != nil; batch = r.queue.take(r.cfg.BatchSamples) {
			if !r.put(ctx, batch) {
				r.queue.lose(len(batch))
			}
		}
		if last == nil {
			if _, dropped := r.queue.stats(); dropped > 0 {
				r.log.Warn("agents stopped", "dropped_samples", dropped)
			}
			return
		}
	}
}

// put puts one batch, again and again until it is accepted or ctx ends.
func (r *Runner) put(ctx context.Context, batch []metric.Sample) bool {
	failures := 0
	for backoff := time.Second; ctx.Err() == nil; backoff = min(2*backoff, r.cfg.Interval) {
		err := r.cfg.Sink.Put(ctx, batch)
		var refused *metric.RefusedError
		if err == nil || errors.As(err, &refused) {
			r.metrics.refuse(refused)
			if failures > 0 {
				r.log.Info("put samples again", "failures", failures)
			}
			return true
		}
		r.metrics.putErrors.Inc()
		if failures++; failures == 1 {
			r.log.Warn("put samples, trying again", "samples", len(batch), "err", err)
		}
		pause(ctx, backoff/2+rand.N(backoff))
	}
	return false
}

// pause waits for d or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
