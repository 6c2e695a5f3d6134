package limit

import (
	"cmp"
	"errors"
	"fmt"
	"path"
	"time"
)

// Config is the limits of all sources, and those of some that have others.
type Config struct {
	Limits `yaml:",inline"`
	// Sources have limits of their own; the first rule that matches counts.
	Sources []Rule `yaml:"sources"`
}

// Limits bound one source.
type Limits struct {
	// Series bounds the series that were active within the last hour.
	Series int `yaml:"series"`
	// SamplesPerSecond bounds the rate; Burst is how many may come at once after
	// a time of less, as when a spool is sent.
	SamplesPerSecond int `yaml:"samples_per_second"`
	Burst            int `yaml:"burst"`
	// Labels bounds the labels of a series, LabelBytes all their names and values
	// together, LabelLength a single name or value, in bytes.
	Labels      int `yaml:"labels"`
	LabelBytes  int `yaml:"label_bytes"`
	LabelLength int `yaml:"label_length"`
	// MaxAhead and MaxAge bound how far a stamp may be ahead of the clock and
	// behind it.
	MaxAhead time.Duration `yaml:"max_ahead"`
	MaxAge   time.Duration `yaml:"max_age"`
}

// Rule gives the sources whose names match other limits; what it leaves out, or
// sets to 0, is as for all.
type Rule struct {
	// Match is a pattern as path.Match has it: "graphite 10.0.0.*".
	Match  string `yaml:"match"`
	Limits `yaml:",inline"`
}

// Default returns limits that nobody reaches by accident: a host has some
// thousands of series, and a spool of many hours is a single burst.
func Default() Config {
	return Config{Limits: Limits{
		Series:           100_000,
		SamplesPerSecond: 100_000,
		Burst:            10_000_000,
		Labels:           40,
		LabelBytes:       8192,
		LabelLength:      4096,
		MaxAhead:         10 * time.Minute,
		MaxAge:           31 * 24 * time.Hour,
	}}
}

// For returns the limits of a source.
func (c Config) For(source string) Limits {
	for _, r := range c.Sources {
		if is, _ := path.Match(r.Match, source); is {
			return r.over(c.Limits)
		}
	}
	return c.Limits
}

// over returns the limits that l sets, and those of all for the others.
func (l Limits) over(all Limits) Limits {
	return Limits{
		Series:           cmp.Or(l.Series, all.Series),
		SamplesPerSecond: cmp.Or(l.SamplesPerSecond, all.SamplesPerSecond),
		Burst:            cmp.Or(l.Burst, all.Burst),
		Labels:           cmp.Or(l.Labels, all.Labels),
		LabelBytes:       cmp.Or(l.LabelBytes, all.LabelBytes),
		LabelLength:      cmp.Or(l.LabelLength, all.LabelLength),
		MaxAhead:         cmp.Or(l.MaxAhead, all.MaxAhead),
		MaxAge:           cmp.Or(l.MaxAge, all.MaxAge),
	}
}

// Validate reports all that is wrong with the limits.
func (c Config) Validate() error {
	errs := c.validate("", 1)
	for i, r := range c.Sources {
		key := fmt.Sprintf("sources[%d].", i)
		if _, err := path.Match(r.Match, ""); err != nil || r.Match == "" {
			errs = append(errs, fmt.Errorf("%smatch: %q is not a pattern such as %q", key, r.Match, "graphite 10.0.0.*"))
		}
		errs = append(errs, r.validate(key, 0)...)
	}
	return errors.Join(errs...)
}

func (l Limits) validate(key string, least int) (errs []error) {
	for _, v := range []struct {
		name string
		is   int
	}{
		{"series", l.Series},
		{"samples_per_second", l.SamplesPerSecond},
		{"burst", l.Burst},
		{"labels", l.Labels},
		{"label_bytes", l.LabelBytes},
		{"label_length", l.LabelLength},
	} {
		if v.is < least {
			errs = append(errs, fmt.Errorf("%s%s: %d is less than %d", key, v.name, v.is, least))
		}
	}
	shortest := time.Duration(least) * time.Second
	if l.MaxAhead < shortest {
		errs = append(errs, fmt.Errorf("%smax_ahead: %v is less than %v", key, l.MaxAhead, shortest))
	}
	if l.MaxAge < shortest {
		errs = append(errs, fmt.Errorf("%smax_age: %v is less than %v", key, l.MaxAge, shortest))
	}
	return errs
}
