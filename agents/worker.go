package agents

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
)

var (
	errHung = errors.New("deadline exceeded, the call is left behind")
	errBusy = errors.New("an earlier call has not returned")
)

// grace is what a call has after its deadline to return.
const grace = 100 * time.Millisecond

// worker calls one target's agent, never twice at a time.
type worker struct {
	Target
	// told is set for a target whose state is told by the series up.
	told bool
	// busy holds a token while a call is outstanding, also one left behind.
	busy chan struct{}
	// slow is set when the last call took too long for live ticks.
	slow atomic.Bool
	// last is the text of the last interval tick's error, "" for none.
	last atomic.Pointer[string]
	// good is the last interval tick that was measured whole, in Unix
	// milliseconds, 0 for none yet.
	good atomic.Int64
	relabel
}

// newWorker gives a target what it leaves open.
func newWorker(t Target, c Config) *worker {
	w := &worker{Target: t, busy: make(chan struct{}, 1)}
	if !t.own() {
		w.Job, w.Instance = c.Job, c.Instance
	}
	if w.Interval == 0 {
		w.Interval = c.Interval
	}
	add := map[string]string{}
	maps.Copy(add, t.Labels)
	add["job"], add["instance"] = w.Job, w.Instance
	w.add = labels.FromMap(add)
	w.told = t.own()
	return w
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
		samples, err := guarded(ctx, w.Agent, at)
		w.apply(samples)
		took := time.Since(began)
		<-w.busy
		done <- report{samples, err, took}
	}()
	select {
	case r := <-done:
		return r
	case <-ctx.Done():
		return w.late(done, began)
	}
}

// late waits a moment for a call that keeps to its deadline: it has what it
// measured until then, and knows who kept it waiting.
func (w *worker) late(done <-chan report, began time.Time) report {
	w.slow.Store(true)
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case r := <-done:
		return r
	case <-timer.C:
		return report{err: errHung, took: time.Since(began)}
	}
}

// changed says whether err is news, so that an error that lasts is logged once.
func (w *worker) changed(err error) bool {
	text := ""
	if err != nil {
		text = withoutPorts(err.Error())
	}
	last := w.last.Swap(&text)
	return last == nil && text != "" || last != nil && *last != text
}

// withoutPorts drops the ports of this host's ends of connections, which are
// others at each call: 10.0.0.1:38276->10.0.0.2:11211.
func withoutPorts(text string) string {
	parts := strings.Split(text, "->")
	for i := range parts[:len(parts)-1] {
		parts[i] = strings.TrimRight(parts[i], "0123456789")
	}
	return strings.Join(parts, "->")
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

// account tells how a call went: the agent's own series, and for a target with
// labels of its own those by which Prometheus tells of a scrape.
func (w *worker) account(rep report, at time.Time) []metric.Sample {
	success := 0.0
	if rep.err == nil {
		success = 1
		w.good.Store(metric.Millis(at))
	}
	tell := func(name string, value float64, agent string) metric.Sample {
		l := labels.NewBuilder(w.add).Set(metric.NameLabel, name).Set("agent", agent).Labels()
		return metric.Sample{Labels: l, At: metric.Millis(at), Value: value}
	}
	out := []metric.Sample{
		tell("plimsoll_agent_success", success, w.Name()),
		tell("plimsoll_agent_duration_seconds", rep.took.Seconds(), w.Name()),
	}
	if good := w.good.Load(); good > 0 {
		out = append(out, tell("plimsoll_agent_last_success_timestamp_seconds", float64(good)/1000, w.Name()))
	}
	if w.told {
		out = append(out, tell("up", success, ""), tell("scrape_duration_seconds", rep.took.Seconds(), ""))
	}
	return out
}
