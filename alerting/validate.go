package alerting

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/prometheus/common/model"

	"plimsoll/alerting/handler"
	"plimsoll/alerting/notify"
	"plimsoll/internal/metric"
)

// Validate reports all that is wrong with c, each problem with the key under
// which it stands.
func (c Config) Validate() error {
	c = c.withDefaults()
	var errs []error
	if c.GiveUpAfter < time.Minute {
		errs = append(errs, fmt.Errorf("retry_messages_for: %v is less than 1m", c.GiveUpAfter))
	}
	if c.FallOverAfter < 10*time.Second {
		errs = append(errs, fmt.Errorf("fall_over_after: %v is less than 10s", c.FallOverAfter))
	}
	if c.Concurrency < 1 || c.Concurrency > 10_000 {
		errs = append(errs, fmt.Errorf("alert_concurrency: %d is not between 1 and 10000", c.Concurrency))
	}
	if c.HistoryAge < 24*time.Hour {
		errs = append(errs, fmt.Errorf("event_age: %v is less than 24h", c.HistoryAge))
	}
	if c.HistoryRows < 100 {
		errs = append(errs, fmt.Errorf("event_rows: %d is less than 100", c.HistoryRows))
	}
	contacts := names{}
	for i, k := range c.Contacts {
		path := fmt.Sprintf("contacts[%d]", i)
		errs = append(errs, contacts.add(path, k.Name), k.Validate(path))
	}
	for i, k := range c.Contacts {
		if k.Fallback != "" && (k.Fallback == k.Name || !contacts[k.Fallback]) {
			errs = append(errs, fmt.Errorf("contacts[%d].fallback: there is no other contact %q", i, k.Fallback))
		}
	}
	for _, k := range c.Rotas {
		contacts[k.Name] = true // whoever is on call
	}
	return errors.Join(append(errs, c.validateChecks(contacts), c.validateRules(contacts), c.validatePolicy(),
		c.Heartbeat.Validate("heartbeat"), c.Handlers.Validate("handlers"), c.Passive.validate(contacts), c.Events.validate(), c.RuleFiles.validate())...)
}

func (p Passive) validate(contacts names) error {
	var errs []error
	if p.Freshness < time.Second || p.Freshness > 24*time.Hour {
		errs = append(errs, fmt.Errorf("passive.freshness: %v is not between 1s and 24h", p.Freshness))
	}
	if p.NoData < time.Second {
		errs = append(errs, fmt.Errorf("passive.no_data: %v is less than 1s", p.NoData))
	}
	if p.Max < 0 || p.Max > 100_000 {
		errs = append(errs, fmt.Errorf("passive.max: %d is not between 0 and 100000", p.Max))
	}
	if p.MaxAttempts < 1 || p.MaxAttempts > 100 {
		errs = append(errs, fmt.Errorf("passive.max_attempts: %d is not between 1 and 100", p.MaxAttempts))
	}
	return errors.Join(append(errs, contacts.known("passive", p.Contacts), p.Flapping.Validate("passive.flapping"), p.validateChecks(contacts))...)
}

func (c Events) validate() error {
	var errs []error
	if c.Age < time.Hour {
		errs = append(errs, fmt.Errorf("events.age: %v is less than 1h", c.Age))
	}
	if c.Rows < 100 || c.Rows > 1_000_000 {
		errs = append(errs, fmt.Errorf("events.rows: %d is not between 100 and 1000000", c.Rows))
	}
	if c.SameWithin < 0 {
		errs = append(errs, fmt.Errorf("events.same_within: %v is negative", c.SameWithin))
	}
	return errors.Join(errs...)
}

func (c Config) validateChecks(contacts names) error {
	errs := make([]error, 0, 2*len(c.Checks))
	seen := names{}
	for i, k := range c.Checks {
		path := fmt.Sprintf("checks[%d]", i)
		of := common{path, k.Name, k.Severity, k.Labels, k.Contacts}
		errs = append(errs, of.validate(seen, contacts), k.Validate(path), c.validateTell(path, k.Handler))
	}
	return errors.Join(errs...)
}

// validateTell reports whom a handler can not tell by mail.
func (c Config) validateTell(path string, h *handler.Config) error {
	if h == nil {
		return nil
	}
	var errs []error
	for i, name := range h.Tell {
		if !slices.ContainsFunc(c.Contacts, func(k notify.Contact) bool { return k.Name == name && k.Email != nil }) {
			errs = append(errs, fmt.Errorf("%s.handler.tell[%d]: there is no contact %q with email", path, i, name))
		}
	}
	return errors.Join(errs...)
}

func (c Config) validateRules(contacts names) error {
	errs := make([]error, 0, 2*len(c.Rules))
	seen := names{}
	for i, k := range c.Rules {
		path := fmt.Sprintf("rules[%d]", i)
		of := common{path, k.Name, k.Severity, k.Labels, k.Contacts}
		errs = append(errs, of.validate(seen, contacts), k.Validate(path), c.validateTell(path, k.Handler))
	}
	return errors.Join(errs...)
}

// common is what checks and rules have in common.
type common struct {
	path, name string
	severity   metric.Severity
	labels     map[string]string
	contacts   []string
}

// validate adds the name to those of its kind.
func (c common) validate(seen, contacts names) error {
	return errors.Join(seen.add(c.path, c.name), validSeverity(c.path, c.severity),
		validLabels(c.path, c.labels), contacts.known(c.path, c.contacts))
}

func validSeverity(path string, s metric.Severity) error {
	switch s {
	case metric.Info, metric.Warning, metric.Critical:
		return nil
	}
	return fmt.Errorf("%s.severity: %q is none of info, warning, critical", path, s)
}

func validLabels(path string, labels map[string]string) error {
	var errs []error
	for k := range labels {
		if !model.LegacyValidation.IsValidLabelName(k) || strings.HasPrefix(k, "__") {
			errs = append(errs, fmt.Errorf("%s.labels: %q is no label name", path, k))
		}
	}
	return errors.Join(errs...)
}

// names are those given so far to things of one kind.
type names map[string]bool

const maxNameBytes = 100

func (n names) add(path, name string) error {
	defer func() { n[name] = true }()
	switch {
	case name == "":
		return fmt.Errorf("%s.name: is missing", path)
	case n[name]:
		return fmt.Errorf("%s.name: %q is taken", path, name)
	case len(name) > maxNameBytes || strings.ContainsFunc(name, unicode.IsControl):
		return fmt.Errorf("%s.name: %q is too long or holds control characters", path, name)
	}
	return nil
}

func (n names) known(path string, wanted []string) error {
	var errs []error
	for i, w := range wanted {
		if !n[w] {
			errs = append(errs, fmt.Errorf("%s.contacts[%d]: there is no contact %q", path, i, w))
		}
	}
	return errors.Join(errs...)
}
