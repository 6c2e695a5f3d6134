package alerting

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"

	"plimsoll/alerting/rule"
	"plimsoll/alerting/rulefile"
	"plimsoll/internal/metric"
)

// recording is a recording rule of a group.
type recording struct {
	rule  rule.Recording
	key   string
	group rulefile.Group
	// anyValue keeps what is no number, and what is infinite: a store takes
	// neither, so that a series ends there.
	anyValue bool

	mu      sync.Mutex               // guards what follows
	given   map[string]labels.Labels // by the last evaluation
	lastRun time.Time
	lastErr string
	took    time.Duration
	gone    bool // a reload put another in its place
}

func newRecording(c Config, g rulefile.Group, r rulefile.Rule) *recording {
	return &recording{
		rule: rule.Recording{Name: r.Record, Expr: r.Expr, Labels: r.Labels, QueryOffset: g.QueryOffset, Limit: g.Limit},
		key:  r.Key, group: g, anyValue: c.anyValue,
	}
}

func (r *recording) info() metric.RuleInfo {
	r.mu.Lock()
	defer r.mu.Unlock()
	return metric.RuleInfo{
		ID: r.key, Name: r.rule.Name, Recording: true, Expr: r.rule.Expr, Labels: r.rule.Labels,
		LastError: r.lastErr, LastEval: r.lastRun, EvalTime: r.took,
	}
}

var errNoSink = errors.New("there is nowhere to record to")

// record evaluates a recording rule and stores what it gives. On an error that
// is not of single samples all is as it was.
func (e *Engine) record(ctx context.Context, r *recording, at time.Time) {
	looking, cancel := context.WithTimeout(ctx, max(r.group.Interval, 10*time.Second))
	defer cancel()
	began := e.cfg.Clock()
	samples, err := r.rule.Evaluate(looking, e.cfg.Querier, at)
	if !r.anyValue {
		samples = slices.DeleteFunc(samples, func(s metric.Sample) bool { return math.IsNaN(s.Value) || math.IsInf(s.Value, 0) })
	}
	if err == nil {
		err = e.putRecorded(looking, r, samples, at)
	}
	took := e.cfg.Clock().Sub(began)
	if ctx.Err() != nil {
		return
	}
	e.metrics.recorded(took, err)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lastRun, r.took, r.lastErr = at, took, ""
	if err != nil {
		r.lastErr = err.Error()
	}
}

// putRecorded stores samples, and the end of the series that the evaluation
// before gave and this one does not.
func (e *Engine) putRecorded(ctx context.Context, r *recording, samples []metric.Sample, at time.Time) error {
	if e.cfg.Sink == nil {
		return errNoSink
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.gone {
		return nil
	}
	given := seriesOf(samples)
	samples = append(samples, endings(r.given, given, at.Add(-r.rule.QueryOffset))...)
	err := put(ctx, e.cfg.Sink, samples)
	var refused *metric.RefusedError
	if err == nil || errors.As(err, &refused) {
		r.given = given
	}
	return err
}

func put(ctx context.Context, sink metric.Sink, samples []metric.Sample) error {
	if len(samples) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, putTimeout)
	defer cancel()
	return sink.Put(ctx, samples)
}

func seriesOf(samples []metric.Sample) map[string]labels.Labels {
	out := make(map[string]labels.Labels, len(samples))
	for _, s := range samples {
		out[s.Labels.String()] = s.Labels
	}
	return out
}

// endings are the stale markers of series that were given and are no more.
func endings(before, now map[string]labels.Labels, at time.Time) []metric.Sample {
	var out []metric.Sample
	for key, lbls := range before {
		if _, goesOn := now[key]; !goesOn {
			out = append(out, metric.Sample{Labels: lbls, At: at.UnixMilli(), Value: math.Float64frombits(value.StaleNaN)})
		}
	}
	return out
}
