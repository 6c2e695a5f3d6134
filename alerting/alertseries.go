package alerting

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/alerting/ledger"
	"plimsoll/alerting/rule"
	"plimsoll/alerting/state"
	"plimsoll/internal/metric"
)

// The series that tell of alerts, as Prometheus has them: ALERTS is 1 while an
// alert is pending or firing, ALERTS_FOR_STATE the Unix time since when.
const (
	alertsName   = "ALERTS"
	forStateName = "ALERTS_FOR_STATE"
	stateLabel   = "alertstate"
)

// maxAlertSeries bounds how many of these series there are at a time. Those of
// further alerts are not written, and counted.
const maxAlertSeries = 20_000

// shelf is what a rule shows of its alerts besides their states.
type shelf struct {
	annotations map[string]map[string]string // of what is not ok, by id
	series      map[string]labels.Labels     // what the last evaluation wrote
}

// quota counts the alerts' series of all rules.
type quota struct {
	mu   sync.Mutex // guards used
	used int
}

// take trades one number of series for another, if there is room for it.
func (q *quota) take(before, now int) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if now > before && q.used-before+now > maxAlertSeries {
		return false
	}
	q.used += now - before
	return true
}

// showAlerts keeps the annotations that a look brought, and writes the series of
// the rule's alerts.
func (e *Engine) showAlerts(ctx context.Context, u *unit, f finding) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.rule == nil || u.gone || len(u.records) == 0 && len(u.shelf.series) == 0 {
		return // most rules, most of the time
	}
	u.annotateLocked(f.sightings)
	if e.cfg.Sink == nil {
		return
	}
	at := f.at
	if u.group != nil {
		at = at.Add(-u.group.QueryOffset)
	} else {
		at = u.stampLocked(at)
	}
	samples := u.alertSamplesLocked(at)
	given := seriesOf(samples)
	if !e.alertSeries.take(len(u.shelf.series), len(given)) {
		e.metrics.unshown.Inc()
		return
	}
	err := put(ctx, e.cfg.Sink, append(samples, endings(u.shelf.series, given, at)...))
	if refused := (*metric.RefusedError)(nil); err != nil && !errors.As(err, &refused) {
		e.alertSeries.take(len(given), len(u.shelf.series))
		e.metrics.putErrors.Inc()
		return
	}
	u.shelf.series = given
}

func (u *unit) annotateLocked(sightings []rule.Sighting) {
	kept := map[string]map[string]string{}
	for id := range u.records {
		kept[id] = u.shelf.annotations[id]
	}
	for _, s := range sightings {
		if _, there := u.records[u.id(s.Key)]; there && s.Annotations != nil {
			kept[u.id(s.Key)] = s.Annotations
		}
	}
	u.shelf.annotations = kept
}

// alertSamplesLocked are two samples for each alert that is pending or firing.
func (u *unit) alertSamplesLocked(at time.Time) []metric.Sample {
	out := make([]metric.Sample, 0, 2*len(u.records))
	for _, id := range slices.Sorted(maps.Keys(u.records)) {
		r := u.records[id]
		if r.State.Phase == state.OK {
			continue
		}
		b := u.alertLabels(r)
		phase := "pending"
		if r.State.Firing() {
			phase = "firing"
		}
		forState := b.Set(model.MetricNameLabel, forStateName).Labels()
		alerts := b.Set(model.MetricNameLabel, alertsName).Set(stateLabel, phase).Labels()
		out = append(out, metric.Sample{Labels: alerts, At: at.UnixMilli(), Value: 1},
			metric.Sample{Labels: forState, At: at.UnixMilli(), Value: float64(r.State.BadSince.Unix())})
	}
	return out
}

// alertLabels are the labels of an alert in its series. Rules of rule files say
// themselves how severe they are.
func (u *unit) alertLabels(r ledger.Record) *labels.Builder {
	b := labels.NewBuilder(labels.FromMap(r.Labels))
	if u.group == nil && b.Get("severity") == "" {
		b.Set("severity", string(u.severity))
	}
	return b.Set(model.AlertNameLabel, u.name)
}
