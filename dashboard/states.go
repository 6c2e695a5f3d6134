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
	// eventsEvery bounds how often new events are sent, newEvents how many.
	eventsEvery = time.Second
	newEvents   = 20
	// seenEvery is how often hosts are sent of which only LastSeen moved on.
	seenEvery = 10 * time.Second
)

// The states that clients are kept up to date of.
const (
	alertsState = iota
	hostsState
	eventsState
	stateCount
)

// watchAlerts sends the alerts at every change, until ctx ends.
func (h *hub) watchAlerts(ctx context.Context) {
	follow(ctx, h.cfg.Alerting.Changed, alertsEvery, h.publishAlerts)
}

// watchEvents sends the newest events when there are more, until ctx ends.
func (h *hub) watchEvents(ctx context.Context) {
	follow(ctx, h.cfg.Alerting.Told, eventsEvery, func() { h.publishEvents(ctx) })
}

// follow publishes now and after every change, of a burst of them each every,
// until ctx ends.
func follow(ctx context.Context, changes func() <-chan struct{}, every time.Duration, publish func()) {
	for {
		changed := changes() // before publish: no change falls between
		publish()
		select {
		case <-ctx.Done():
			return
		case <-changed:
		}
		pause := time.NewTimer(every)
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

// publishEvents sends the newest events; whoever wants more asks for a range.
func (h *hub) publishEvents(ctx context.Context) {
	sel := metric.Selection{End: h.cfg.Now().Add(eventsAhead), Limit: newEvents}
	events, err := h.cfg.Alerting.Events(ctx, sel)
	if err != nil {
		if ctx.Err() == nil {
			h.cfg.Report(fmt.Errorf("live events: %w", err))
		}
		return
	}
	h.publishState(eventsState, h.frame("events", list(events)))
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
