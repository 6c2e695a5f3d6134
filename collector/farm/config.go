package farm

import (
	"errors"
	"fmt"
	"log/slog"
	"path"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"plimsoll/internal/durable"
	"plimsoll/internal/metric"
)

// Config says which timings are merged.
type Config struct {
	Enabled bool `yaml:"enabled"`
	// Names are patterns, as path.Match has them, of the names of timings that are
	// merged; Jobs those of their label job. One of both is enough.
	Names []string `yaml:"names"`
	Jobs  []string `yaml:"jobs"`
	// Grace is how long the timings of an interval are waited for.
	Grace time.Duration `yaml:"grace"`
	// MaxPending bounds the slots that wait: series times intervals.
	MaxPending int `yaml:"max_pending"`

	// Interval is that of the merged timings.
	Interval time.Duration `yaml:"-"`
	// Dir is where the journal is kept.
	Dir string `yaml:"-"`
	// Sink gets all samples, and the merged timings.
	Sink       metric.Sink           `yaml:"-"`
	Now        func() time.Time      `yaml:"-"`
	Registerer prometheus.Registerer `yaml:"-"`
	Logger     *slog.Logger          `yaml:"-"`

	fs durable.FS // nil: the disk
}

// Default merges what the counter daemons of agents count, and the times of
// requests in access logs.
func Default() Config {
	return Config{
		Enabled: true, Names: []string{"http_request_duration_seconds", "http_upstream_duration_seconds"}, Jobs: []string{"counterd"},
		Grace: 20 * time.Second, MaxPending: 100_000, Interval: 10 * time.Second,
	}
}

// Validate reports all that is wrong with the configuration.
func (c Config) Validate() error {
	var errs []error
	patterns := func(key string, list []string) {
		for i, p := range list {
			if _, err := path.Match(p, ""); err != nil {
				errs = append(errs, fmt.Errorf("%s[%d]: %q: %w", key, i, p, err))
			}
		}
	}
	patterns("names", c.Names)
	patterns("jobs", c.Jobs)
	if c.Grace < time.Second || c.Grace > time.Hour {
		errs = append(errs, fmt.Errorf("grace: %v is not between 1s and 1h", c.Grace))
	}
	if c.MaxPending < 1 {
		errs = append(errs, fmt.Errorf("max_pending: %d is less than 1", c.MaxPending))
	}
	return errors.Join(errs...)
}

// picks says whether a sample is one that is merged.
func (c Config) picks(s *metric.Sample) bool {
	if s.Kind != metric.Timing || s.Sketch == nil || s.Labels.Get(instanceLabel) == "" {
		return false
	}
	return matches(c.Names, s.Name()) || matches(c.Jobs, s.Labels.Get("job"))
}

func matches(patterns []string, text string) bool {
	for _, p := range patterns {
		if is, _ := path.Match(p, text); is {
			return true
		}
	}
	return false
}
