package alerting

import (
	"context"
	"math"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"

	"plimsoll/alerting/state"
	"plimsoll/internal/metric"
)

// putTimeout is the deadline of handing a check's result on as series.
const putTimeout = 5 * time.Second

// putProbe stores what a check saw as series, under blackbox_exporter's names.
func (e *Engine) putProbe(ctx context.Context, u *unit, f finding) {
	success := 0.0
	if f.sightings[0].Verdict == state.Good {
		success = 1
	}
	e.putSeries(ctx, u, f.at, success, f.took.Seconds())
}

// endProbes says that the series of checks that are gone, or look elsewhere now,
// have no value any more: a rule must not find the last one for minutes.
func (e *Engine) endProbes(ctx context.Context, old, now []*unit, at time.Time) {
	goesOn := map[string]bool{}
	for _, u := range now {
		goesOn[u.probeLabels("").String()] = u.rule == nil
	}
	gone := math.Float64frombits(value.StaleNaN)
	for _, u := range old {
		if u.rule == nil && !goesOn[u.probeLabels("").String()] {
			e.putSeries(ctx, u, at, gone, gone)
		}
	}
}

func (e *Engine) putSeries(ctx context.Context, u *unit, at time.Time, success, seconds float64) {
	if e.cfg.Sink == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, putTimeout)
	defer cancel()
	at = u.stamp(at)
	err := e.cfg.Sink.Put(ctx, []metric.Sample{
		{Labels: u.probeLabels("probe_success"), At: at.UnixMilli(), Value: success},
		{Labels: u.probeLabels("probe_duration_seconds"), At: at.UnixMilli(), Value: seconds},
	})
	if err != nil {
		e.metrics.putErrors.Inc()
	}
}

// stamp returns the whole second under which what a look saw is stored, each
// second once. Archives weigh a value with the seconds for which it held: only of
// whole ones is the mean of a check that was always good exactly 1.
func (u *unit) stamp(at time.Time) time.Time {
	u.mu.Lock()
	defer u.mu.Unlock()
	at = at.Truncate(time.Second)
	if at.Equal(u.stamped) { // looks each second, one of them begun late
		at = at.Add(time.Second)
	}
	u.stamped = at
	return at
}

// probeLabels returns the labels of a check's series of the given name.
func (u *unit) probeLabels(name string) labels.Labels {
	b := labels.NewBuilder(labels.FromMap(u.labels)).Set("check", u.name).Set("target", u.target)
	return b.Set(metric.NameLabel, name).Labels()
}
