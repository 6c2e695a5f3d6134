package alerting

import (
	"context"
	"math"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"

	"plimsoll/alerting/check"
	"plimsoll/internal/metric"
)

// putTimeout is the deadline of handing a check's result on as series.
const putTimeout = 5 * time.Second

// remember keeps what a probe found for putProbe.
func (u *unit) remember(found check.Result) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.found = found
}

// takeFound returns what the last probe found, once.
func (u *unit) takeFound() check.Result {
	u.mu.Lock()
	defer u.mu.Unlock()
	found := u.found
	u.found = check.Result{}
	return found
}

// putProbe stores what a check saw as series, under blackbox_exporter's names. A
// warning is no failure: the service answers.
func (e *Engine) putProbe(ctx context.Context, u *unit, f finding) {
	found, success := u.takeFound(), 0.0
	if found.State == metric.OK || found.State == metric.Warning {
		success = 1
	}
	at := u.stamp(f.at)
	e.putSeries(ctx, append(u.outcome(at, success, f.took.Seconds()), u.measured(found.Perf, at)...))
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
			at := u.stamp(at)
			e.putSeries(ctx, append(u.outcome(at, gone, gone), u.measured(nil, at)...))
		}
	}
}

func (e *Engine) putSeries(ctx context.Context, samples []metric.Sample) {
	if e.cfg.Sink == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, putTimeout)
	defer cancel()
	if err := e.cfg.Sink.Put(ctx, samples); err != nil {
		e.metrics.putErrors.Inc()
	}
}

// outcome are the series that every check has.
func (u *unit) outcome(at time.Time, success, seconds float64) []metric.Sample {
	return []metric.Sample{
		{Labels: u.probeLabels("probe_success"), At: at.UnixMilli(), Value: success},
		{Labels: u.probeLabels("probe_duration_seconds"), At: at.UnixMilli(), Value: seconds},
	}
}

// measured are the numbers of a probe, and the ends of those series that had a
// value in the one before and have none now.
func (u *unit) measured(perf []check.Perf, at time.Time) []metric.Sample {
	u.mu.Lock()
	defer u.mu.Unlock()
	now := make(map[string]labels.Labels, len(perf))
	samples := make([]metric.Sample, 0, len(perf))
	for _, p := range perf {
		b := labels.NewBuilder(u.probeLabels(p.Name))
		for i := 0; i+1 < len(p.Pairs); i += 2 {
			b.Set(p.Pairs[i], p.Pairs[i+1])
		}
		lbls := b.Labels()
		key := lbls.String()
		if _, twice := now[key]; twice {
			continue
		}
		now[key] = lbls
		samples = append(samples, metric.Sample{Labels: lbls, Kind: p.Kind, At: at.UnixMilli(), Value: p.Value})
	}
	for key, lbls := range u.perfs {
		if _, is := now[key]; !is {
			samples = append(samples, metric.Sample{Labels: lbls, At: at.UnixMilli(), Value: math.Float64frombits(value.StaleNaN)})
		}
	}
	u.perfs = now
	return samples
}

// stamp returns the whole second under which what a look saw is stored, each
// second once. Archives weigh a value with the seconds for which it held: only of
// whole ones is the mean of a check that was always good exactly 1.
func (u *unit) stamp(at time.Time) time.Time {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.stampLocked(at)
}

func (u *unit) stampLocked(at time.Time) time.Time {
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
