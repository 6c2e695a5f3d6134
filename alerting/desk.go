package alerting

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"plimsoll/alerting/depend"
	"plimsoll/alerting/ledger"
	"plimsoll/alerting/match"
	"plimsoll/alerting/notify"
	"plimsoll/alerting/policy"
	"plimsoll/alerting/quorum"
	"plimsoll/alerting/state"
	"plimsoll/internal/metric"
)

// desk decides who is told of what: the policy, and what people decided
// meanwhile.
type desk struct {
	ledger *ledger.Ledger

	mu      sync.Mutex // guards what follows; taken after a unit's
	given   Config
	graph   *depend.Graph
	board   *board
	started time.Time
	// behind are the alerts of what could not be reached, and when that was last
	// so: what they say may be as old as that.
	behind    map[string]time.Time
	policy    *policy.Policy
	addresses map[string][]ledger.Address // by contact
	poked     bool
	lookedAt  time.Time
}

func openDesk(l *ledger.Ledger, c Config) (*desk, error) {
	d := &desk{ledger: l, board: &board{}, started: instant(c.Clock()), behind: map[string]time.Time{}}
	take, err := d.prepare(c)
	if err != nil {
		return nil, err
	}
	take()
	return d, nil
}

// prepare makes what a configuration says, and returns what takes it over.
func (d *desk) prepare(c Config) (take func(), err error) {
	var contacts []string
	addresses := map[string][]ledger.Address{}
	for _, k := range c.Contacts {
		contacts = append(contacts, k.Name)
		addresses[k.Name] = addressesOf([]string{k.Name}, c.Contacts)
	}
	p, err := policy.New(c.Routes, contacts, policy.Resolver{
		OnCall:    func(string, time.Time) (string, bool) { return "", false },
		Within:    func(string, time.Time) bool { return true },
		Reachable: func(string, time.Time) bool { return true },
	})
	if err != nil {
		return nil, err
	}
	graph, err := depend.New(c.Dependencies)
	if err != nil {
		return nil, err
	}
	return func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.given, d.policy, d.addresses, d.graph, d.poked = c, p, addresses, graph, true
		b := *d.board // until all alerts are looked at again
		b.reach = graph.Judge(nil)
		d.board = &b
	}, nil
}

// reconcileEvery is how often open episodes are looked at for what time brings.
const reconcileEvery = time.Second

// wake reports whether open episodes are to be looked at.
func (d *desk) wake(now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	due := d.poked || now.Sub(d.lookedAt).Abs() >= reconcileEvery
	if due {
		d.poked, d.lookedAt = false, now
	}
	return due
}

// look writes down what all alerts are, for what is judged by others.
func (d *desk) look(e *Engine, b *boards) {
	d.mu.Lock()
	graph := d.graph
	d.mu.Unlock()
	now := e.survey(graph)
	b.put(now)
	d.mu.Lock()
	defer d.mu.Unlock()
	if graph == d.graph { // else the next look is right
		d.board = now
	}
}

// poke has open episodes looked at soon.
func (d *desk) poke() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.poked = true
}

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
	c := d.caseLocked(u, *r, at)
	plan := d.policy.Plan(c, at)
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
			Message: m, Addresses: d.addressesLocked(t.Contacts), Group: d.groupLocked(c.Labels),
		})
	}
}

func (d *desk) forget(id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.behind, id)
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

