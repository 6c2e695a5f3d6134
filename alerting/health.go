package alerting

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"plimsoll/alerting/ledger"
	"plimsoll/alerting/notify"
	"plimsoll/internal/metric"
)

// health knows the routes that take no messages: what went over them last was
// refused for good, or has waited for longer than fall_over_after.
type health struct {
	mu   sync.Mutex // guards dead
	dead map[ledger.Address]bool
}

func newHealth() health { return health{dead: map[ledger.Address]bool{}} }

// forget lets what is sent next tell how routes are.
func (h *health) forget() {
	h.mu.Lock()
	defer h.mu.Unlock()
	clear(h.dead)
}

// turn sets whether a route is dead, and reports whether that is news, and
// whether any route of its channel is dead now.
func (h *health) turn(to ledger.Address, dead bool) (news, channelDead bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	news = h.dead[to] != dead
	delete(h.dead, to)
	if dead {
		h.dead[to] = true
	}
	for other := range h.dead {
		channelDead = channelDead || other.Contact == to.Contact && channelOf(other) == channelOf(to)
	}
	return news, channelDead
}

func channelOf(to ledger.Address) string {
	channel, _, _ := strings.Cut(to.Route, ":")
	return channel
}

// reached notes that a route took a message, or with an error that it is dead.
// The news are an event, and a metric that a default rule looks at.
func (e *Engine) reached(to ledger.Address, at time.Time, err error) {
	news, channelDead := e.health.turn(to, err != nil)
	value := 0.0
	if channelDead {
		value = 1
	}
	e.metrics.unreached.WithLabelValues(to.Contact, channelOf(to)).Set(value)
	if !news {
		return
	}
	told := metric.Event{
		At: at, Title: fmt.Sprintf("contact %s is reached again by %s", to.Contact, channelOf(to)), Source: "plimsoll",
		Type: "success", Labels: map[string]string{"contact": to.Contact, "route": to.Route},
	}
	if err != nil {
		told.Title, told.Text, told.Type = fmt.Sprintf("contact %s is not reached by %s", to.Contact, channelOf(to)), err.Error(), "error"
		e.cfg.Logger.Error("alerting: contact is not reached", "contact", to.Contact, "route", to.Route, "err", err)
	}
	if err := e.PutEvent(context.Background(), told); err != nil {
		e.cfg.Logger.Error("alerting: event of a contact not kept", "contact", to.Contact, "err", err)
	}
}

// pastHelp reports whether an error of a route says that it is dead, of a
// message that waits since an instant.
func (e *Engine) pastHelp(d ledger.Delivery, at time.Time, err error) bool {
	return errors.Is(err, notify.ErrFinal) || at.Sub(d.Queued) >= e.bounds().fallOver
}

// fallOver lets the fallback of a dead route's contact be told what waits there.
func (e *Engine) fallOver(ctx context.Context, d ledger.Delivery, at time.Time, givenUp bool) error {
	bounds := e.bounds()
	others := bounds.fallbacks[d.To.Contact]
	if len(others) == 0 {
		return nil
	}
	if !givenUp {
		d.ID = 0
	}
	return e.store.FallOver(ctx, d, at.Add(-bounds.fallOver), at, others)
}

// fallbacksOf resolves the contacts that stand in for others.
func fallbacksOf(contacts []notify.Contact) map[string][]ledger.Address {
	out := map[string][]ledger.Address{}
	for _, c := range contacts {
		if c.Fallback != "" {
			out[c.Name] = addressesOf([]string{c.Fallback}, contacts)
		}
	}
	return out
}
