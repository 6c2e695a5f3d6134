package alerting

import (
	"slices"
	"time"

	"plimsoll/alerting/handler"
	"plimsoll/internal/orders"
)

const (
	// presentFor is how long an agent that does not ask counts as there: the pause
	// between two of its requests is shorter.
	presentFor = 15 * time.Second
	// maxAgents bounds the agents that are remembered; of further ones nobody knows
	// that they are there.
	maxAgents = 10_000
)

// present is an agent that fetches orders.
type present struct {
	handlers []string
	asking   int       // requests that wait now
	left     time.Time // when the last of them ended
}

// enter notes that an agent asks, until the function that it returns is called.
func (h *handling) enter(a orders.Ask, clock func() time.Time) (leave func()) {
	now := clock()
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.agents[a.Instance]
	if p == nil {
		if h.forgetLocked(now); len(h.agents) >= maxAgents {
			return func() {}
		}
		p = &present{}
		h.agents[a.Instance] = p
	}
	p.handlers = a.Handlers
	p.asking++
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		p.asking--
		p.left = clock()
	}
}

// forgetLocked makes room for an agent.
func (h *handling) forgetLocked(now time.Time) {
	if len(h.agents) < maxAgents {
		return
	}
	for instance, p := range h.agents {
		if p.asking == 0 && now.Sub(p.left).Abs() > presentFor {
			delete(h.agents, instance)
		}
	}
}

// served reports whether an agent is there that takes an order.
func (h *handling) served(o handler.Order, now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.agents[o.Instance]
	return p != nil && (p.asking > 0 || now.Sub(p.left).Abs() <= presentFor) && slices.Contains(p.handlers, o.Name)
}
