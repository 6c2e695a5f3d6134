package check

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"plimsoll/alerting/handler"
	"plimsoll/alerting/state"
	"plimsoll/internal/metric"
)

// Config is a check of one service. Exactly one kind is set.
type Config struct {
	Name string `yaml:"name"`

	HTTP    *HTTP    `yaml:"http"`
	TCP     *TCP     `yaml:"tcp"`
	ICMP    *ICMP    `yaml:"icmp"`
	DNS     *DNS     `yaml:"dns"`
	SMTP    *SMTP    `yaml:"smtp"`
	Process *Process `yaml:"process"`
	Systemd *Systemd `yaml:"systemd"`
	Agent   *Agent   `yaml:"agent"`
	Plugin  *Plugin  `yaml:"plugin"`

	Interval      time.Duration    `yaml:"interval"`
	RetryInterval time.Duration    `yaml:"retry_interval"`
	MaxAttempts   int              `yaml:"max_attempts"`
	Flapping      state.Thresholds `yaml:"flapping"`
	// Severity is the most that the check can be: what is critical is told as
	// this, and a warning as no more than this.
	Severity metric.Severity   `yaml:"severity"`
	Contacts []string          `yaml:"contacts"`
	Labels   map[string]string `yaml:"labels"`
	Summary  string            `yaml:"summary"`
	// Handler is tried before anybody is told; nil: there is none.
	Handler *handler.Config `yaml:"handler"`
}

// kind is one way to look. Its methods but the last two are for any values,
// those for valid ones that have their defaults.
type kind interface {
	key() string
	validate(bad complaint)
	about() about
	// prober returns what looks; it may be used by many at a time.
	prober(m Means) prober
}

// about is what all kinds have in common.
type about struct {
	// target is what people see of where a check looks: no secrets in it.
	target  string
	timeout time.Duration
}

// kinds returns those that are set.
func (c Config) kinds() []kind {
	var set []kind
	add := func(is bool, k kind) {
		if is {
			set = append(set, k)
		}
	}
	add(c.HTTP != nil, c.HTTP)
	add(c.TCP != nil, c.TCP)
	add(c.ICMP != nil, c.ICMP)
	add(c.DNS != nil, c.DNS)
	add(c.SMTP != nil, c.SMTP)
	add(c.Process != nil, c.Process)
	add(c.Systemd != nil, c.Systemd)
	add(c.Agent != nil, c.Agent)
	add(c.Plugin != nil, c.Plugin)
	return set
}

// kindNames are the keys of all kinds.
func kindNames() []string {
	all := Config{HTTP: &HTTP{}, TCP: &TCP{}, ICMP: &ICMP{}, DNS: &DNS{}, SMTP: &SMTP{}, Process: &Process{}, Systemd: &Systemd{}, Agent: &Agent{}, Plugin: &Plugin{}}
	var names []string
	for _, k := range all.kinds() {
		names = append(names, k.key())
	}
	return names
}

// WithDefaults returns c with what was left out filled in.
func (c Config) WithDefaults() Config {
	setDefault(&c.Interval, 30*time.Second)
	setDefault(&c.RetryInterval, min(10*time.Second, c.Interval))
	setDefault(&c.MaxAttempts, 3)
	setDefault(&c.Severity, metric.Critical)
	c.Flapping = c.Flapping.WithDefaults()
	c.HTTP = filled(c.HTTP, (*HTTP).setDefaults)
	c.TCP = filled(c.TCP, (*TCP).setDefaults)
	c.ICMP = filled(c.ICMP, (*ICMP).setDefaults)
	c.DNS = filled(c.DNS, (*DNS).setDefaults)
	c.SMTP = filled(c.SMTP, (*SMTP).setDefaults)
	c.Process = filled(c.Process, (*Process).setDefaults)
	c.Systemd = filled(c.Systemd, (*Systemd).setDefaults)
	c.Agent = filled(c.Agent, (*Agent).setDefaults)
	c.Plugin = filled(c.Plugin, (*Plugin).setDefaults)
	if c.Handler != nil {
		h := c.Handler.ForCheck(c.MaxAttempts)
		c.Handler = &h
	}
	return c
}

// filled returns a copy of what is configured, with its defaults.
func filled[T any](given *T, fill func(*T)) *T {
	if given == nil {
		return nil
	}
	c := *given
	fill(&c)
	return &c
}

func setDefault[T comparable](v *T, def T) {
	var zero T
	if *v == zero {
		*v = def
	}
}

// complaint notes what is wrong with the value of a key.
type complaint func(key, format string, args ...any)

// under returns a complaint about what stands below a key.
func (bad complaint) under(parent string) complaint {
	return func(key, format string, args ...any) { bad(parent+"."+key, format, args...) }
}

// Validate reports all that is wrong with c, which must have its defaults. Each
// problem begins with the key under which it stands, path being c's own.
func (c Config) Validate(path string) error {
	var errs []error
	bad := complaint(func(key, format string, args ...any) {
		errs = append(errs, fmt.Errorf("%s.%s: %s", path, key, fmt.Sprintf(format, args...)))
	})
	kinds := c.kinds()
	if len(kinds) != 1 {
		errs = append(errs, fmt.Errorf("%s: needs one of %s, and has %d", path, strings.Join(kindNames(), ", "), len(kinds)))
	}
	if c.Interval < time.Second {
		bad("interval", "%v is less than 1s", c.Interval)
	}
	if c.RetryInterval < time.Second {
		bad("retry_interval", "%v is less than 1s", c.RetryInterval)
	}
	if c.MaxAttempts < 1 || c.MaxAttempts > 100 {
		bad("max_attempts", "%d is not between 1 and 100", c.MaxAttempts)
	}
	for _, k := range kinds {
		k.validate(bad.under(k.key()))
		if d := k.about().timeout; d < 10*time.Millisecond || d > time.Minute {
			bad(k.key()+".timeout", "%v is not between 10ms and 1m", d)
		}
	}
	if c.Handler != nil {
		errs = append(errs, c.Handler.ValidateCheck(path+".handler", c.MaxAttempts, c.Labels))
	}
	return errors.Join(append(errs, c.Flapping.Validate(path+".flapping"))...)
}

// Ceiling is what a state is told as by a check of a severity: critical as that,
// a warning as no more than that. What is unknown stays so.
func Ceiling(state, most metric.Severity) metric.Severity {
	order := []metric.Severity{metric.OK, metric.Info, metric.Warning, metric.Critical}
	at, top := slices.Index(order, state), slices.Index(order, most)
	if at < 0 || top < 0 {
		return state
	}
	return order[min(at, top)]
}
