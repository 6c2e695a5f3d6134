package rota

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"time"

	"plimsoll/alerting/period"
)

// Config is a rota.
type Config struct {
	Name     string `yaml:"name"`
	Timezone string `yaml:"timezone"`
	// Members are contacts, in the order of their turns.
	Members []string `yaml:"members"`
	// Start is what the clock shows at the first handover: 2026-01-05 09:00.
	Start string `yaml:"start"`
	// Shift is how long a turn is: 1w, 1d, 12h.
	Shift string `yaml:"shift"`
	// During are times in the words of package period; none: always.
	During []string `yaml:"during"`
}

const maxMembers = 100

// Validate reports all that is wrong with c but its name and whether its
// members are contacts. Each problem begins with the key under which it stands,
// path being c's own.
func (c Config) Validate(path string) error {
	_, errs := c.compile(path + ".")
	return errors.Join(errs...)
}

// New returns the rota that c describes.
func New(c Config) (*Rota, error) {
	r, errs := c.compile("")
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return r, nil
}

func (c Config) compile(path string) (*Rota, []error) {
	r := &Rota{name: c.Name, members: c.Members}
	var errs []error
	check := func(key string, err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("%s%s: %w", path, key, err))
		}
	}
	var err error
	r.zone, err = period.Zone(c.Timezone)
	check("timezone", err)
	r.start, err = parseStart(c.Start)
	check("start", err)
	r.shift, err = parseShift(c.Shift)
	check("shift", err)
	if len(c.Members) == 0 || len(c.Members) > maxMembers {
		check("members", fmt.Errorf("are %d; a rota has between 1 and %d", len(c.Members), maxMembers))
	}
	for i, text := range c.During {
		check(fmt.Sprintf("during[%d]", i), period.Check(text))
	}
	if len(c.During) > 0 && len(errs) == 0 {
		r.during, err = period.New(period.Config{Timezone: c.Timezone, Times: c.During})
		check("during", err)
	}
	return r, errs
}

func parseStart(text string) (time.Time, error) {
	start, err := period.ParseReading(text)
	if err == nil && (start.Year() < 2000 || start.Year() > 2199) {
		err = fmt.Errorf("%q is not between the years 2000 and 2199", text)
	}
	return start, err
}

var shiftText = regexp.MustCompile(`^([1-9][0-9]{0,3})([hdw])$`)

// parseShift reads what the clock goes on by in one turn.
func parseShift(text string) (time.Duration, error) {
	parts := shiftText.FindStringSubmatch(text)
	if parts == nil {
		return 0, fmt.Errorf("%q is not a number of weeks, days or hours, as 1w, 1d, 12h", text)
	}
	unit := map[string]time.Duration{"h": time.Hour, "d": 24 * time.Hour, "w": 7 * 24 * time.Hour}[parts[2]]
	n, err := strconv.Atoi(parts[1])
	if shift := time.Duration(n) * unit; err == nil && shift <= maxShift {
		return shift, nil
	}
	return 0, fmt.Errorf("%q is more than 52w", text)
}

const maxShift = 52 * 7 * 24 * time.Hour
