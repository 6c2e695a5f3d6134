package alerting

import (
	"errors"
	"fmt"
	"path"
	"time"

	"plimsoll/internal/metric"
)

// PassiveCheck is what holds for the passive checks of some names. What is left
// out is as it is for all.
type PassiveCheck struct {
	// Name is a pattern, such as backup.*; * stands for anything but a slash.
	Name        string        `yaml:"name"`
	Freshness   time.Duration `yaml:"freshness"`
	NoData      time.Duration `yaml:"no_data"`
	MaxAttempts int           `yaml:"max_attempts"`
	// Severity is the most that they can be.
	Severity metric.Severity `yaml:"severity"`
	Contacts []string        `yaml:"contacts"`
}

// of returns what holds for the checks of a name.
func (p Passive) of(name string) PassiveCheck {
	for _, k := range p.Checks {
		if is, _ := path.Match(k.Name, name); is { // was validated
			return p.others().with(k)
		}
	}
	return p.others()
}

// others returns what holds for the checks that Checks does not name.
func (p Passive) others() PassiveCheck {
	return PassiveCheck{
		Freshness: p.Freshness, NoData: p.NoData, MaxAttempts: p.MaxAttempts, Severity: metric.Critical, Contacts: p.Contacts,
	}
}

// with returns t with what k says.
func (t PassiveCheck) with(k PassiveCheck) PassiveCheck {
	if k.Freshness != 0 {
		t.Freshness = k.Freshness
	}
	if k.NoData != 0 {
		t.NoData = k.NoData
	}
	if k.MaxAttempts != 0 {
		t.MaxAttempts = k.MaxAttempts
	}
	if k.Severity != "" {
		t.Severity = k.Severity
	}
	if k.Contacts != nil {
		t.Contacts = k.Contacts
	}
	return t
}

// maxFreshness bounds the freshness of checks of one name: what runs once a month
// is fresh for that long.
const maxFreshness = 40 * 24 * time.Hour

func (p Passive) validateChecks(contacts names) error {
	var errs []error
	for i, k := range p.Checks {
		at := fmt.Sprintf("passive.checks[%d]", i)
		bad := func(wrong bool, format string, args ...any) {
			if wrong {
				errs = append(errs, fmt.Errorf(at+"."+format, args...))
			}
		}
		_, err := path.Match(k.Name, "")
		t := p.others().with(k)
		bad(k.Name == "" || err != nil, "name: %q is no pattern of a name", k.Name)
		bad(t.Freshness < time.Second || t.Freshness > maxFreshness, "freshness: %v is not between 1s and %v", t.Freshness, maxFreshness)
		bad(t.NoData < time.Second, "no_data: %v is less than 1s", t.NoData)
		bad(t.MaxAttempts < 1 || t.MaxAttempts > 100, "max_attempts: %d is not between 1 and 100", t.MaxAttempts)
		errs = append(errs, validSeverity(at, t.Severity), contacts.known(at, k.Contacts))
	}
	return errors.Join(errs...)
}
