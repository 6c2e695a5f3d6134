package alerting

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"plimsoll/alerting/ledger"
	"plimsoll/alerting/rota"
	"plimsoll/internal/metric"
)

const overrideEntry = "override"

// maxOverrides bounds those that are not over.
const maxOverrides = 1000

// OnCall is who of a rota is on call now, and who comes next.
type OnCall struct {
	Rota    string       `json:"rota"`
	Contact string       `json:"contact"` // "": nobody
	Shifts  []rota.Shift `json:"shifts"`
}

// OnCall tells of each rota who is on call at present, and the next shifts.
func (e *Engine) OnCall() []OnCall {
	d, now := e.desk, instant(e.cfg.Clock())
	d.mu.Lock()
	defer d.mu.Unlock()
	overrides := slices.Collect(maps.Values(d.overrides))
	all := []OnCall{}
	for _, c := range d.given.Rotas {
		r := d.rotas[c.Name]
		all = append(all, OnCall{Rota: c.Name, Contact: r.On(now, overrides), Shifts: r.Shifts(now, 5, overrides)})
	}
	return all
}

// Overrides lists those that are not over.
func (e *Engine) Overrides() []rota.Override {
	e.desk.mu.Lock()
	defer e.desk.mu.Unlock()
	return sortedValues(e.desk.overrides)
}

// PutOverride puts somebody in the place of the one whose turn it is.
func (e *Engine) PutOverride(ctx context.Context, o rota.Override) (rota.Override, error) {
	d, now := e.desk, instant(e.cfg.Clock())
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := errors.Join(o.Validate(), d.namesLocked(o)); err != nil {
		return o, refuse("override: %w", err)
	}
	if !o.Until.After(now) {
		return o, refuse("override: until: %s is past", o.Until.Format(time.RFC3339))
	}
	if len(d.overrides) >= maxOverrides {
		return o, refuse("override: there are %d, which is the most", len(d.overrides))
	}
	o.By, o.Note = clip(o.By, maxWord), clip(o.Note, maxTitle)
	what := fmt.Sprintf("%s takes %s from %s to %s", o.Contact, o.Rota, o.From.UTC().Format(time.RFC3339), o.Until.UTC().Format(time.RFC3339))
	id, err := d.ledger.AddEntry(ctx, overrideEntry, o, decided("override", o.By, what, now))
	if err != nil {
		return o, err
	}
	o.ID = id
	d.overrides[id], d.poked = o, true
	e.broadcast()
	return o, nil
}

func (d *desk) namesLocked(o rota.Override) error {
	var errs []error
	if o.Rota != "" && d.rotas[o.Rota] == nil {
		errs = append(errs, fmt.Errorf("rota: there is no %q", o.Rota))
	}
	if o.Contact != "" && d.addresses[o.Contact] == nil {
		errs = append(errs, fmt.Errorf("contact: there is no %q", o.Contact))
	}
	return errors.Join(errs...)
}

// EndOverride takes one back.
func (e *Engine) EndOverride(ctx context.Context, id int64, by string) error {
	d, now := e.desk, instant(e.cfg.Clock())
	d.mu.Lock()
	defer d.mu.Unlock()
	o, is := d.overrides[id]
	if !is {
		return fmt.Errorf("override %d: %w", id, ledger.ErrNoEntry)
	}
	what := fmt.Sprintf("%s does not take %s", o.Contact, o.Rota)
	if err := d.ledger.ChangeEntry(ctx, overrideEntry, id, o, now, decided("override", clip(by, maxWord), what, now)); err != nil {
		return err
	}
	delete(d.overrides, id)
	d.poked = true
	e.broadcast()
	return nil
}

// dropOverrides closes those that are over. What cannot be stored is tried again
// at the next look.
func (d *desk) dropOverrides(ctx context.Context, now time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for id, o := range d.overrides {
		if now.Before(o.Until) {
			continue
		}
		if err := d.ledger.ChangeEntry(ctx, overrideEntry, id, o, o.Until, nil); err != nil {
			return err
		}
		delete(d.overrides, id)
	}
	return nil
}

// decided is a line of the history on what somebody decided, of no one alert.
func decided(kind, by, what string, at time.Time) *metric.AlertEvent {
	return &metric.AlertEvent{At: at, Name: kind, Kind: kind, Contact: by, Summary: what}
}

// sortedValues are those of a map by number.
func sortedValues[T any](m map[int64]T) []T {
	all := make([]T, 0, len(m))
	for _, id := range slices.Sorted(maps.Keys(m)) {
		all = append(all, m[id])
	}
	return all
}
