package alerting

import (
	"context"
	"maps"
	"math"
	"slices"
	"time"

	"plimsoll/alerting/ledger"
	"plimsoll/alerting/state"
	"plimsoll/internal/metric"
)

// Alerts returns every check, and every instance of a rule that is not ok or
// flaps, in the order of the configuration; then the passive checks.
func (e *Engine) Alerts() []metric.Alert {
	units, now := e.current(), instant(e.cfg.Clock())
	alerts := make([]metric.Alert, 0, len(units))
	for _, u := range units {
		alerts = append(alerts, u.alerts(e.desk, e.started, now)...)
	}
	return append(alerts, e.passive.alerts(e.desk, e.started, now)...)
}

func (e *Engine) current() []*unit {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.units
}

func (u *unit) alerts(d *desk, started, now time.Time) []metric.Alert {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.rule == nil && len(u.records) == 0 {
		a := u.alert(ledger.Record{ID: u.key}, now)
		a.State, a.Hard, a.Since, a.Summary = metric.Unknown, false, started, "not looked at yet"
		return []metric.Alert{a}
	}
	var alerts []metric.Alert
	for _, id := range slices.Sorted(maps.Keys(u.records)) {
		r := u.records[id]
		if u.rule == nil || r.State.Phase != state.OK || r.State.Flapping {
			a := u.alert(r, now)
			a.Holds = d.shownHolds(u, r, now)
			alerts = append(alerts, a)
		}
	}
	return alerts
}

func (u *unit) alert(r ledger.Record, now time.Time) metric.Alert {
	a := metric.Alert{
		ID: r.ID, Name: u.name, Class: u.class, Labels: r.Labels, State: u.shown(r), Severity: u.severity,
		Hard: r.State.Phase != state.Soft && !silent(r), MaxAttempts: u.maxAttempts, Since: r.State.Since, Checked: u.checked,
		Value: r.Value, Summary: r.Summary, Target: u.target, Flapping: r.State.Flapping, FlapPercent: math.Round(r.State.Percent()*10) / 10,
	}
	if r.Severity != "" && r.Severity != metric.OK {
		a.Severity = r.Severity
	}
	if r.State.Firing() {
		a.Episode, a.Told = r.Episode, r.Telling.Told
		if r.Ack.Holds(u.shownHard(r), now) {
			a.Ack = &metric.AlertAck{By: r.Ack.By, Note: r.Ack.Note, At: r.Ack.At, Until: r.Ack.Until, Sticky: r.Ack.Sticky}
		}
	}
	if u.service != nil {
		a.Target = u.service.Members
	}
	if u.rule != nil {
		a.Expr, a.Annotations = u.rule.Expr, u.shelf.annotations[r.ID]
		if u.group != nil {
			a.Group = u.group.Name
		}
	} else {
		a.Attempt = r.State.Attempt
	}
	return a
}

// silent reports whether a passive check was well and says nothing more: nobody
// is told of that.
func silent(r ledger.Record) bool {
	return r.State.Phase == state.OK && r.Severity == metric.Unknown
}

// History returns the newest lines of the history, newest first.
func (e *Engine) History(ctx context.Context, limit int) ([]metric.AlertEvent, error) {
	return e.ledger.History(ctx, limit)
}

// Rules describes the configured rules.
func (e *Engine) Rules() []metric.RuleInfo {
	rules := []metric.RuleInfo{}
	for _, u := range e.current() {
		if u.rule != nil && u.group == nil {
			rules = append(rules, u.info())
		}
	}
	for _, g := range e.currentGroups() {
		rules = append(rules, g.infos()...)
	}
	return rules
}

func (u *unit) info() metric.RuleInfo {
	u.mu.Lock()
	defer u.mu.Unlock()
	return metric.RuleInfo{
		ID: u.key, Name: u.name, Class: u.class, Expr: u.rule.Expr, For: u.rule.For, KeepFiring: u.rule.KeepFiringFor, Severity: u.severity,
		Interval: u.schedule.interval, Labels: u.rule.Labels,
		Annotations: u.rule.Annotations, LastError: u.lastErr, LastEval: u.lastRun, EvalTime: u.took,
	}
}

// Events returns the newest events that others told of and that sel picks,
// newest first.
func (e *Engine) Events(ctx context.Context, sel metric.Selection) ([]metric.Event, error) {
	return e.ledger.Happenings(ctx, sel)
}

// Changed returns a channel that is closed at the next change of an alert, of
// the history or of the configuration.
func (e *Engine) Changed() <-chan struct{} { return e.changed.wait() }

// Told returns a channel that is closed when further events can be read.
func (e *Engine) Told() <-chan struct{} { return e.told.wait() }

func (e *Engine) broadcast() { e.changed.ring() }
