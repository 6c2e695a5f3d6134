package alerting

import (
	"time"

	"plimsoll/alerting/depend"
	"plimsoll/alerting/ledger"
	"plimsoll/alerting/policy"
	"plimsoll/alerting/quorum"
	"plimsoll/alerting/state"
	"plimsoll/internal/metric"
)

// holdsLocked are the reasons why nobody new is told of an alert.
func (d *desk) holdsLocked(u *unit, r ledger.Record, labels map[string]string, at time.Time) []policy.Hold {
	all := d.silencedLocked(labels, at)
	a := quorum.Alert{Name: u.name, Labels: labels, Hard: r.State.Firing(), Class: u.class}
	for _, s := range d.board.services {
		switch {
		case s.TellMembers || s.Name == u.name:
		case s.Has(a, s.finding):
			all = append(all, policy.Hold{Kind: "service", Text: s.Name + ": " + s.finding.Summary})
		case s.finding.Severity == "" && a.Class == metric.UpDown && at.Sub(d.started).Abs() < firstLooks:
			all = append(all, policy.Hold{Kind: "service", Text: s.Name + " is still to be looked at", Until: d.started.Add(firstLooks)})
		}
	}
	if why := d.board.silence(u, r, at); why != nil {
		all = append(all, *why)
	}
	return append(all, d.dependsLocked(r, labels, at)...)
}

// firstLooks bounds how long the members of services are waited for after a
// start: who they are is not known before.
const firstLooks = time.Minute

// dependsLocked holds what cannot be reached, or may turn out not to be: what an
// alert depends on is perhaps looked at later than the alert.
func (d *desk) dependsLocked(r ledger.Record, labels map[string]string, at time.Time) []policy.Hold {
	if !d.graph.Depends(labels) {
		return nil
	}
	reach := d.board.reach.Of(labels)
	if reach.State != depend.Reachable {
		d.behind[r.ID] = at
		return []policy.Hold{{Kind: "dependency", Text: reach.String()}}
	}
	since, was := d.behind[r.ID]
	switch m := r.Message; {
	case was && at.Sub(since).Abs() < d.given.DependencyWait:
		return []policy.Hold{{Kind: "dependency", Text: "reachable again, and looked at first", Until: since.Add(d.given.DependencyWait)}}
	case m != nil && len(r.Telling.Told) == 0 && at.Sub(m.At).Abs() < d.given.DependencyWait:
		return []policy.Hold{{Kind: "dependency", Text: "what it depends on is looked at first", Until: m.At.Add(d.given.DependencyWait)}}
	}
	delete(d.behind, r.ID)
	return nil
}

// shownHolds are the holds of an alert that is not ok, for those who look at it.
func (d *desk) shownHolds(u *unit, r ledger.Record, at time.Time) (shown []metric.AlertHold) {
	if r.State.Phase == state.OK {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, h := range d.holdsLocked(u, r, matchable(u, r), at) {
		shown = append(shown, metric.AlertHold{Kind: h.Kind, Text: h.Text, Until: h.Until})
	}
	return shown
}

func (d *desk) forget(id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.behind, id)
}
