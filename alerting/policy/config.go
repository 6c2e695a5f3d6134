package policy

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"plimsoll/alerting/match"
	"plimsoll/internal/metric"
)

// Route says who is told of the alerts that it matches. Routes are tried in
// order; the first that matches counts, and those after it if it says continue.
type Route struct {
	// Match picks alerts, as package match has it; empty: all.
	Match string `yaml:"match"`
	// During is the period within which the route matches; empty: always.
	During string `yaml:"during"`
	// Contacts are told at once: contacts, or rotas for who is on call.
	Contacts []string `yaml:"contacts"`
	// Escalate tells more, as long as nobody acknowledges.
	Escalate []Step `yaml:"escalate"`
	// RemindEvery tells those who know again; 0: never.
	RemindEvery time.Duration `yaml:"remind_every"`
	Continue    bool          `yaml:"continue"`
}

// Step is a further step of a route: after a time, or after so many reminders.
type Step struct {
	After     time.Duration `yaml:"after"`
	Reminders int           `yaml:"after_reminders"`
	Contacts  []string      `yaml:"contacts"`
}

// Names are what a configuration has, to be referred to.
type Names struct {
	// Contacts are contacts and rotas.
	Contacts, Periods []string
}

// Validate reports all that is wrong with r, which stands at path.
func (r Route) Validate(path string, known Names) error {
	var errs []error
	bad := func(key, format string, args ...any) {
		errs = append(errs, fmt.Errorf("%s.%s: %s", path, key, fmt.Sprintf(format, args...)))
	}
	if set, err := match.Parse(r.Match); err != nil {
		bad("match", "%v", err)
	} else if err := set.Misspelt(); err != nil {
		bad("match", "%v", err)
	}
	if r.During != "" && !slices.Contains(known.Periods, r.During) {
		bad("during", "there is no period %q", r.During)
	}
	if r.RemindEvery != 0 && r.RemindEvery < time.Minute {
		bad("remind_every", "%v is less than 1m", r.RemindEvery)
	}
	errs = append(errs, known.check(path, r.Contacts))
	for i, s := range r.Escalate {
		errs = append(errs, s.validate(fmt.Sprintf("%s.escalate[%d]", path, i), r, known))
	}
	return errors.Join(errs...)
}

func (s Step) validate(path string, r Route, known Names) error {
	errs := []error{known.check(path, s.Contacts)}
	if len(s.Contacts) == 0 {
		errs = append(errs, fmt.Errorf("%s.contacts: is missing", path))
	}
	switch {
	case (s.After > 0) == (s.Reminders > 0):
		errs = append(errs, fmt.Errorf("%s: needs one of after and after_reminders, above 0", path))
	case s.Reminders > 0 && r.RemindEvery == 0:
		errs = append(errs, fmt.Errorf("%s.after_reminders: the route has no remind_every", path))
	}
	return errors.Join(errs...)
}

func (n Names) check(path string, wanted []string) error {
	var errs []error
	for i, w := range wanted {
		if !slices.Contains(n.Contacts, w) {
			errs = append(errs, fmt.Errorf("%s.contacts[%d]: there is no contact or rota %q", path, i, w))
		}
	}
	return errors.Join(errs...)
}

// AckLimits is how long an acknowledgement holds at most, and by default, for
// each severity.
type AckLimits struct {
	Critical time.Duration `yaml:"critical"`
	Warning  time.Duration `yaml:"warning"`
	Info     time.Duration `yaml:"info"`
}

// DefaultAckLimits are short where it hurts: nobody sleeps over an
// acknowledgement that was forgotten.
func DefaultAckLimits() AckLimits {
	return AckLimits{Critical: 4 * time.Hour, Warning: 24 * time.Hour, Info: 7 * 24 * time.Hour}
}

// Validate reports what is wrong with l, which stands at path.
func (l AckLimits) Validate(path string) error {
	var errs []error
	for _, k := range []struct {
		key string
		d   time.Duration
	}{{"critical", l.Critical}, {"warning", l.Warning}, {"info", l.Info}} {
		if k.d < time.Minute || k.d > 400*24*time.Hour {
			errs = append(errs, fmt.Errorf("%s.%s: %v is not between 1m and 9600h", path, k.key, k.d))
		}
	}
	return errors.Join(errs...)
}

// Of returns the limit for a severity; unknown counts as warning.
func (l AckLimits) Of(s metric.Severity) time.Duration {
	switch s {
	case metric.Critical:
		return l.Critical
	case metric.Info:
		return l.Info
	}
	return l.Warning
}
