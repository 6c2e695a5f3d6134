package alerting

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"plimsoll/alerting/handler"
	"plimsoll/alerting/ledger"
	"plimsoll/alerting/state"
	"plimsoll/internal/metric"
	"plimsoll/internal/orders"
)

const (
	// noAgentAfter is how long an order waits for an agent that takes it, and
	// settleIn the time after a start in which all agents come back.
	noAgentAfter = 2 * time.Second
	settleIn     = 30 * time.Second
)

// fitting lists what may be given to who asks, oldest first: what nobody has, and
// what was given to the same process and did not arrive.
func (h *handling) fitting(a orders.Ask) []handler.Order {
	return slices.DeleteFunc(h.open(), func(o handler.Order) bool {
		lost := o.Status == handler.Handed && o.Process == a.Process && !slices.Contains(a.Have, o.ID)
		return o.Instance != a.Instance || !slices.Contains(a.Handlers, o.Name) || o.Status != handler.Queued && !lost
	})
}

// Take implements orders.Desk: it gives out the orders of who asks, one at a time.
func (e *Engine) Take(ctx context.Context, a orders.Ask) (orders.Order, bool, error) {
	h := &e.handling
	defer h.enter(a, e.cfg.Clock)()
	for {
		rung := h.rung.wait()
		o, is, err := e.handOut(ctx, a, instant(e.cfg.Clock()))
		if is || err != nil {
			return o, is, err
		}
		select {
		case <-ctx.Done():
			return orders.Order{}, false, nil
		case <-rung:
		}
	}
}

// handOut binds the first order that fits to who asks, and then gives it to him.
func (e *Engine) handOut(ctx context.Context, a orders.Ask, now time.Time) (orders.Order, bool, error) {
	h := &e.handling
	for _, o := range h.fitting(a) {
		left := o.Left(now, h.answerWithin())
		if left <= 0 || !e.wanted(o, now) { // settleOrders ends it
			continue
		}
		if o.Status == handler.Queued {
			was, err := e.orders.HandOrder(context.WithoutCancel(ctx), o.ID, a.Process, now)
			if err != nil || !was {
				h.doubt()
				if err != nil {
					return orders.Order{}, false, err
				}
				continue
			}
			o.Status, o.Handed, o.Process = handler.Handed, now, a.Process
			h.put(o)
		}
		return orders.Order{ID: o.ID, Name: o.Name, Alert: o.Alert, TTL: left}, true, nil
	}
	return orders.Order{}, false, nil
}

func (h *handling) answerWithin() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.limits.AnswerWithin
}

// wanted reports whether the trouble for which o was ordered goes on, and nobody
// sees to it.
func (e *Engine) wanted(o handler.Order, now time.Time) bool {
	u, r := e.alertOf(o.Alert)
	return u != nil && r.Handler != nil && r.Handler.Order == o.ID && r.State.Phase != state.OK && u.handler != nil && !u.held(r, r.Labels, now)
}

// alertOf returns the check or rule of an alert, nil if there is none, and how the
// alert is.
func (e *Engine) alertOf(id string) (*unit, ledger.Record) {
	for _, u := range e.current() {
		if id != u.key && !strings.HasPrefix(id, u.key+"/") {
			continue
		}
		u.mu.Lock()
		r, is := u.records[id]
		u.mu.Unlock()
		if is {
			return u, r
		}
	}
	return nil, ledger.Record{}
}

// Answer implements orders.Desk. An answer that was given before is taken again,
// and changes nothing.
func (e *Engine) Answer(ctx context.Context, a orders.Answer) error {
	o, is := e.handling.get(a.ID)
	if !is || o.Instance != a.Instance {
		return orders.ErrUnknown
	}
	if o.Process != a.Process || o.Process == "" || o.Status == handler.Expired {
		return orders.ErrClosed
	}
	if !o.Open() {
		return nil
	}
	o.Status, o.ExitCode, o.Why, o.Output = handler.Status(a.Status), a.ExitCode, printable(a.Why), a.Output
	return e.endOrder(ctx, o, instant(e.cfg.Clock()))
}

// printable is what an agent says, as a line of text.
func printable(s string) string {
	return clip(strings.Join(strings.Fields(s), " "), orders.MaxWhy)
}

// endOrder stores what came of an order, and then says so.
func (e *Engine) endOrder(ctx context.Context, o handler.Order, now time.Time) error {
	o.Ended = now
	line := metric.AlertEvent{At: now, AlertID: o.Alert, Name: o.Alert, Kind: "handler", Summary: o.String()}
	if u, r := e.alertOf(o.Alert); u != nil {
		line.Name, line.Labels = u.name, r.Labels
	}
	if last := lastLine(o.Output); last != "" {
		line.Summary += fmt.Sprintf(" (%s)", last)
	}
	was, err := e.orders.EndOrder(context.WithoutCancel(ctx), o, line)
	if err != nil || !was {
		e.handling.doubt()
		return err
	}
	e.handling.put(o)
	e.metrics.orders.WithLabelValues(o.Name, string(o.Status)).Inc()
	e.broadcast()
	return nil
}

// lastLine is the last line of an output that says something.
func lastLine(output string) string {
	return clip(printable(output[strings.LastIndexByte(strings.TrimSpace(output), '\n')+1:]), maxWord)
}

// settleOrders ends the orders that nothing will come of any more. One goroutine
// at a time may call it.
func (e *Engine) settleOrders(ctx context.Context, now time.Time) {
	h := &e.handling
	h.mu.Lock()
	doubtful := h.doubtful
	h.mu.Unlock()
	if doubtful {
		if err := e.loadOrders(ctx, now); err != nil {
			return // the ledger will be back, or all else fails too
		}
	}
	for _, o := range h.open() {
		switch left := o.Left(now, h.answerWithin()); {
		case left <= 0:
			o.Status = handler.Expired
		case o.Status == handler.Queued && !e.wanted(o, now):
			o.Status, o.Why = handler.Refused, "the trouble ended, or somebody took care of it, before it was fetched"
		case o.Status == handler.Queued && e.alone(o, now):
			o.Status, o.Why = handler.Refused, fmt.Sprintf("no agent takes %s for %s", o.Name, o.Instance)
		default:
			continue
		}
		if err := e.endOrder(ctx, o, now); err != nil {
			e.metrics.commitErrors.Inc()
			e.cfg.Logger.Error("alerting: the end of an order is not stored yet", "err", err)
			return
		}
	}
}

// alone reports whether nobody will fetch o.
func (e *Engine) alone(o handler.Order, now time.Time) bool {
	patience := noAgentAfter
	if now.Sub(e.started) < settleIn {
		patience = settleIn
	}
	return now.Sub(o.Queued) >= patience && !e.handling.served(o, now)
}
