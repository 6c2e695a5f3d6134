package nagios

import (
	"errors"
	"fmt"
	"time"

	"plimsoll/agents"
	"plimsoll/internal/metric"
	"plimsoll/internal/plugin"
)

// Config is one check.
type Config struct {
	agents.Options `yaml:",inline"`
	// Check names it; it is the label check.
	Check string `yaml:"check"`
	// Command is the program, by its whole path or its name in Debian's directory
	// of plugins, and its arguments.
	Command []string `yaml:"command"`
	// Env are further variables of its environment.
	Env map[string]string `yaml:"env"`
	// Timeout bounds a run; 0, and at most: four fifths of the interval.
	Timeout time.Duration `yaml:"timeout"`
	// TimeoutState is the state of a check that did not end in time: ok, warning,
	// critical or unknown; empty: critical.
	TimeoutState metric.Severity `yaml:"timeout_state"`
	// Quiet has the check make series only, and no alert.
	Quiet bool `yaml:"quiet"`
}

func (c Config) withDefaults() Config {
	if c.TimeoutState == "" {
		c.TimeoutState = metric.Critical
	}
	return c
}

// Validate reports all that is wrong with the configuration.
func (c Config) Validate() error {
	errs := []error{c.Options.Validate()}
	if c.Check == "" {
		errs = append(errs, errors.New("check: is empty; give the check a name"))
	}
	if len(c.Command) == 0 || c.Command[0] == "" {
		errs = append(errs, errors.New("command: is empty; give a list of the program and its arguments"))
	}
	if c.Timeout < 0 {
		errs = append(errs, fmt.Errorf("timeout: %v is negative", c.Timeout))
	}
	if _, known := plugin.Codes()[c.withDefaults().TimeoutState]; !known {
		errs = append(errs, fmt.Errorf("timeout_state: %q is not ok, warning, critical or unknown", c.TimeoutState))
	}
	return errors.Join(errs...)
}

// Target makes the target, run on the host of that name.
func (c Config) Target(host string) (agents.Target, error) {
	a, err := New(c)
	if err != nil {
		return agents.Target{}, err
	}
	o := c.Named("nagios", "", host)
	a.host, a.labels = o.Instance, o.Labels
	labels := map[string]string{"check": c.Check}
	for name, value := range o.Labels {
		labels[name] = value
	}
	o.Labels = labels
	return agents.Target{Agent: a, Options: o}, nil
}
