package alerting

import (
	"context"
	"errors"
	"fmt"
	"time"

	"plimsoll/alerting/hold"
	"plimsoll/alerting/ledger"
	"plimsoll/alerting/policy"
	"plimsoll/internal/metric"
)

const (
	holdEntry    = "hold"
	triggerEntry = "trigger"
)

// maxHolds bounds the silences and downtimes that are not over.
const maxHolds = 1000

// trigger is when a flexible downtime of the configuration last began.
type trigger struct {
	Name string    `json:"name"`
	At   time.Time `json:"at"`
}

// Holds lists silences and downtimes that are not over, those of the
// configuration too: they have a name and no number.
func (e *Engine) Holds() []hold.Hold {
	e.desk.mu.Lock()
	defer e.desk.mu.Unlock()
	return e.desk.holdsOfAllLocked()
}

func (d *desk) holdsOfAllLocked() []hold.Hold {
	return append(sortedValues(d.holds), d.planned...)
}

// PutHold begins a silence or plans a downtime. What it holds back is told when
// it is over, if it lasts until then.
func (e *Engine) PutHold(ctx context.Context, h hold.Hold) (hold.Hold, error) {
	d, now := e.desk, instant(e.cfg.Clock())
	h.ID, h.Name, h.Triggered, h.Ended, h.Created = 0, "", time.Time{}, time.Time{}, now
	h.By, h.Note = clip(h.By, maxWord), clip(h.Note, maxTitle)
	if h.From.IsZero() {
		h.From = now
	}
	if err := h.Validate(now); err != nil {
		return h, refuse("%s: %w", h.Kind, err)
	}
	if h.By == "" {
		return h, refuse("%s: by: is missing", h.Kind)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.holds) >= maxHolds {
		return h, refuse("%s: there are %d, which is the most", h.Kind, len(d.holds))
	}
	id, err := d.ledger.AddEntry(ctx, holdEntry, h, decided(string(h.Kind), h.By, holdText(h), now))
	if err != nil {
		return h, err
	}
	h.ID = id
	d.holds[id] = h
	d.changedLocked()
	e.broadcast()
	return h, nil
}

// EndHold takes a silence or downtime back.
func (e *Engine) EndHold(ctx context.Context, id int64, by string) error {
	d, now := e.desk, instant(e.cfg.Clock())
	d.mu.Lock()
	defer d.mu.Unlock()
	h, is := d.holds[id]
	if !is {
		return fmt.Errorf("silence or downtime %d: %w", id, ledger.ErrNoEntry)
	}
	h.Ended = now
	event := decided(string(h.Kind), clip(by, maxWord), "ended: "+holdText(h), now)
	if err := d.ledger.ChangeEntry(ctx, holdEntry, id, h, now, event); err != nil {
		return err
	}
	delete(d.holds, id)
	d.changedLocked()
	e.broadcast()
	return nil
}

// Held lists the present alerts that are not ok and that a hold would pick.
func (e *Engine) Held(h hold.Hold) []metric.Alert {
	held := []metric.Alert{}
	for _, a := range e.Alerts() {
		if a.State != metric.OK && h.Matches(matchableAlert(a)) {
			held = append(held, a)
		}
	}
	return held
}

// changedLocked has open episodes looked at soon, and the active holds anew.
func (d *desk) changedLocked() { d.poked, d.activeAt = true, time.Time{} }

func holdText(h hold.Hold) string {
	text := h.Match.String()
	if h.All {
		text = "everything"
	}
	if h.Note != "" {
		text = h.Note + ": " + text
	}
	return text
}

// sortLocked finds the holds that are active at an instant and those that may
// begin with a problem: each alert is held against all of these.
func (d *desk) sortLocked(at time.Time) {
	if d.activeAt.Equal(at) {
		return
	}
	d.active, d.flexible, d.activeAt = d.active[:0], d.flexible[:0], at
	for _, h := range d.holdsOfAllLocked() {
		if h.Active(at) {
			d.active = append(d.active, h)
		}
	}
	for id, h := range d.holds {
		if h.Flexible > 0 {
			d.flexible = append(d.flexible, id)
		}
	}
}

