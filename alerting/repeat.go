package alerting

import (
	"context"
	"sync"
	"time"

	"plimsoll/alerting/ledger"
	"plimsoll/alerting/notify"
)

// repeater is a transport that must be told again of what stands, each so often;
// 0: never.
type repeater interface {
	RepeatEvery() time.Duration
	Repeat(ctx context.Context, standing func(route string) ([]notify.Message, error)) error
}

// repeats knows when contacts were last told again.
type repeats struct {
	mu   sync.Mutex // guards what follows
	last map[string]time.Time
	busy map[string]bool
}

func newRepeats() repeats {
	return repeats{last: map[string]time.Time{}, busy: map[string]bool{}}
}

// claim reports whether it is a contact's turn; then nobody else has it until done.
func (r *repeats) claim(contact string, every time.Duration, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if every == 0 || r.busy[contact] || now.Sub(r.last[contact]).Abs() < every {
		return false
	}
	r.last[contact], r.busy[contact] = now, true
	return true
}

func (r *repeats) done(contact string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.busy, contact)
}

// repeat tells again of what stands where that is due. It does not wait.
func (e *Engine) repeat(ctx context.Context, now time.Time) {
	e.mu.RLock()
	senders := e.senders
	e.mu.RUnlock()
	for contact, s := range senders {
		r, is := s.(repeater)
		if !is || !e.repeats.claim(contact, r.RepeatEvery(), now) {
			continue
		}
		e.sends.Go(func() { // Run waits for it
			defer e.repeats.done(contact)
			err := r.Repeat(ctx, func(route string) ([]notify.Message, error) {
				return e.ledger.Standing(ctx, ledger.Address{Contact: contact, Route: route})
			})
			if err != nil && ctx.Err() == nil {
				e.metrics.repeatErrors.WithLabelValues(contact).Inc()
				e.cfg.Logger.Warn("alerting: what is active was not repeated", "contact", contact, "err", err)
			}
		})
	}
}
