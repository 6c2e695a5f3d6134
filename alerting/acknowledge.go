package alerting

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"plimsoll/alerting/ledger"
	"plimsoll/alerting/link"
	"plimsoll/alerting/policy"
	"plimsoll/internal/metric"
)

// ErrNoAlert says that there is no such alert, or that it is not hard.
var ErrNoAlert = errors.New("there is no such open alert")

// ErrBadRequest marks what somebody asked for that cannot be.
var ErrBadRequest = errors.New("cannot be")

// refusal is an error that ErrBadRequest marks, in words of its own.
type refusal struct{ error }

func refuse(format string, args ...any) error { return refusal{fmt.Errorf(format, args...)} }

// Is says that r is an ErrBadRequest.
func (refusal) Is(target error) bool { return target == ErrBadRequest }

func (r refusal) Unwrap() error { return r.error }

// Acknowledgement is what somebody says who takes care of an alert.
type Acknowledgement struct {
	By   string
	Note string
	// For is how long it counts; 0: as long as the configuration has it for the
	// severity, which is also the most.
	For    time.Duration
	Sticky bool
	// Episode, if not 0, must be the alert's present one.
	Episode int64
}

// Acknowledge notes that somebody takes care of the alert with an identity. As
// long as that counts, nobody else is told of its trouble.
func (e *Engine) Acknowledge(ctx context.Context, id string, a Acknowledgement) error {
	a.By, a.Note = clip(strings.TrimSpace(a.By), maxWord), clip(a.Note, maxTitle)
	if a.By == "" {
		return refuse("acknowledge %q: by: is missing", id)
	}
	now := instant(e.cfg.Clock())
	return e.change(ctx, id, func(u *unit, d *decision) error {
		r := &d.step.Record
		if a.Episode != 0 && a.Episode != r.Episode {
			return fmt.Errorf("%w: that trouble of %q is over", ErrNoAlert, id)
		}
		severity := u.shownHard(*r)
		limit := e.desk.ackLimit(severity)
		if a.For < 0 || a.For > limit {
			return refuse("acknowledge %q: for: %v is not between 0s and %v, the most for %s", id, a.For, limit, severity)
		}
		until := now.Add(a.For)
		if a.For == 0 {
			until = now.Add(limit)
		}
		r.Ack = &policy.Ack{By: a.By, Note: a.Note, At: now, Until: until, Sticky: a.Sticky, Severity: severity}
		d.step.Event = d.done(u, "acknowledged", a.By, now)
		if a.Note != "" {
			d.step.Event.Summary = a.Note
		}
		return nil
	})
}

// Unacknowledge takes an acknowledgement back: those who know are told, and it
// goes on to those whose turn it is.
func (e *Engine) Unacknowledge(ctx context.Context, id, by string) error {
	now := instant(e.cfg.Clock())
	return e.change(ctx, id, func(u *unit, d *decision) error {
		if d.step.Record.Ack == nil {
			return fmt.Errorf("%w: nobody has acknowledged %q", ErrNoAlert, id)
		}
		d.step.Record.Ack = nil
		d.step.Event = d.done(u, "unacknowledged", clip(by, maxWord), now)
		return nil
	})
}

// AcknowledgeByLink is Acknowledge for the reader of a message, who has nothing
// but the token of its link.
func (e *Engine) AcknowledgeByLink(ctx context.Context, token, note string) error {
	c, err := link.Open(e.ledger.LinkKey, token)
	if err != nil {
		return err
	}
	err = e.Acknowledge(ctx, c.Alert, Acknowledgement{By: c.Contact, Note: note, Episode: c.Episode})
	if err == nil {
		err = e.ledger.Answered(ctx, c.Alert, c.Episode, c.Contact, instant(e.cfg.Clock()))
	}
	return err
}

// LinkedAlert returns the alert of a link and to whom it was sent; ErrNoAlert if
// its trouble is over.
func (e *Engine) LinkedAlert(token string) (alert metric.Alert, contact string, err error) {
	c, err := link.Open(e.ledger.LinkKey, token)
	if err != nil {
		return alert, "", err
	}
	for _, a := range e.Alerts() {
		if a.ID == c.Alert && a.Episode == c.Episode {
			return a, c.Contact, nil
		}
	}
	return alert, c.Contact, fmt.Errorf("%w: that trouble of %q is over", ErrNoAlert, c.Alert)
}

// Messages lists the newest messages about an alert, newest first.
func (e *Engine) Messages(ctx context.Context, id string) ([]ledger.Told, error) {
	return e.ledger.Told(ctx, id)
}

// Episodes returns those that began at an instant or later, or were open then.
func (e *Engine) Episodes(ctx context.Context, since time.Time) ([]ledger.Episode, error) {
	return e.ledger.Episodes(ctx, since)
}

// Act notes what somebody did about an episode.
func (e *Engine) Act(ctx context.Context, episode int64, what string) error {
	return e.ledger.Act(ctx, episode, clip(what, maxTitle))
}

// done is a line of the history on what somebody did about an alert.
func (d *decision) done(u *unit, kind, by string, at time.Time) *metric.AlertEvent {
	r := d.step.Record
	shown := u.shown(r)
	return &metric.AlertEvent{
		At: at, AlertID: r.ID, Name: u.name, Labels: r.Labels, Kind: kind,
		From: shown, To: shown, Hard: true, Contact: by, Summary: r.Summary,
	}
}

// change has f change an alert that is hard, and stores that. Who is to be told
// for it is found by the next look at open episodes, which comes soon.
func (e *Engine) change(ctx context.Context, id string, f func(*unit, *decision) error) error {
	e.reload.Lock() // else its unit may be gone by the time that it is found
	defer e.reload.Unlock()
	for _, u := range e.current() {
		if u.key == id || strings.HasPrefix(id, u.key+"/") {
			if done, err := e.changeIn(ctx, u, id, f); done {
				return err
			}
		}
	}
	return e.changePassive(ctx, id, f)
}

func (e *Engine) changeIn(ctx context.Context, u *unit, id string, f func(*unit, *decision) error) (done bool, err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	r, known := u.records[id]
	if !known || !r.State.Firing() || u.gone {
		return false, nil
	}
	d := decision{step: ledger.Step{Record: r}, keep: true}
	if err := f(u, &d); err != nil {
		return true, err
	}
	defer e.desk.poke()
	if !e.storeLocked(ctx, u, []decision{d}) {
		return true, errNotStored
	}
	return true, nil
}

var errNotStored = errors.New("not stored; the log says why")

func (e *Engine) changePassive(ctx context.Context, id string, f func(*unit, *decision) error) error {
	p := e.passive
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.checks[id]
	if c == nil || !c.records[id].State.Firing() {
		return fmt.Errorf("%q: %w", id, ErrNoAlert)
	}
	m := move{c, decision{step: ledger.Step{Record: c.records[id]}, keep: true}}
	if err := f(&c.unit, &m.decision); err != nil {
		return err
	}
	defer e.desk.poke()
	return e.commitMovesLocked(ctx, []move{m})
}

func (d *desk) ackLimit(s metric.Severity) time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.given.Acknowledge.Of(s)
}
