package alerting

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/alerting/check"
	"plimsoll/alerting/ledger"
	"plimsoll/alerting/notify"
)

// staleDue lets something happen between the reading of the outbox and the use
// of what was read.
type staleDue struct {
	store
	meanwhile func([]ledger.Delivery)
}

func (s *staleDue) Due(ctx context.Context, now time.Time, f func(ledger.Address) ledger.Folding) ([]ledger.Delivery, error) {
	due, err := s.store.Due(ctx, now, f)
	s.meanwhile(due)
	return due, err
}

// gated is a contact that takes nothing until its gate is open.
type gated struct {
	transport
	gate chan struct{}
}

func (g gated) Send(ctx context.Context, route string, m notify.Message) error {
	select {
	case <-g.gate:
		return g.transport.Send(ctx, route, m)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// TestLandedMeanwhileIsNotSentAgain: a message is taken over and noted after the
// outbox was read, in which it still stands as queued.
func TestLandedMeanwhileIsNotSentAgain(t *testing.T) {
	w := newWorld()
	c := Default()
	c.DefaultRules = false
	c.Checks = []check.Config{tcpCheck("web")}
	c.Contacts = []notify.Contact{hook("ops")}
	e := w.open(t, t.TempDir(), c)
	defer e.Close()
	gate := make(chan struct{})
	e.senders["ops"] = gated{mailer{w, "ops"}, gate}
	w.up = false
	for i := range 2 {
		e.tick(t.Context(), epoch.Add(time.Duration(i)*time.Second))
		e.looks.Wait()
	}
	e.dispatch(t.Context(), epoch.Add(2*time.Second)) // under way; the other side is slow
	e.store = &staleDue{store: e.store, meanwhile: func(due []ledger.Delivery) {
		if len(due) != 1 {
			t.Errorf("%d messages are due, want 1", len(due))
		}
		close(gate)
		e.sends.Wait()
	}}
	e.dispatch(t.Context(), epoch.Add(3*time.Second))
	e.sends.Wait()
	if diff := cmp.Diff([]string{"ops problem web"}, w.take()); diff != "" {
		t.Error(diff)
	}
}

// regrouped is an outbox whose rows are grouped otherwise at each look, as when a
// storm begins, and that binds nothing before its gate is open.
type regrouped struct {
	store
	due  [][]ledger.Delivery
	gate chan struct{}
}

func (r *regrouped) Due(context.Context, time.Time, func(ledger.Address) ledger.Folding) ([]ledger.Delivery, error) {
	next := r.due[0]
	r.due = r.due[1:]
	return next, nil
}

func (r *regrouped) Bind(context.Context, ledger.Delivery, time.Time) error {
	<-r.gate
	return nil
}

// TestRowsGoInOneMessage: rows that are still being bound to one message are not
// put into another.
func TestRowsGoInOneMessage(t *testing.T) {
	w := newWorld()
	c := Default()
	c.DefaultRules = false
	c.Contacts = []notify.Contact{hook("ops")}
	e := w.open(t, t.TempDir(), c)
	defer e.Close()
	message := func(rows ...int64) ledger.Delivery {
		d := ledger.Delivery{ID: rows[0], To: ledger.Address{Contact: "ops", Route: "webhook"}, Queued: epoch}
		for _, row := range rows {
			d.Parts = append(d.Parts, ledger.Part{Row: row})
		}
		return d
	}
	r := &regrouped{store: e.store, gate: make(chan struct{})}
	r.due = [][]ledger.Delivery{{message(5, 6)}, {message(3, 5, 6)}, {message(3)}}
	e.store = r
	e.dispatch(t.Context(), epoch)
	e.dispatch(t.Context(), epoch)
	close(r.gate)
	e.sends.Wait()
	if got := w.take(); len(got) != 1 {
		t.Errorf("%d messages, want that of the first two rows: %q", len(got), got)
	}
	e.dispatch(t.Context(), epoch)
	e.sends.Wait()
	if got := w.take(); len(got) != 1 {
		t.Errorf("%d messages, want that of the third row: %q", len(got), got)
	}
}
