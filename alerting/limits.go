package alerting

import (
	"time"

	"plimsoll/alerting/ledger"
)

// limits are the bounds that a configuration sets to the engine's work.
type limits struct {
	giveUp      time.Duration // how long a message is tried
	fallOver    time.Duration // how long a message waits until a route is dead
	fallbacks   map[string][]ledger.Address
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
		giveUp: c.GiveUpAfter, fallOver: c.FallOverAfter, fallbacks: fallbacksOf(c.Contacts),
		historyAge: c.HistoryAge, historyRows: c.HistoryRows, events: c.Events,
		checkSlots: old.checkSlots, ruleSlots: old.ruleSlots,
	}
	if cap(old.checkSlots) != c.Concurrency {
		next.checkSlots = make(chan struct{}, c.Concurrency)
		next.ruleSlots = make(chan struct{}, c.Concurrency)
	}
	return next
}

// bounds returns the limits of the moment.
func (e *Engine) bounds() limits {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.limits
}
