package alerting

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"plimsoll/alerting/ledger"
	"plimsoll/alerting/notify"
	"plimsoll/alerting/policy"
	"plimsoll/alerting/rule"
	"plimsoll/alerting/state"
	"plimsoll/internal/metric"
)

// decision is what a look means for one alert.
type decision struct {
	step ledger.Step
	// keep is false if nothing changed that must survive a crash.
	keep bool
}

// decide says what sightings mean for the alerts of u. It changes
// nothing.
func (u *unit) decide(records map[string]ledger.Record, sightings []rule.Sighting, at time.Time) []decision {
	out := make([]decision, 0, len(sightings))
	for _, s := range sightings {
		id := u.id(s.Key)
		old, known := records[id]
		if !known {
			old = ledger.Record{ID: id, Source: u.key, Key: s.Key}
		}
		if d, held := u.fold(old, s, at); held {
			out = append(out, d)
			continue
		}
		next, change := u.next(old.State, s, at)
		turn := u.tryHandler(old, s, &next, &change, at)
		if len(records) > rule.MaxInstances && u.rule != nil && next.Phase == state.OK {
			next.Flaps = state.Flaps{} // there is no room to remember who was well
		}
		if !known && u.rule != nil && next.Phase == state.OK {
			continue
		}
		d := u.follow(old, turn.say(s, change), next, change, at)
		turn.note(&d, old)
		out = append(out, d)
	}
	return out
}

// next is state.Next, but for absence while the clock stands before an instant
// that was looked at: the store has samples of later and takes none of now.
func (u *unit) next(s state.State, seen rule.Sighting, at time.Time) (state.State, state.Change) {
	if u.rule != nil && at.Before(u.latest) && s.BlindUntil.Before(u.latest) {
		s.BlindUntil = u.latest
	}
	if seen.Absent && s.Blind(at) {
		seen.Verdict = state.Missing
	}
	next, change := state.Next(u.policy, s, seen.Verdict, at)
	return state.Flap(u.policy, next, u.level(seen, next), at), change
}

// follow works out record, history and messages of one transition.
func (u *unit) follow(old ledger.Record, s rule.Sighting, next state.State, change state.Change, at time.Time) decision {
	r := old
	r.State, r.Labels, r.Value = next, s.Labels, s.Value
	r.Summary = summarize(old, s, change)
	if s.Severity != "" {
		r.Severity = s.Severity
	}
	if u.rule != nil && next.Phase == state.OK {
		r.Severity = ""
	}
	from, to := u.shown(old), u.shown(r)
	d := decision{step: ledger.Step{Record: r}, keep: !next.Same(old.State) || r.Severity != old.Severity}
	d.step.Forget = u.rule != nil && next.Phase == state.OK && next.Ring == "" || change == state.Ended
	d.keep = d.keep || d.step.Forget
	if change == state.None && from == to {
		return d
	}
	d.step.Event = &metric.AlertEvent{
		At: at, AlertID: r.ID, Name: u.name, Labels: r.Labels, Kind: "state",
		From: from, To: to, Hard: next.Phase != state.Soft, Summary: r.Summary,
	}
	if change == state.SoftRecovery {
		d.step.Event.Hard = false // nobody was told
	}
	switch change {
	case state.Problem:
		m := u.problem(r, at)
		m.Runbook = s.Runbook
		d.step.Begins, d.step.Record.Message = true, &m
	case state.Recovery:
		d.ends(old, notify.Recovery, at)
	case state.Ended:
		d.step.Event.Kind, d.step.Event.To = "closed", metric.Unknown
		d.ends(old, notify.Closed, at)
	}
	return d
}

// ends tells those who were told of the problem of old, and forgets who they
// were and who took care of it.
func (d *decision) ends(old ledger.Record, how notify.Event, at time.Time) {
	d.step.End = end(old, d.step.Record, how, at)
	d.step.Record.Message, d.step.Record.Telling, d.step.Record.Ack = nil, policy.Telling{}, nil
}