// holdsLocked are the reasons why nobody new is told of an alert.
func (d *desk) holdsLocked(u *unit, r ledger.Record, labels map[string]string, at time.Time) (all []policy.Hold) {
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

// matchable are the labels of an alert that matchers look at.
func matchable(u *unit, r ledger.Record) map[string]string {
	all := maps.Clone(r.Labels)
	if all == nil {
		all = map[string]string{}
	}
	all[match.Name], all[match.Class], all[match.Severity] = u.name, string(u.class), string(u.shownHard(r))
	return all
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

// reconcile tells what time has brought: it plans every open episode anew.
func (e *Engine) reconcile(ctx context.Context, now time.Time) {
	e.desk.look(e, e.boards)
	for _, u := range e.current() {
		e.replan(ctx, u, now)
	}
	if err := e.replanPassive(ctx, now); err != nil {
		e.notStored("passive checks", err)
	}
}

func (e *Engine) replan(ctx context.Context, u *unit, now time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.gone {
		return
	}
	var decisions []decision
	for _, id := range slices.Sorted(maps.Keys(u.records)) {
		d := decision{step: ledger.Step{Record: u.records[id]}}
		if e.desk.plan(u, &d, now); d.keep {
			decisions = append(decisions, d)
		}
	}
	if len(decisions) > 0 {
		e.storeLocked(ctx, u, decisions)
	}
}

func (e *Engine) replanPassive(ctx context.Context, now time.Time) error {
	p := e.passive
	p.mu.Lock()
	defer p.mu.Unlock()
	var moves []move
	for _, id := range slices.Sorted(maps.Keys(p.checks)) {
		c := p.checks[id]
		m := move{c, decision{step: ledger.Step{Record: c.records[id]}}}
		if e.desk.plan(&c.unit, &m.decision, now); m.keep {
			moves = append(moves, m)
		}
	}
	return e.commitMovesLocked(ctx, moves)
}

func (e *Engine) notStored(what string, err error) {
	e.metrics.commitErrors.Inc()
	e.cfg.Logger.Error("alerting: state not stored", "unit", what, "err", err)
}

// shownHard is the severity of an alert's trouble, also while nothing is seen of it.
func (u *unit) shownHard(r ledger.Record) metric.Severity {
	if r.Severity != "" && r.Severity != metric.OK {
		return r.Severity
	}
	return u.severity
}

func (c Config) validatePolicy() error {
	errs := []error{c.Acknowledge.Validate("acknowledge"), c.validateServices(), depend.Validate("dependencies", c.Dependencies, c.names())}
	known := policy.Names{}
	for _, k := range c.Contacts {
		known.Contacts = append(known.Contacts, k.Name)
	}
	for i, r := range c.Routes {
		errs = append(errs, r.Validate(fmt.Sprintf("routes[%d]", i), known))
	}
	if c.DependencyWait < 0 || c.DependencyWait > 10*time.Minute {
		errs = append(errs, fmt.Errorf("dependency_wait: %v is not between 0s and 10m", c.DependencyWait))
	}
	g := c.Grouping
	if g.Wait < 0 || g.Wait > time.Hour {
		errs = append(errs, fmt.Errorf("grouping.wait: %v is not between 0s and 1h", g.Wait))
	}
	if g.MaxWait < 0 || g.MaxWait > 24*time.Hour {
		errs = append(errs, fmt.Errorf("grouping.max_wait: %v is not between 0s and 24h", g.MaxWait))
	}
	if g.Storm < 0 {
		errs = append(errs, fmt.Errorf("grouping.storm: %d is negative", g.Storm))
	}
	return errors.Join(errs...)
}

func (c Config) validateServices() error {
	contacts, seen := names{}, names{}
	for _, k := range c.Contacts {
		contacts[k.Name] = true
	}
	var errs []error
	for i, k := range c.Services {
		path := fmt.Sprintf("services[%d]", i)
		of := common{path, k.Name, metric.Critical, k.Labels, k.Contacts}
		errs = append(errs, of.validate(seen, contacts), k.Validate(path))
	}
	return errors.Join(errs...)
}

// names are those of all that has alerts.
func (c Config) names() (all []string) {
	for _, k := range c.Checks {
		all = append(all, k.Name)
	}
	for _, k := range c.Rules {
		all = append(all, k.Name)
	}
	for _, k := range c.Services {
		all = append(all, k.Name)
	}
	return all
}
