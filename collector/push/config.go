package push

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"plimsoll/internal/metric"
)

// Config configures a Gateway.
type Config struct {
	// Interval is how often the values of all groups are sampled.
	Interval time.Duration `yaml:"interval"`
	// Expire is how long a group lives after its last push.
	Expire time.Duration `yaml:"expire"`
	// MaxGroups and MaxSeries bound all groups; one source may have a quarter.
	MaxGroups int `yaml:"max_groups"`
	MaxSeries int `yaml:"max_series"`
	// MaxBodyBytes bounds a push, packed and unpacked.
	MaxBodyBytes int `yaml:"max_body_bytes"`
	// MaxRequests bounds the pushes at a time; one source may have half.
	MaxRequests int `yaml:"max_requests"`
	// RequestTimeout bounds the receipt of a push, and the sampling of one source.
	RequestTimeout time.Duration `yaml:"request_timeout"`

	// Dir is where the groups are kept; empty keeps them nowhere.
	Dir        string                          `yaml:"-"`
	SinkFor    func(source string) metric.Sink `yaml:"-"`
	Now        func() time.Time                `yaml:"-"`
	Registerer prometheus.Registerer           `yaml:"-"`
	Logger     *slog.Logger                    `yaml:"-"`
}

// Default returns a configuration that needs only Dir, SinkFor and Now. A group
// lives long enough that a job of each night can be missed, and somebody told.
func Default() Config {
	return Config{
		Interval:       10 * time.Second,
		Expire:         72 * time.Hour,
		MaxGroups:      10_000,
		MaxSeries:      100_000,
		MaxBodyBytes:   4 << 20,
		MaxRequests:    16,
		RequestTimeout: 20 * time.Second,
	}
}

// Validate reports all that is wrong with the configuration.
func (c Config) Validate() error {
	var errs []error
	for _, v := range []struct {
		key string
		is  int
	}{
		{"max_groups", c.MaxGroups},
		{"max_series", c.MaxSeries},
		{"max_body_bytes", c.MaxBodyBytes},
		{"max_requests", c.MaxRequests},
	} {
		if v.is < 1 {
			errs = append(errs, fmt.Errorf("%s: %d is less than 1", v.key, v.is))
		}
	}
	if c.Interval < time.Second || c.Interval > 5*time.Minute {
		errs = append(errs, fmt.Errorf("interval: %v is not between 1s and 5m", c.Interval))
	}
	if c.Expire < c.Interval || c.Expire <= 0 {
		errs = append(errs, fmt.Errorf("expire: %v is less than interval, or nothing", c.Expire))
	}
	if c.RequestTimeout <= 0 {
		errs = append(errs, fmt.Errorf("request_timeout: %v is not positive", c.RequestTimeout))
	}
	return errors.Join(errs...)
}
