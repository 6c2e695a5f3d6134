package handler

import (
	"errors"
	"fmt"
	"net"
	"regexp"
	"strings"
	"time"

	"plimsoll/alerting/state"
	"plimsoll/internal/orders"
)

// Config is the event handler of a check or a rule.
type Config struct {
	// Run is the name of the handler, as the agent's own file lists it.
	Run string `yaml:"run"`
	// OnAttempt is the bad look of a check, counted from 1, that orders the
	// handler; 0: the second, or the last that is still soft.
	OnAttempt int `yaml:"on_attempt"`
	// After is how long an instance of a rule must be bad; 0: half of its `for`.
	After time.Duration `yaml:"after"`
	// Instance is where the handler is run, {{LABEL}} in it being a label of the
	// alert; empty: its label instance without a port, or its label host.
	Instance string `yaml:"instance"`
	// Tell are the contacts that get a mail afterwards when the service came back
	// by the handler.
	Tell []string `yaml:"tell"`
}

// ForCheck returns c with what was left out filled in, of a check with so many
// attempts.
func (c Config) ForCheck(maxAttempts int) Config {
	if c.OnAttempt == 0 {
		c.OnAttempt = max(1, min(2, maxAttempts-1))
	}
	return c
}

// ForRule is the same for a rule.
func (c Config) ForRule(wait time.Duration) Config {
	if c.After == 0 {
		c.After = wait / 2
	}
	return c
}

// ValidateCheck reports all that is wrong with c, which has its defaults, path
// being its key, and maxAttempts and labels the check's.
func (c Config) ValidateCheck(path string, maxAttempts int, labels map[string]string) error {
	var errs []error
	if c.Place(labels) == "" {
		errs = append(errs, fmt.Errorf("%s.instance: %q does not tell where to run it: the check's labels have no such, or no instance and no host", path, c.Instance))
	}
	if c.OnAttempt < 1 || c.OnAttempt >= maxAttempts {
		errs = append(errs, fmt.Errorf("%s.on_attempt: %d is not at least 1 and less than max_attempts, %d", path, c.OnAttempt, maxAttempts))
	}
	if c.After != 0 {
		errs = append(errs, fmt.Errorf("%s.after: is for rules; a check has on_attempt", path))
	}
	return errors.Join(append(errs, c.validate(path))...)
}

// ValidateRule is the same for a rule, wait being its `for`.
func (c Config) ValidateRule(path string, wait time.Duration) error {
	var errs []error
	if c.After <= 0 || c.After >= wait {
		errs = append(errs, fmt.Errorf("%s.after: %v is not more than 0 and less than for, %v", path, c.After, wait))
	}
	if c.OnAttempt != 0 {
		errs = append(errs, fmt.Errorf("%s.on_attempt: is for checks; a rule has after", path))
	}
	return errors.Join(append(errs, c.validate(path))...)
}

func (c Config) validate(path string) error {
	var errs []error
	if !orders.ValidName(c.Run) {
		errs = append(errs, fmt.Errorf("%s.run: %q is no name of a handler: letters, digits, and - _ . in between", path, c.Run))
	}
	if rest := placeholder().ReplaceAllString(c.Instance, ""); strings.ContainsAny(rest, "{}") || len(rest) > orders.MaxInstance {
		errs = append(errs, fmt.Errorf("%s.instance: %q is not a name with labels as {{host}} in it", path, c.Instance))
	}
	return errors.Join(errs...)
}

// placeholder matches a label in Instance.
func placeholder() *regexp.Regexp {
	return regexp.MustCompile(`\{\{ *([a-zA-Z_][a-zA-Z0-9_]*) *\}\}`)
}

// Place is where the handler of an alert with the labels is run, empty if they do
// not tell.
func (c Config) Place(labels map[string]string) string {
	if c.Instance == "" {
		return ownPlace(labels)
	}
	missing := false
	place := placeholder().ReplaceAllStringFunc(c.Instance, func(s string) string {
		v := labels[strings.Trim(s, "{} ")]
		missing = missing || v == ""
		return v
	})
	if missing || len(place) > orders.MaxInstance {
		return ""
	}
	return place
}

// ownPlace is the instance of an alert: a server's port is not of the agent's name.
func ownPlace(labels map[string]string) string {
	place := labels["instance"]
	if host, _, err := net.SplitHostPort(place); err == nil && host != "" {
		place = host
	}
	if place == "" {
		place = labels["host"]
	}
	if len(place) > orders.MaxInstance {
		return ""
	}
	return place
}

// Due reports whether an alert in the state has its handler run at an instant.
func (c Config) Due(s state.State, now time.Time) bool {
	if s.Phase != state.Soft {
		return false
	}
	if c.After > 0 {
		return now.Sub(s.BadSince) >= c.After
	}
	return s.Attempt >= c.OnAttempt
}

// Limits bound all event handlers.
type Limits struct {
	// PerService bounds the runs of one handler on one instance, Farm those of all.
	PerService Budget `yaml:"per_service"`
	Farm       Budget `yaml:"farm"`
	// AnswerWithin is how long an order may be begun and answered; after it the
	// result is unknown.
	AnswerWithin time.Duration `yaml:"answer_within"`
}

// Budget is how many runs there may be within a time.
type Budget struct {
	Count  int           `yaml:"count"`
	Within time.Duration `yaml:"within"`
}

// Default returns the limits that hold unless the configuration says else.
func Default() Limits {
	return Limits{PerService: Budget{3, time.Hour}, Farm: Budget{10, time.Hour}, AnswerWithin: 2 * time.Minute}
}

// MaxWithin bounds the time that a budget looks back.
const MaxWithin = 7 * 24 * time.Hour

// Validate reports all that is wrong with l below its key.
func (l Limits) Validate(path string) error {
	var errs []error
	for _, b := range []struct {
		key string
		Budget
	}{{"per_service", l.PerService}, {"farm", l.Farm}} {
		if b.Count < 0 || b.Count > 1000 {
			errs = append(errs, fmt.Errorf("%s.%s.count: %d is not between 0 and 1000", path, b.key, b.Count))
		}
		if b.Within < time.Minute || b.Within > MaxWithin {
			errs = append(errs, fmt.Errorf("%s.%s.within: %v is not between 1m and %v", path, b.key, b.Within, MaxWithin))
		}
	}
	if l.AnswerWithin < 10*time.Second || l.AnswerWithin > 10*time.Minute {
		errs = append(errs, fmt.Errorf("%s.answer_within: %v is not between 10s and 10m", path, l.AnswerWithin))
	}
	return errors.Join(errs...)
}
