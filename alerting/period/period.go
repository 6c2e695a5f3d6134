package period

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Config is a period, as the doc of the package says.
type Config struct {
	Name     string `yaml:"name"`
	Timezone string `yaml:"timezone"`
	// Times are when it is, but for Except.
	Times  []string `yaml:"times"`
	Except []string `yaml:"except"`
}

// Validate reports all that is wrong with c but its name. Each problem begins
// with the key under which it stands, path being c's own.
func (c Config) Validate(path string) error {
	_, errs := c.compile(path + ".")
	return errors.Join(errs...)
}

// New returns the period that c describes.
func New(c Config) (*Period, error) {
	p, errs := c.compile("")
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return p, nil
}

func (c Config) compile(path string) (*Period, []error) {
	zone, err := Zone(c.Timezone)
	var errs []error
	if err != nil {
		errs = append(errs, fmt.Errorf("%stimezone: %w", path, err))
	}
	if len(c.Times) == 0 {
		errs = append(errs, fmt.Errorf("%stimes: is missing; daily is always", path))
	}
	p := &Period{zone: zone}
	add := func(to *[]entry, key string, texts []string) {
		if len(texts) > maxEntries {
			errs = append(errs, fmt.Errorf("%s%s: has %d entries, more than %d", path, key, len(texts), maxEntries))
			return
		}
		for i, text := range texts {
			e, err := parse(text)
			if err != nil {
				errs = append(errs, fmt.Errorf("%s%s[%d]: %w", path, key, i, err))
			}
			*to = append(*to, e)
		}
	}
	add(&p.times, "times", c.Times)
	add(&p.except, "except", c.Except)
	return p, errs
}

// Period is a set of instants. It does not change, and may be used by many.
type Period struct {
	zone          *time.Location
	times, except []entry
}

// Contains reports whether p holds an instant.
func (p *Period) Contains(at time.Time) bool {
	date := p.date(at)
	return p.within(p.times, at, date) && !p.within(p.except, at, date)
}

// date is the day on which the clock is at an instant.
func (p *Period) date(at time.Time) time.Time {
	return Reading(at, p.zone).Truncate(24 * time.Hour)
}

// within looks at the windows of the days before date, since they may pass two
// midnights where a clock is put back, and at those of the next: a clock put back
// over midnight shows yesterday again.
func (p *Period) within(entries []entry, at, date time.Time) bool {
	for _, e := range entries {
		if e.always() {
			return true
		}
		for d := -2; d <= 1; d++ {
			if !e.on(date.AddDate(0, 0, d), p.zone, func(w window) bool { return !w.contains(at) }) {
				return true
			}
		}
	}
	return false
}

// horizon is how far Next and Last look, in days.
const horizon = 3653

// Next returns the next instant, after at, at which Contains changes, and false
// if that is not within ten years.
func (p *Period) Next(at time.Time) (time.Time, bool) {
	date := p.date(at)
	for d := -1; d <= horizon; d++ {
		for _, change := range p.changes(date.AddDate(0, 0, d)) {
			if change.After(at) {
				return change, true
			}
		}
	}
	return time.Time{}, false
}

// Last returns the last instant, up to at, at which Contains changed, and false
// if that was not within ten years.
func (p *Period) Last(at time.Time) (time.Time, bool) {
	date := p.date(at)
	for d := 1; d >= -horizon; d-- {
		for _, change := range slices.Backward(p.changes(date.AddDate(0, 0, d))) {
			if !change.After(at) {
				return change, true
			}
		}
	}
	return time.Time{}, false
}

// changes returns the instants of a date at which Contains changes, in order.
func (p *Period) changes(date time.Time) []time.Time {
	day := window{First(date, p.zone), First(date.AddDate(0, 0, 1), p.zone)}
	var edges []time.Time
	note := func(w window) bool {
		for _, edge := range [2]time.Time{w.from, w.until} {
			if day.contains(edge) {
				edges = append(edges, edge)
			}
		}
		return true
	}
	for _, entries := range [2][]entry{p.times, p.except} {
		for _, e := range entries {
			for d := -2; d <= 0 && !e.always(); d++ {
				e.on(date.AddDate(0, 0, d), p.zone, note)
			}
		}
	}
	slices.SortFunc(edges, time.Time.Compare)
	edges = slices.CompactFunc(edges, time.Time.Equal)
	return slices.DeleteFunc(edges, func(edge time.Time) bool {
		return p.Contains(edge) == p.Contains(edge.Add(-1))
	})
}
