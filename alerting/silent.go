package alerting

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"

	"plimsoll/alerting/rule"
	"plimsoll/alerting/state"
	"plimsoll/internal/metric"
)

// lookForSilent finds the passive checks that said nothing for their freshness.
// One that was well is shown as unknown, of which nobody is told; one that was
// bad goes on as a series that vanished. Either is closed when it was found
// silent for no_data.
func (e *Engine) lookForSilent(ctx context.Context, now time.Time) error {
	p := e.passive
	p.mu.Lock()
	defer p.mu.Unlock()
	if now.Sub(p.lookedAt).Abs() < p.lookEvery() {
		return nil
	}
	p.lookedAt = now
	var moves []move
	for _, id := range slices.Sorted(maps.Keys(p.checks)) {
		c := p.checks[id]
		if now.Sub(c.checked) <= c.freshness {
			continue
		}
		if d, changes := c.missing(now); changes {
			moves = append(moves, move{c, d})
		}
	}
	return e.commitMovesLocked(ctx, moves)
}

// missing decides what one more look at a silent check means.
func (c *reported) missing(now time.Time) (d decision, changes bool) {
	old := c.records[c.key]
	if old.State.Firing() {
		return c.decide(c.records, []rule.Sighting{{Labels: old.Labels, Verdict: state.Missing}}, now)[0], true
	}
	c.silent++
	closing := c.silent >= c.policy.NoData
	if !closing && silent(old) {
		return decision{}, false
	}
	r := old
	r.State, r.Severity = state.State{Since: now, Flaps: old.State.Flaps}, metric.Unknown
	r.Summary = fmt.Sprintf("said nothing for %v; was: %s", c.freshness, old.Summary)
	d = decision{keep: true}
	d.step.Record = r
	d.step.Event = &metric.AlertEvent{
		At: now, AlertID: r.ID, Name: c.name, Labels: r.Labels, Kind: "state",
		From: c.shown(old), To: metric.Unknown, Summary: r.Summary,
	}
	if closing {
		d.step.Forget, d.step.Event.Kind, d.step.Event.Summary = true, "closed", "no data, not known to be well"
	}
	return d, true
}

// statusEvery is how often the states of passive checks are written as series.
const statusEvery = 10 * time.Second

// putStatuses writes the states of the passive checks as series: the worst
// since the last time, as Datadog numbers them. It does not wait for the Sink;
// while that has not answered, the next turn is skipped.
func (e *Engine) putStatuses(ctx context.Context, now time.Time) {
	p := e.passive
	if e.cfg.Sink == nil || now.Sub(p.putAt).Abs() < statusEvery {
		return
	}
	select {
	case p.putting <- struct{}{}:
	default:
		return
	}
	p.putAt = now
	samples := p.statuses(now)
	e.looks.Go(func() { // Run waits for it
		defer func() { <-p.putting }()
		ctx, cancel := context.WithTimeout(ctx, putTimeout)
		defer cancel()
		if len(samples) > 0 && e.cfg.Sink.Put(ctx, samples) != nil {
			e.metrics.putErrors.Inc()
		}
	})
}

// statuses returns the present states as samples; a check that has fallen
// silent has no value any more.
func (p *passive) statuses(now time.Time) []metric.Sample {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := now.Truncate(time.Second) // see unit.stamp
	samples := make([]metric.Sample, 0, len(p.checks))
	for _, id := range slices.Sorted(maps.Keys(p.checks)) {
		c := p.checks[id]
		v := number(worse(c.worst, c.shown(c.records[id])))
		if now.Sub(c.checked) > c.freshness {
			if c.ended {
				continue
			}
			c.ended, v = true, math.Float64frombits(value.StaleNaN)
		}
		c.worst = ""
		samples = append(samples, metric.Sample{Labels: c.statusLabels(), At: at.UnixMilli(), Value: v})
	}
	return samples
}

func (c *reported) statusLabels() labels.Labels {
	b := labels.NewBuilder(labels.FromMap(c.labels)).Set("check", c.name)
	return b.Set(metric.NameLabel, "service_check_status").Labels()
}

// number is the status that Datadog's clients write for a severity.
func number(s metric.Severity) float64 {
	return map[metric.Severity]float64{metric.OK: 0, metric.Warning: 1, metric.Critical: 2, metric.Unknown: 3}[s]
}

// bySeverity are the states that a passive check may have, least bad first.
func bySeverity() []metric.Severity {
	return []metric.Severity{metric.OK, metric.Warning, metric.Unknown, metric.Critical}
}

func worse(a, b metric.Severity) metric.Severity {
	order := bySeverity()
	if slices.Index(order, b) > slices.Index(order, a) {
		return b
	}
	return a
}