// summarize says in one line how the alert stands after a look.
func summarize(old ledger.Record, s rule.Sighting, change state.Change) string {
	switch {
	case change == state.Ended:
		return "no data, not known to be well"
	case s.Verdict == state.Missing && change == state.Lost:
		return "no data any more; was: " + old.Summary
	case s.Summary != "":
		return s.Summary
	case change == state.Recovery && s.Value != nil:
		return fmt.Sprintf("back to normal: %g", *s.Value)
	case change == state.Recovery || change == state.SoftRecovery:
		return "back to normal"
	}
	return old.Summary
}

// shown is the severity that r has for those who look at it.
func (u *unit) shown(r ledger.Record) metric.Severity {
	switch {
	case r.Severity == "" || r.State.Phase == state.Stale:
		return shown(r.State, u.severity)
	case r.State.Phase == state.OK && !silent(r):
		return metric.OK
	}
	return r.Severity
}

// shown is the severity that a state has for those who look at it.
func shown(s state.State, bad metric.Severity) metric.Severity {
	switch s.Phase {
	case state.Soft, state.Hard:
		return bad
	case state.Stale:
		return metric.Unknown
	}
	return metric.OK
}

func (u *unit) problem(r ledger.Record, at time.Time) notify.Message {
	m := notify.Message{
		Version: 1, Event: notify.Problem, ID: r.ID, Name: u.name, Class: u.class, State: u.shown(r),
		Severity: u.shown(r), Labels: r.Labels, Value: r.Value, Summary: r.Summary,
		Since: r.State.BadSince, At: at, Target: u.target, URL: u.page(r.ID),
	}
	if u.rule != nil {
		m.Expr = u.rule.Short()
	}
	return m
}

// page is where an alert is shown; "" if that is not known.
func (u *unit) page(id string) string {
	if u.url == "" {
		return ""
	}
	return strings.TrimSuffix(u.url, "/") + "/alerts?id=" + url.QueryEscape(id)
}

// end is the message that ends the problem of old.
func end(old, now ledger.Record, how notify.Event, at time.Time) *notify.Message {
	if old.Message == nil {
		return nil
	}
	m := *old.Message
	m.Event, m.State, m.At, m.Summary, m.Value = how, metric.OK, at, now.Summary, now.Value
	if how == notify.Closed {
		m.State = metric.Unknown
	}
	return &m
}

// remove ends the alert of a check or rule that the configuration no longer
// has: who was told of its problem is told that nobody looks any more, which is
// no word about the service.
func remove(r ledger.Record, at time.Time) ledger.Step {
	step := ledger.Step{Record: r, Forget: true}
	if r.State.Phase == state.OK {
		return step
	}
	after := r
	after.Summary, after.Value = "removed from the configuration", nil
	step.Event = &metric.AlertEvent{
		At: at, AlertID: r.ID, Name: r.Source, Labels: r.Labels, Kind: "closed",
		From: metric.Unknown, To: metric.Unknown, Hard: r.State.Firing(), Summary: after.Summary,
	}
	if r.Message != nil {
		step.Event.Name, step.Event.From = r.Message.Name, shown(r.State, r.Message.Severity)
	}
	if r.State.Firing() {
		step.End = end(r, after, notify.Closed, at)
	}
	return step
}

// durable returns the steps that must be stored.
func durable(decisions []decision) []ledger.Step {
	var steps []ledger.Step
	for _, d := range decisions {
		if d.keep {
			steps = append(steps, d.step)
		}
	}
	return steps
}

// settled returns the step of each decision, those of durable as Commit left
// them: it numbered their episodes.
func settled(decisions []decision, committed []ledger.Step) []ledger.Step {
	steps := make([]ledger.Step, len(decisions))
	for i, d := range decisions {
		steps[i] = d.step
		if d.keep {
			steps[i], committed = committed[0], committed[1:]
		}
	}
	return steps
}
