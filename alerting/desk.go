package alerting

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"plimsoll/alerting/depend"
	"plimsoll/alerting/hold"
	"plimsoll/alerting/ledger"
	"plimsoll/alerting/period"
	"plimsoll/alerting/policy"
	"plimsoll/alerting/rota"
)

// desk decides who is told of what: the policy, and what people decided
// meanwhile.
type desk struct {
	ledger *ledger.Ledger

	mu sync.Mutex // guards what follows; taken after a unit's
	book
	board   *board
	started time.Time
	// behind are the alerts of what could not be reached, and when that was last
	// so: what they say may be as old as that.
	behind    map[string]time.Time
	overrides map[int64]rota.Override
	holds     map[int64]hold.Hold // that people asked for, but for those that are over
	planned   []hold.Hold         // of the configuration
	triggers  map[int64]trigger
	active    []hold.Hold // of both, at activeAt
	flexible  []int64     // of holds, those that begin with a problem
	activeAt  time.Time
	poked     bool
	lookedAt  time.Time
}

// book is what a configuration says. It does not change.
type book struct {
	given     Config
	policy    *policy.Policy
	graph     *depend.Graph
	addresses map[string][]ledger.Address // by contact
	periods   map[string]*period.Period
	rotas     map[string]*rota.Rota
	during    map[string]*period.Period // of contacts that are told only then
}

func openDesk(l *ledger.Ledger, c Config) (*desk, error) {
	d := &desk{ledger: l, board: &board{}, started: instant(c.Clock()), behind: map[string]time.Time{}}
	var err error
	if d.overrides, err = ledger.Entries[rota.Override](context.Background(), l, overrideEntry); err != nil {
		return nil, err
	}
	for id, o := range d.overrides {
		o.ID = id
		d.overrides[id] = o
	}
	if err := d.openHolds(context.Background()); err != nil {
		return nil, err
	}
	take, err := d.prepare(c)
	if err != nil {
		return nil, err
	}
	take()
	return d, nil
}

// prepare makes what a configuration says, and returns what takes it over.
func (d *desk) prepare(c Config) (take func(), err error) {
	b := book{
		given: c, addresses: map[string][]ledger.Address{},
		periods: map[string]*period.Period{}, rotas: map[string]*rota.Rota{}, during: map[string]*period.Period{},
	}
	for _, k := range c.Periods {
		if b.periods[k.Name], err = period.New(k); err != nil {
			return nil, fmt.Errorf("period %s: %w", k.Name, err)
		}
	}
	for _, k := range c.Rotas {
		if b.rotas[k.Name], err = rota.New(k); err != nil {
			return nil, fmt.Errorf("rota %s: %w", k.Name, err)
		}
	}
	var contacts []string
	for _, k := range c.Contacts {
		contacts = append(contacts, k.Name)
		b.addresses[k.Name] = addressesOf([]string{k.Name}, c.Contacts)
		b.during[k.Name] = b.periods[k.During]
	}
	if b.policy, err = policy.New(c.Routes, contacts, d.resolver()); err != nil {
		return nil, err
	}
	if b.graph, err = depend.New(c.Dependencies); err != nil {
		return nil, err
	}
	if _, err := plannedOf(c, nil); err != nil {
		return nil, err
	}
	return func() { d.take(b) }, nil
}

func (d *desk) take(b book) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.book = b
	d.planned, _ = plannedOf(b.given, d.triggers) // prepare has looked at them
	d.changedLocked()
	now := *d.board // until all alerts are looked at again
	now.reach = b.graph.Judge(nil)
	d.board = &now
}

// resolver answers what the policy asks while the mutex is held.
func (d *desk) resolver() policy.Resolver {
	return policy.Resolver{
		OnCall: func(name string, at time.Time) (string, bool) {
			r := d.rotas[name]
			if r == nil {
				return "", false
			}
			return r.On(at, slices.Collect(maps.Values(d.overrides))), true
		},
		Within: func(name string, at time.Time) bool {
			p := d.periods[name]
			return p == nil || p.Contains(at)
		},
		Reachable: func(contact string, at time.Time) bool {
			p := d.during[contact]
			return p == nil || p.Contains(at)
		},
	}
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
