package hold

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"plimsoll/alerting/match"
	"plimsoll/alerting/period"
)

// Config is a downtime of the configuration.
type Config struct {
	Name  string    `yaml:"name"`
	Match match.Set `yaml:"match"`
	// All says that every alert is meant.
	All bool `yaml:"all"`
	// From and Until are readings of the zone's clock, 2026-12-24 12:00, or
	// instants, 2026-12-24T12:00:00Z. With Times they may be left out.
	From  string `yaml:"from"`
	Until string `yaml:"until"`
	// Times are windows that recur, in the words of package period.
	Times    []string      `yaml:"times"`
	Timezone string        `yaml:"timezone"`
	Flexible time.Duration `yaml:"flexible"`
	Note     string        `yaml:"note"`
}

// Validate reports all that is wrong with c but its name. Each problem begins
// with the key under which it stands, path being c's own. A downtime that is
// over is not wrong: the file may keep it.
func (c Config) Validate(path string) error {
	_, errs := c.compile()
	for i, err := range errs {
		lines := strings.Split(err.Error(), "\n")
		errs[i] = errors.New(path + "." + strings.Join(lines, "\n"+path+"."))
	}
	return errors.Join(errs...)
}

// Hold returns the downtime that c describes.
func (c Config) Hold() (Hold, error) {
	h, errs := c.compile()
	if len(errs) > 0 {
		return Hold{}, errors.Join(errs...)
	}
	return h, nil
}

func (c Config) compile() (Hold, []error) {
	h := Hold{Name: c.Name, Kind: Downtime, Match: c.Match, All: c.All, Flexible: c.Flexible, By: "configuration", Note: c.Note}
	errs := h.badWords()
	sound := len(errs)
	check := func(err error) {
		if err != nil {
			errs = append(errs, err)
		}
	}
	zone, err := period.Zone(c.Timezone)
	if err != nil {
		check(fmt.Errorf("timezone: %w", err))
		c.Timezone, zone = "", time.UTC
	}
	h.From, err = parseTime("from", c.From, zone, period.First)
	check(err)
	h.Until, err = parseTime("until", c.Until, zone, period.Final)
	check(err)
	if len(c.Times) > 0 {
		h.Recurring, err = Recur(c.Timezone, c.Times)
		check(err)
	}
	if len(errs) == sound {
		errs = append(errs, h.badTimes()...)
	}
	return h, errs
}

// parseTime reads an instant, or what a clock shows; "" is the zero time.
func parseTime(key, text string, zone *time.Location, of func(time.Time, *time.Location) time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, nil
	}
	reading, err := period.ParseReading(text)
	if err != nil {
		return time.Time{}, fmt.Errorf("%s: %w", key, err)
	}
	return of(reading, zone), nil
}
