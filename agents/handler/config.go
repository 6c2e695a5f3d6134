package handler

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"plimsoll/internal/orders"
)

// Config is one command that may be asked for.
type Config struct {
	Name string `yaml:"name"`
	// Command is the program by its whole path, and its arguments.
	Command []string `yaml:"command"`
	// Timeout ends a run; 0: a minute.
	Timeout time.Duration `yaml:"timeout"`
	Limit   Limit         `yaml:"limit"`
}

// Limit is how many runs there may be within a time; the zero one is three an hour.
type Limit struct {
	Count  int           `yaml:"count"`
	Within time.Duration `yaml:"within"`
}

// List is all that may be asked for.
type List []Config

func (c Config) withDefaults() Config {
	if c.Timeout == 0 {
		c.Timeout = time.Minute
	}
	if c.Limit.Count == 0 {
		c.Limit.Count = 3
	}
	if c.Limit.Within == 0 {
		c.Limit.Within = time.Hour
	}
	return c
}

// Validate reports all that is wrong, each problem with its place in handlers.
func (l List) Validate() error {
	var errs []error
	bad := func(i int, key, format string, args ...any) {
		errs = append(errs, fmt.Errorf("handlers[%d].%s: %s", i, key, fmt.Sprintf(format, args...)))
	}
	if len(l) > orders.MaxHandlers {
		errs = append(errs, fmt.Errorf("handlers: %d are more than %d", len(l), orders.MaxHandlers))
	}
	seen := map[string]bool{}
	for i, c := range l {
		c = c.withDefaults()
		switch {
		case !orders.ValidName(c.Name):
			bad(i, "name", "%q is not made of letters, digits, and - _ . in between", c.Name)
		case seen[c.Name]:
			bad(i, "name", "%q is taken", c.Name)
		}
		seen[c.Name] = true
		if len(c.Command) == 0 || !filepath.IsAbs(c.Command[0]) {
			bad(i, "command", "%q is not a list of a program by its whole path and its arguments", c.Command)
		}
		for _, word := range c.Command {
			if strings.ContainsRune(word, 0) {
				bad(i, "command", "%q holds a zero byte", word)
			}
		}
		if c.Timeout < time.Second || c.Timeout > 10*time.Minute {
			bad(i, "timeout", "%v is not between 1s and 10m", c.Timeout)
		}
		if c.Limit.Count < 1 || c.Limit.Count > 1000 {
			bad(i, "limit.count", "%d is not between 1 and 1000", c.Limit.Count)
		}
		if c.Limit.Within < time.Minute || c.Limit.Within > 24*time.Hour {
			bad(i, "limit.within", "%v is not between 1m and 24h", c.Limit.Within)
		}
	}
	return errors.Join(errs...)
}

// Names lists what may be asked for.
func (l List) Names() []string {
	names := make([]string, len(l))
	for i, c := range l {
		names[i] = c.Name
	}
	return names
}