// silencedLocked are the silences and downtimes that hold an alert back.
func (d *desk) silencedLocked(labels map[string]string, at time.Time) (all []policy.Hold) {
	d.sortLocked(at)
	for i := range d.active {
		h := &d.active[i]
		if !h.Matches(labels) {
			continue
		}
		reason := policy.Hold{Kind: string(h.Kind), Text: holdText(*h)}
		if h.By != "" {
			reason.Text += " (" + h.By + ")"
		}
		switch {
		case h.Flexible > 0:
			reason.Until = h.Triggered.Add(h.Flexible)
		case h.Recurring == nil:
			reason.Until = h.Until
		}
		all = append(all, reason)
	}
	return all
}

// triggerLocked begins the flexible downtimes that wait for an alert like this.
func (d *desk) triggerLocked(labels map[string]string, at time.Time) error {
	var errs []error
	d.sortLocked(at)
	for _, id := range d.flexible {
		h := d.holds[id]
		if began, changes := h.Trigger(at); changes && h.Matches(labels) {
			if err := d.ledger.ChangeEntry(context.Background(), holdEntry, id, began, time.Time{}, nil); err != nil {
				errs = append(errs, err)
				continue
			}
			d.holds[id] = began
			d.changedLocked()
		}
	}
	for i, h := range d.planned {
		if began, changes := h.Trigger(at); changes && h.Matches(labels) {
			if err := d.keepTriggerLocked(began); err != nil {
				errs = append(errs, err)
				continue
			}
			d.planned[i] = began
			d.changedLocked()
		}
	}
	return errors.Join(errs...)
}

// keepTriggerLocked remembers when a downtime of the configuration began.
func (d *desk) keepTriggerLocked(h hold.Hold) error {
	t := trigger{h.Name, h.Triggered}
	for id, old := range d.triggers {
		if old.Name == h.Name {
			err := d.ledger.ChangeEntry(context.Background(), triggerEntry, id, t, time.Time{}, nil)
			if err == nil {
				d.triggers[id] = t
			}
			return err
		}
	}
	id, err := d.ledger.AddEntry(context.Background(), triggerEntry, t, nil)
	if err == nil {
		d.triggers[id] = t
	}
	return err
}

// plannedOf returns the downtimes of a configuration, as far as they have begun.
func plannedOf(c Config, triggers map[int64]trigger) ([]hold.Hold, error) {
	var all []hold.Hold
	for _, k := range c.Downtimes {
		h, err := k.Hold()
		if err != nil {
			return nil, fmt.Errorf("downtime %s: %w", k.Name, err)
		}
		for _, t := range triggers {
			if t.Name == h.Name {
				h.Triggered = t.At
			}
		}
		all = append(all, h)
	}
	return all, nil
}

// openHolds takes up what was decided before.
func (d *desk) openHolds(ctx context.Context) (err error) {
	if d.triggers, err = ledger.Entries[trigger](ctx, d.ledger, triggerEntry); err != nil {
		return err
	}
	if d.holds, err = ledger.Entries[hold.Hold](ctx, d.ledger, holdEntry); err != nil {
		return err
	}
	for id, h := range d.holds {
		h.ID = id
		d.holds[id] = h
	}
	return nil
}

// dropHolds closes those that are over. What cannot be stored is tried again at
// the next look.
func (d *desk) dropHolds(ctx context.Context, now time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for id, h := range d.holds {
		if !h.Over(now) {
			continue
		}
		if err := d.ledger.ChangeEntry(ctx, holdEntry, id, h, now, decided(string(h.Kind), h.By, "over: "+holdText(h), now)); err != nil {
			return err
		}
		delete(d.holds, id)
		d.changedLocked()
	}
	return nil
}
