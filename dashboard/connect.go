package dashboard

import (
	"net/http"
	"slices"
)

// ServeHTTP opens a websocket and serves it until either side closes it.
func (h *hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !h.room() {
		writeError(w, http.StatusServiceUnavailable, "unavailable", "too many live connections, or the server is going away")
		return
	}
	conn, err := h.upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // Upgrade has answered
	}
	c := newClient(conn, h)
	if !h.register(c) {
		c.goAway()
		_ = conn.Close()
		return
	}
	defer h.unregister(c)
	c.read()
	_ = conn.Close()
}

// room reports whether another client is welcome.
func (h *hub) room() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return !h.closed && len(h.clients) < h.cfg.Limits.LiveConnections
}

// register takes c in, gives it the present states, and starts its writer.
func (h *hub) register(c *client) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed || len(h.clients) >= h.cfg.Limits.LiveConnections {
		return false
	}
	h.clients[c] = struct{}{}
	h.gauges.liveConns.Set(float64(len(h.clients)))
	for kind, frame := range h.states {
		c.box.putState(kind, frame)
	}
	h.writers.Go(c.write)
	return true
}

func (h *hub) unregister(c *client) {
	h.mu.Lock()
	delete(h.clients, c)
	h.gauges.liveConns.Set(float64(len(h.clients)))
	h.mu.Unlock()
	h.subscribe(c, nil)
	c.box.close()
}

// subscribe replaces what c asks for. It returns the ids that there was no room
// for.
func (h *hub) subscribe(c *client, wanted []subscription) (refused []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	old := c.box.wanted()
	kept := make([]subscription, 0, len(wanted))
	for _, s := range wanted {
		e := h.exprs[s.Expr]
		if e == nil && len(h.exprs) >= h.cfg.Limits.LiveExpressions {
			refused = append(refused, s.ID)
			continue
		}
		if e == nil {
			e = &expression{text: s.Expr}
			h.exprs[s.Expr] = e
		}
		e.users++
		kept = append(kept, s)
	}
	for _, s := range old {
		if e := h.exprs[s.Expr]; e.users > 1 {
			e.users--
		} else {
			delete(h.exprs, s.Expr)
		}
	}
	h.gauges.liveExprs.Set(float64(len(h.exprs)))
	c.box.want(slices.Clip(kept))
	return refused
}
