package agents

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
)

var (
	errHung = errors.New("deadline exceeded, the call is left behind")
	errBusy = errors.New("an earlier call has not returned")
)

// worker calls one agent, never twice at a time.
type worker struct {
	agent Agent
	// busy holds a token while a call is outstanding, also one left behind.
	busy chan struct{}
	// slow is set when the last call took too long for live ticks.
	slow atomic.Bool
	// last is the text of the last interval tick's error, "" for none.
	last atomic.Pointer[string]
	relabel
}

// report is what came of one call.
type report struct {
	samples []metric.Sample
	err     error
	took    time.Duration
}

// call asks the agent and waits until ctx ends. It waits for an earlier call
// too, so that a live tick under way does not cost an interval tick.
func (w *worker) call(ctx context.Context, at time.Time) report {
	began := time.Now()
	select {
	case w.busy <- struct{}{}:
	case <-ctx.Done():
		return report{err: errBusy, took: time.Since(began)}
	}
	done := make(chan report, 1)
	go func() { // ends when the agent returns; nobody waits for one that hangs
		samples, err := guarded(ctx, w.agent, at)
		w.apply(samples)
		took := time.Since(began)
		<-w.busy
		done <- report{samples, err, took}
	}()
	select {
	case r := <-done:
		return r
	case <-ctx.Done():
		w.slow.Store(true)
		return report{err: errHung, took: time.Since(began)}
	}
}

// changed says whether err is news, so that an error that lasts is logged once.
func (w *worker) changed(err error) bool {
	text := ""
	if err != nil {
		text = err.Error()
	}
	last := w.last.Swap(&text)
	return last == nil && text != "" || last != nil && *last != text
}

// idle says whether a call would start at once.
func (w *worker) idle() bool { return len(w.busy) == 0 }

// guarded turns a panic of one agent into an error, so that the others go on.
func guarded(ctx context.Context, a Agent, at time.Time) (samples []metric.Sample, err error) {
	defer func() {
		if p := recover(); p != nil {
			samples, err = nil, fmt.Errorf("agent %s panicked: %v", a.Name(), p)
		}
	}()
	return a.Sample(ctx, at)
}

// relabelCache bounds the label sets that a relabel remembers.
const relabelCache = 20_000

// relabel adds fixed labels to samples. It remembers the label sets it made,
// because an agent returns the same ones at each call. It is used by the holder
// of the busy token alone.
type relabel struct {
	instance, job string
	made          map[string]labels.Labels
	key           []byte
}

func (r *relabel) apply(samples []metric.Sample) {
	for i := range samples {
		r.key = samples[i].Labels.Bytes(r.key[:0])
		l, ok := r.made[string(r.key)]
		if !ok {
			l = labels.NewBuilder(samples[i].Labels).Set("instance", r.instance).Set("job", r.job).Labels()
			if r.made == nil || len(r.made) >= relabelCache {
				r.made = make(map[string]labels.Labels)
			}
			r.made[string(r.key)] = l
		}
		samples[i].Labels = l
	}
}
