package alerting

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/model"

	"plimsoll/alerting/check"
	"plimsoll/alerting/notify"
	"plimsoll/alerting/rule"
	"plimsoll/internal/metric"
)

// Config is what to look at, what is trouble, and who is told. Start from
// Default.
type Config struct {
	Checks   []check.Config   `yaml:"checks"`
	Rules    []rule.Config    `yaml:"rules"`
	Contacts []notify.Contact `yaml:"contacts"`
	// DefaultRules adds DefaultRules, but for those of a name that Rules has.
	DefaultRules bool `yaml:"default_rules"`
	// GiveUpAfter is how long a message is tried before it is given up.
	GiveUpAfter time.Duration `yaml:"give_up_after"`
	// Concurrency bounds how many checks, and how many rules, run at a time.
	Concurrency int `yaml:"concurrency"`
	// HistoryAge and HistoryRows bound the history.
	HistoryAge  time.Duration `yaml:"history_age"`
	HistoryRows int           `yaml:"history_rows"`
	// DashboardURL stands in messages, for those who want to know more.
	DashboardURL string `yaml:"dashboard_url"`

	// Dir is where the database is kept; one engine at a time.
	Dir string `yaml:"-"`
	// Querier answers the rules' expressions.
	Querier metric.Querier `yaml:"-"`
	// Sink gets the checks' results as series; nil: nobody wants them.
	Sink       metric.Sink           `yaml:"-"`
	Registerer prometheus.Registerer `yaml:"-"`
	Logger     *slog.Logger          `yaml:"-"`
	// Dialer opens the connections of checks and messages; nil: the system's.
	Dialer interface {
		check.Dialer
		notify.Dialer
	} `yaml:"-"`
	// Clock tells the time; nil: time.Now.
	Clock func() time.Time `yaml:"-"`
}

// Default returns a configuration that watches what every host reports and
// tells nobody: the page and the history show it.
func Default() Config {
	return Config{
		DefaultRules: true,
		GiveUpAfter:  24 * time.Hour,
		Concurrency:  64,
		HistoryAge:   400 * 24 * time.Hour,
		HistoryRows:  200_000,
	}
}

// withDefaults returns c with what was left out filled in, the parts too.
func (c Config) withDefaults() Config {
	c.Checks, c.Rules, c.Contacts = slices.Clone(c.Checks), slices.Clone(c.Rules), slices.Clone(c.Contacts)
	for i := range c.Checks {
		c.Checks[i] = c.Checks[i].WithDefaults()
	}
	if c.DefaultRules {
		c.Rules = append(c.Rules, missingDefaults(c.Rules)...)
	}
	for i := range c.Rules {
		c.Rules[i] = c.Rules[i].WithDefaults()
	}
	for i := range c.Contacts {
		c.Contacts[i] = c.Contacts[i].WithDefaults()
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Dialer == nil {
		c.Dialer = &net.Dialer{}
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	return c
}

// Validate reports all that is wrong with c, each problem with the key under
// which it stands.
func (c Config) Validate() error {
	c = c.withDefaults()
	var errs []error
	if c.GiveUpAfter < time.Minute {
		errs = append(errs, fmt.Errorf("give_up_after: %v is less than 1m", c.GiveUpAfter))
	}
	if c.Concurrency < 1 || c.Concurrency > 10_000 {
		errs = append(errs, fmt.Errorf("concurrency: %d is not between 1 and 10000", c.Concurrency))
	}
	if c.HistoryAge < 24*time.Hour {
		errs = append(errs, fmt.Errorf("history_age: %v is less than 24h", c.HistoryAge))
	}
	if c.HistoryRows < 100 {
		errs = append(errs, fmt.Errorf("history_rows: %d is less than 100", c.HistoryRows))
	}
	contacts := names{}
	for i, k := range c.Contacts {
		path := fmt.Sprintf("contacts[%d]", i)
		errs = append(errs, contacts.add(path, k.Name), k.Validate(path))
	}
	return errors.Join(append(errs, c.validateChecks(contacts), c.validateRules(contacts))...)
}

func (c Config) validateChecks(contacts names) error {
	var errs []error
	seen := names{}
	for i, k := range c.Checks {
		path := fmt.Sprintf("checks[%d]", i)
		errs = append(errs, seen.add(path, k.Name), k.Validate(path), validSeverity(path, k.Severity),
			validLabels(path, k.Labels), contacts.known(path, k.Contacts))
	}
	return errors.Join(errs...)
}

func (c Config) validateRules(contacts names) error {
	var errs []error
	seen := names{}
	for i, k := range c.Rules {
		path := fmt.Sprintf("rules[%d]", i)
		errs = append(errs, seen.add(path, k.Name), k.Validate(path), validSeverity(path, k.Severity),
			validLabels(path, k.Labels), contacts.known(path, k.Contacts))
	}
	return errors.Join(errs...)
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
