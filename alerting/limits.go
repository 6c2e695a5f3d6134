package alerting

import (
	"strings"
	"time"

	"plimsoll/alerting/ledger"
	"plimsoll/alerting/notify"
)

// limits are the bounds that a configuration sets to the engine's work.
type limits struct {
	giveUp      time.Duration // how long a message is tried
	fallOver    time.Duration // how long a message waits until a route is dead
	fallbacks   map[string][]ledger.Address
	owners      map[string]string // contacts by those of their routes that name an address
	historyAge  time.Duration
	historyRows int
	events      Events
	// One slot for each look under way. Checks have their own, so that a
	// store that does not answer the rules leaves them alone.
	checkSlots, ruleSlots chan struct{}
}

// limitsOf returns the limits of c, which follow old. Looks under way keep the
// slots they took: while they last, a new number of slots comes on top of them.
func limitsOf(c Config, old limits) limits {
	next := limits{
		giveUp: c.GiveUpAfter, fallOver: c.FallOverAfter, fallbacks: fallbacksOf(c.Contacts), owners: ownersOf(c.Contacts),
		historyAge: c.HistoryAge, historyRows: c.HistoryRows, events: c.Events,
		checkSlots: old.checkSlots, ruleSlots: old.ruleSlots,
	}
	if cap(old.checkSlots) != c.Concurrency {
		next.checkSlots = make(chan struct{}, c.Concurrency)
		next.ruleSlots = make(chan struct{}, c.Concurrency)
	}
	return next
}

// ownersOf finds who has an address. Routes that name none, as those of webhooks,
// say nothing about where they lead.
func ownersOf(contacts []notify.Contact) map[string]string {
	owners := map[string]string{}
	for _, c := range contacts {
		for _, route := range c.Routes() {
			if _, taken := owners[route]; !taken && strings.Contains(route, ":") {
				owners[route] = c.Name
			}
		}
	}
	return owners
}

// bounds returns the limits of the moment.
func (e *Engine) bounds() limits {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.limits
}
