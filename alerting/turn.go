package alerting

import (
	"crypto/rand"
	"slices"
	"strings"
	"time"

	"plimsoll/alerting/handler"
	"plimsoll/alerting/ledger"
	"plimsoll/alerting/notify"
	"plimsoll/alerting/policy"
	"plimsoll/alerting/rule"
	"plimsoll/alerting/state"
	"plimsoll/internal/metric"
)

// turn is what an event handler does to one look's decision.
type turn struct {
	try   *handler.Try // nil: none in this trouble
	order *handler.Order
	lines []metric.AlertEvent
	event *metric.Event
	mail  *ledger.Tell
	told  string // what is said of it
}

// tryHandler orders the handler of u if it is due. Where that is not possible for
// want of a budget, the alert is believed at once: people must see to it.
func (u *unit) tryHandler(old ledger.Record, s rule.Sighting, next *state.State, change *state.Change, at time.Time) turn {
	t := turn{try: old.Handler}
	switch {
	case u.handler == nil || u.handling == nil:
		return turn{}
	case t.try == nil && u.handler.Due(*next, at) && !u.held(old, s.Labels, at):
		u.order(&t, old.ID, s, next, change, at)
	}
	if t.try == nil {
		return t
	}
	t.told = t.try.Note
	if o, known := u.handling.get(t.try.Order); known {
		t.told = o.String()
		if *change == state.SoftRecovery && (o.Status == handler.Done || o.Status == handler.Handed) {
			t.byItself(u, o, s.Labels, old.State.BadSince, at)
		}
	}
	if next.Phase == state.OK {
		t.try = nil
	}
	return t
}

// byItself tells that the handler helped before anybody was woken.
func (t *turn) byItself(u *unit, o handler.Order, labels map[string]string, since, at time.Time) {
	t.lines = append(t.lines, u.line(o.Alert, labels, "restarted by itself: "+t.told, at))
	t.event = &metric.Event{
		At: at, Title: u.name + " restarted by itself", Text: t.told, Host: o.Instance, Key: o.Alert,
		Source: "event handler", Priority: "low", Type: "success", Labels: labels,
	}
	t.mail = &ledger.Tell{Addresses: u.desk.mail(u.handler.Tell), Group: "handler " + o.ID, Message: notify.Message{
		Version: 1, Event: notify.Info, ID: o.Alert, Name: u.name, Class: u.class, State: metric.OK, Severity: metric.Info, Labels: labels,
		Summary: "restarted by itself: " + t.told, Since: since, At: at, Target: u.target, URL: u.page(o.Alert),
	}}
}

// mail returns where contacts get mail: that something went well by itself is worth
// no page.
func (d *desk) mail(contacts []string) []ledger.Address {
	d.mu.Lock()
	defer d.mu.Unlock()
	var all []ledger.Address
	for _, c := range contacts {
		for _, a := range d.addresses[c] {
			if strings.HasPrefix(a.Route, "email:") {
				all = append(all, a)
			}
		}
	}
	return all
}

// order reserves an order of the handler, or notes why there is none.
func (u *unit) order(t *turn, alert string, s rule.Sighting, next *state.State, change *state.Change, at time.Time) {
	o := handler.Order{
		ID: rand.Text(), Alert: alert, Name: u.handler.Run, Instance: u.handler.Place(s.Labels), Queued: at, Status: handler.Queued,
	}
	if o.Instance == "" {
		t.try = &handler.Try{Name: o.Name, Note: o.Name + " not tried: the labels do not tell where"}
		t.lines = append(t.lines, u.line(alert, s.Labels, t.try.Note, at))
		return
	}
	verdict, why := u.handling.reserve(o)
	switch verdict {
	case handler.Wait:
		return
	case handler.Spent:
		t.try = &handler.Try{Name: o.Name, Note: why}
		*next, *change = state.Believe(*next), state.Problem
	case handler.Run:
		t.try, t.order, why = &handler.Try{Name: o.Name, Order: o.ID}, &o, o.Name+" on "+o.Instance+" ordered"
	}
	t.lines = append(t.lines, u.line(alert, s.Labels, why, at))
}

// held reports whether somebody works on what the alert is about, or it cannot be
// reached, so that nothing is to be done by itself. That a service has members
// enough without it is no reason to leave it down.
func (u *unit) held(r ledger.Record, labels map[string]string, at time.Time) bool {
	r.Labels = labels
	u.desk.mu.Lock()
	defer u.desk.mu.Unlock()
	c := u.desk.caseLocked(u, r, at)
	return c.Ack.Holds(c.Severity, at) || slices.ContainsFunc(c.Holds, func(h policy.Hold) bool { return h.Kind != "service" })
}

// line is a line of the history about a handler.
func (u *unit) line(alert string, labels map[string]string, text string, at time.Time) metric.AlertEvent {
	return metric.AlertEvent{At: at, AlertID: alert, Name: u.name, Labels: labels, Kind: "handler", Summary: text}
}

// say adds to a sighting what is said of the handler.
func (t turn) say(s rule.Sighting, change state.Change) rule.Sighting {
	if t.told == "" || s.Verdict != state.Bad && change != state.SoftRecovery {
		return s
	}
	if s.Summary == "" {
		s.Summary = summarize(ledger.Record{}, s, change)
	}
	if s.Summary != "" {
		s.Summary += "; "
	}
	s.Summary += t.told
	return s
}

// note makes the turn a part of a decision.
func (t turn) note(d *decision, old ledger.Record) {
	d.step.Record.Handler, d.step.Order, d.step.Lines = t.try, t.order, t.lines
	d.step.Happening, d.step.Inform = t.event, t.mail
	d.keep = d.keep || t.try != old.Handler || len(t.lines) > 0
}
