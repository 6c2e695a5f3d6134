package policy

import (
	"fmt"
	"slices"
	"time"

	"plimsoll/alerting/match"
	"plimsoll/internal/metric"
)

// A Policy is a configuration that is ready to decide.
type Policy struct {
	routes []route
	given  Resolver
	all    []string // contacts, for a configuration without routes
}

// Resolver knows what names mean at an instant.
type Resolver struct {
	// OnCall returns who of a rota is on call, "" for nobody, and whether the
	// name is that of a rota.
	OnCall func(name string, at time.Time) (contact string, is bool)
	// Within reports whether an instant lies in a period.
	Within func(period string, at time.Time) bool
	// Reachable reports whether a contact may be told at an instant.
	Reachable func(contact string, at time.Time) bool
}

type route struct {
	Route
	match match.Set
}

// New returns the policy of routes, which are valid. Without any, all contacts
// are told of everything but what is only information.
func New(routes []Route, contacts []string, r Resolver) (*Policy, error) {
	p := &Policy{given: r, all: contacts}
	for i, given := range routes {
		set, err := match.Parse(given.Match)
		if err != nil {
			return nil, fmt.Errorf("routes[%d].match: %w", i, err)
		}
		p.routes = append(p.routes, route{given, set})
	}
	return p, nil
}

// Routes returns the routes that match a case at an instant.
func (p *Policy) Routes(c Case, at time.Time) []Route {
	switch {
	case c.Direct != nil:
		return []Route{{Contacts: c.Direct}}
	case len(p.routes) == 0 && c.Severity == metric.Info:
		return nil
	case len(p.routes) == 0:
		return []Route{{Contacts: p.all}}
	}
	var found []Route
	for _, r := range p.routes {
		if !r.match.Matches(c.Labels) || r.During != "" && !p.given.Within(r.During, at) {
			continue
		}
		found = append(found, r.Route)
		if !r.Continue {
			break
		}
	}
	return found
}

// Plan decides what is to be told of a case at an instant.
func (p *Policy) Plan(c Case, at time.Time) Plan {
	t := c.Telling
	t.Told = slices.Clone(t.Told)
	plan := p.plan(c, &t, at)
	return Plan{Telling: t, Tells: plan, Changed: !t.equal(c.Telling)}
}

func (p *Policy) plan(c Case, t *Telling, at time.Time) []Tell {
	was := t.Quiet
	switch {
	case len(c.Holds) > 0:
		t.Quiet = "hold"
		return nil
	case c.Ack.Holds(c.Severity, at):
		t.Quiet = "ack"
		return nil
	}
	t.Quiet = ""
	t.Last = earlier(t.Last, at)                            // a clock that was ahead must keep no reminder back
	if was != "" || t.Clock.IsZero() || t.Clock.After(at) { // the begin, an end of quiet, a clock that was set back
		t.Clock, t.Reminders = at, 0
	}
	routes := p.Routes(c, at)
	tells := p.updates(c, t, was, routes, at)
	for _, r := range routes {
		tells = p.add(tells, t, Begin, r.Contacts, at)
		for _, s := range r.Escalate {
			if s.due(*t, at) {
				tells = p.add(tells, t, Escalated, s.Contacts, at)
			}
		}
	}
	if len(tells) > 0 {
		t.Last = at
		if IsWorse(c.Severity, t.Severity) {
			t.Severity = c.Severity
		}
	}
	return tells
}

// updates tells those who know already.
func (p *Policy) updates(c Case, t *Telling, was string, routes []Route, at time.Time) []Tell {
	why := newsOf(c, *t, was, routes, at)
	to := slices.DeleteFunc(slices.Clone(t.Told), func(contact string) bool { return !p.given.Reachable(contact, at) })
	if why == Begin || len(to) == 0 {
		return nil
	}
	if why == Reminder {
		t.Reminders++
	}
	t.Updates++
	return []Tell{{Why: why, Contacts: to, Number: t.Updates}}
}

// newsOf returns what those who were told do not know yet; Begin: nothing.
func newsOf(c Case, t Telling, was string, routes []Route, at time.Time) Why {
	every := remindEvery(routes)
	switch {
	case IsWorse(c.Severity, t.Severity):
		return Worse
	case was == "ack":
		return Expired
	case every > 0 && at.Sub(t.Last) >= every:
		return Reminder
	}
	return Begin
}

// remindEvery returns the shortest interval of routes that remind; 0: none does.
func remindEvery(routes []Route) (shortest time.Duration) {
	for _, r := range routes {
		if r.RemindEvery > 0 && (shortest == 0 || r.RemindEvery < shortest) {
			shortest = r.RemindEvery
		}
	}
	return shortest
}

// add tells those of the named who were not told yet and may be.
func (p *Policy) add(tells []Tell, t *Telling, why Why, names []string, at time.Time) []Tell {
	var fresh []string
	for _, name := range names {
		if who, is := p.given.OnCall(name, at); is {
			name = who
		}
		if name == "" || slices.Contains(t.Told, name) || !p.given.Reachable(name, at) {
			continue
		}
		t.Told = append(t.Told, name)
		fresh = append(fresh, name)
	}
	if len(fresh) == 0 {
		return tells
	}
	slices.Sort(t.Told)
	return append(tells, Tell{Why: why, Contacts: fresh})
}

// due reports whether a step has come.
func (s Step) due(t Telling, at time.Time) bool {
	if s.Reminders > 0 {
		return t.Reminders >= s.Reminders
	}
	return at.Sub(t.Clock) >= s.After
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
