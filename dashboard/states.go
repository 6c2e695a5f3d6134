package dashboard

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"plimsoll/internal/metric"
)

const (
	// alertsEvery bounds how often a burst of changes is sent.
	alertsEvery = 100 * time.Millisecond
	// seenEvery is how often hosts are sent of which only LastSeen moved on.
	seenEvery = 10 * time.Second
)

// The states that clients are kept up to date of.
const (
	alertsState = iota
	hostsState
	stateCount
)

// watchAlerts sends the alerts at every change, until ctx ends.
func (h *hub) watchAlerts(ctx context.Context) {
	for {
		changed := h.cfg.Alerting.Changed() // before Alerts: no change falls between
		h.publishAlerts()
		select {
		case <-ctx.Done():
			return
		case <-changed:
		}
		pause := time.NewTimer(alertsEvery)
		select {
		case <-ctx.Done():
			pause.Stop()
			return
		case <-pause.C:
		}
	}
}

func (h *hub) publishAlerts() {
	h.publishState(alertsState, h.frame("alerts", shownAlerts(h.cfg.Alerting.Alerts())))
}

// publishHosts sends the hosts when one came, went, or changed its state, and
// otherwise now and then, for the time they were last seen.
func (h *hub) publishHosts(now time.Time) {
	hosts := h.cfg.Hosts()
	moved := h.shownAt.IsZero() || !slices.EqualFunc(hosts, h.shown, sameHost)
	old := now.Sub(h.shownAt) >= seenEvery && !slices.Equal(hosts, h.shown)
	if !moved && !old {
		return
	}
	h.shown, h.shownAt = slices.Clone(hosts), now
	h.publishState(hostsState, h.frame("hosts", list(hosts)))
}

// publishState replaces the frame of one state, for all clients and those to come.
func (h *hub) publishState(kind int, frame []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if frame == nil {
		return
	}
	h.states[kind] = frame
	for c := range h.clients {
		c.box.putState(kind, frame)
	}
}

// sameHost reports whether a and b differ at most in when they were seen.
func sameHost(a, b metric.Host) bool {
	a.LastSeen, b.LastSeen = time.Time{}, time.Time{}
	return a == b
}

// frame encodes {"type":kind,kind:v}. What cannot be encoded is reported and
// leaves the clients with what they have.
func (h *hub) frame(kind string, v any) []byte {
	body, err := json.Marshal(v)
	if err != nil {
		h.cfg.Report(fmt.Errorf("encode live %s: %w", kind, err))
		return nil
	}
	return fmt.Appendf(nil, `{"type":%q,%q:%s}`, kind, kind, body)
}
