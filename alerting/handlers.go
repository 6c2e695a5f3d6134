package alerting

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"plimsoll/alerting/handler"
	"plimsoll/alerting/ledger"
)

// handling knows the orders of event handlers and who fetches them. The ledger
// is what holds: this is a copy of it, of what is open or counts in a budget.
type handling struct {
	rung bell // when an order is queued

	mu     sync.Mutex // guards what follows; taken after a unit's, and never while the ledger works
	limits handler.Limits
	orders map[string]handler.Order // by ID
	// reserved are orders of decisions that are not stored yet.
	reserved map[string]handler.Order
	// doubtful says that the ledger may know better: a write failed.
	doubtful bool
	agents   map[string]*present // by instance
}

func newHandling() handling {
	return handling{
		rung: newBell(), orders: map[string]handler.Order{}, reserved: map[string]handler.Order{}, agents: map[string]*present{},
	}
}

func (h *handling) configure(l handler.Limits) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.limits = l
}

// load takes over what the ledger has.
func (h *handling) load(all []handler.Order) {
	h.mu.Lock()
	defer h.mu.Unlock()
	clear(h.orders)
	for _, o := range all {
		h.orders[o.ID] = o
	}
	h.doubtful = false
}

// forget drops the orders that count in no budget any more.
func (h *handling) forget(now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	maps.DeleteFunc(h.orders, func(_ string, o handler.Order) bool {
		return !o.Open() && now.Sub(o.Queued).Abs() > handler.MaxWithin
	})
}

// doubt has the ledger read again.
func (h *handling) doubt() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.doubtful = true
}

// put takes over how an order is now.
func (h *handling) put(o handler.Order) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.orders[o.ID] = o
}

func (h *handling) get(id string) (handler.Order, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	o, is := h.orders[id]
	if !is {
		o, is = h.reserved[id]
	}
	return o, is
}

// open lists the orders that something is still to come of, oldest first.
func (h *handling) open() []handler.Order {
	h.mu.Lock()
	defer h.mu.Unlock()
	var open []handler.Order
	for _, o := range h.orders {
		if o.Open() {
			open = append(open, o)
		}
	}
	slices.SortFunc(open, func(a, b handler.Order) int { return a.Queued.Compare(b.Queued) })
	return open
}

// reserve decides about an order and keeps its place in the budgets until settle.
func (h *handling) reserve(o handler.Order) (handler.Verdict, string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	before := append(slices.Collect(maps.Values(h.orders)), slices.Collect(maps.Values(h.reserved))...)
	verdict, why := handler.Decide(o, before, h.limits, o.Queued)
	if verdict == handler.Run {
		h.reserved[o.ID] = o
	}
	return verdict, why
}

// concluded has what steps say of handlers hold: the ledger took them, or not.
func (e *Engine) concluded(steps []ledger.Step, stored bool) {
	e.handling.settle(steps, stored)
	for _, s := range steps {
		if !stored {
			return
		}
		if s.Happening != nil {
			e.told.ring()
		}
		if try := s.Record.Handler; try != nil && try.Order == "" && len(s.Lines) > 0 {
			e.metrics.orders.WithLabelValues(try.Name, "not_tried").Inc()
		}
	}
}

// settle ends the reservations of steps: the ledger has them, or they never were.
func (h *handling) settle(steps []ledger.Step, stored bool) {
	ordered := false
	h.mu.Lock()
	for _, s := range steps {
		if s.Order == nil {
			continue
		}
		delete(h.reserved, s.Order.ID)
		if stored {
			h.orders[s.Order.ID], ordered = *s.Order, true
		} else {
			h.doubtful = true // it may be there
		}
	}
	h.mu.Unlock()
	if ordered {
		h.rung.ring()
	}
}

// equip gives units what they need for handlers.
func (e *Engine) equip(units []*unit) {
	for _, u := range units {
		u.handling, u.desk = &e.handling, e.desk
	}
}

// loadOrders reads the orders from the ledger.
func (e *Engine) loadOrders(ctx context.Context, now time.Time) error {
	all, err := e.ledger.Orders(ctx, now.Add(-handler.MaxWithin))
	if err == nil {
		e.handling.load(all)
	}
	return err
}
