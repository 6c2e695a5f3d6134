package alerting

import (
	"maps"
	"strings"
	"time"

	"plimsoll/alerting/ledger"
	"plimsoll/alerting/match"
	"plimsoll/alerting/notify"
	"plimsoll/alerting/policy"
	"plimsoll/internal/metric"
)

// plan adds to a decision on an alert that is hard what is to be told now.
func (d *desk) plan(u *unit, to *decision, at time.Time) {
	r := &to.step.Record
	if !r.State.Firing() {
		d.forget(r.ID)
		return
	}
	to.worsen(u)
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.triggerLocked(matchable(u, *r), at); err != nil {
		d.given.Logger.Error("alerting: begin of a downtime not stored", "err", err)
	}
	c := d.caseLocked(u, *r, at)
	plan := d.policy.Plan(c, at)
	if r.Ack.Outgrown(c.Severity) {
		r.Ack, to.keep = nil, true
	}
	if !plan.Changed {
		return
	}
	to.keep, r.Telling = true, plan.Telling
	for _, t := range plan.Tells {
		m := u.problem(*r, at)
		m.Number, m.Update, m.Flapping = t.Number, string(t.Why), r.State.Flapping
		if r.Message != nil {
			m.Runbook = r.Message.Runbook
		}
		to.step.Tells = append(to.step.Tells, ledger.Tell{
			Message: m, Addresses: d.addressesLocked(t.Contacts), Group: d.groupLocked(c.Labels), Pages: u.url,
		})
	}
}

// worsen keeps the worst of an episode in the message that its end is made of.
func (d *decision) worsen(u *unit) {
	r := &d.step.Record
	if now := u.shownHard(*r); r.Message != nil && policy.IsWorse(now, r.Message.Severity) {
		m := *r.Message
		m.Severity, m.State, m.Summary, m.Value = now, now, r.Summary, r.Value
		r.Message, d.keep = &m, true
	}
}

func (d *desk) caseLocked(u *unit, r ledger.Record, at time.Time) policy.Case {
	c := policy.Case{
		Labels: matchable(u, r), Severity: u.shownHard(r), Direct: u.contacts, Telling: r.Telling, Ack: r.Ack,
	}
	c.Holds = d.holdsLocked(u, r, c.Labels, at)
	return c
}

// matchable are the labels of an alert that matchers look at.
func matchable(u *unit, r ledger.Record) map[string]string {
	return withNames(r.Labels, u.name, u.class, u.shownHard(r))
}

func matchableAlert(a metric.Alert) map[string]string {
	return withNames(a.Labels, a.Name, a.Class, a.Severity)
}

func withNames(labels map[string]string, name string, class metric.Class, severity metric.Severity) map[string]string {
	all := make(map[string]string, len(labels)+3)
	maps.Copy(all, labels)
	all[match.Name], all[match.Class], all[match.Severity] = name, string(class), string(severity)
	return all
}

// shownHard is the severity of an alert's trouble, also while nothing is seen of it.
func (u *unit) shownHard(r ledger.Record) metric.Severity {
	if r.Severity != "" && r.Severity != metric.OK {
		return r.Severity
	}
	return u.severity
}

func (d *desk) addressesLocked(contacts []string) (all []ledger.Address) {
	for _, c := range contacts {
		all = append(all, d.addresses[c]...)
	}
	return all
}

// groupLocked is what messages of alerts with such labels are joined by.
func (d *desk) groupLocked(labels map[string]string) string {
	values := make([]string, 0, len(d.given.Grouping.By))
	for _, name := range d.given.Grouping.By {
		values = append(values, labels[name])
	}
	return strings.Join(values, "\x00")
}

// folding says how messages over a route are joined.
func (d *desk) folding(to ledger.Address) ledger.Folding {
	if !notify.Folds(to.Route) {
		return ledger.Folding{}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	g := d.given.Grouping
	f := ledger.Folding{Wait: g.Wait, MaxWait: max(g.MaxWait, g.Wait), Storm: g.Storm}
	for _, c := range d.given.Contacts {
		if c.Name == to.Contact && c.Email != nil && strings.HasPrefix(to.Route, "email") {
			f.Digest = c.Email.Digest
		}
	}
	return f
}
