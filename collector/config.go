package collector

import (
	"errors"
	"fmt"
	"log/slog"
	"path"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"plimsoll/collector/limit"
	"plimsoll/internal/metric"
)

// Config configures a Collector.
type Config struct {
	// MaxBodyBytes and MaxDecodedBytes bound a request, packed and unpacked.
	MaxBodyBytes    int `yaml:"max_body_bytes"`
	MaxDecodedBytes int `yaml:"max_decoded_bytes"`
	// MaxSamples bounds the samples of a request; the rest is refused.
	MaxSamples int `yaml:"max_samples"`
	// MaxRequests bounds the requests at a time; one address may have half.
	MaxRequests int `yaml:"max_requests"`
	// MaxHosts bounds the hosts that are watched; one source may bring a quarter.
	MaxHosts int `yaml:"max_hosts"`
	// MaxSources bounds the sources that are told apart; beyond it the one that was
	// silent longest is forgotten.
	MaxSources int `yaml:"max_sources"`
	// Limits bound what each source may bring.
	Limits limit.Config `yaml:"limits"`
	// RequestTimeout bounds the receipt of a request, and again its storing.
	RequestTimeout time.Duration `yaml:"request_timeout"`
	// Retire is how long a host may be silent before it leaves the live view: then
	// its up is no longer written, neither 1 nor 0, so that whatever alerts on up 0
	// finds nothing there. It comes back when it sends. Forget is when its age is
	// dropped too.
	Retire time.Duration `yaml:"retire"`
	Forget time.Duration `yaml:"forget"`
	// Watch are patterns of sources, "graphite *": hosts whose samples come from
	// them, and whose up nobody else writes, have up written each minute, 0 when
	// nothing has come for WatchSilence.
	Watch        []string      `yaml:"watch"`
	WatchSilence time.Duration `yaml:"watch_silence"`

	// Dir is where the known hosts are kept; empty keeps them nowhere.
	Dir        string                `yaml:"-"`
	Sink       metric.Sink           `yaml:"-"`
	Registerer prometheus.Registerer `yaml:"-"`
	Logger     *slog.Logger          `yaml:"-"`
}

// Default returns a configuration that needs only Dir and Sink.
func Default() Config {
	return Config{
		MaxBodyBytes:    32 << 20,
		MaxDecodedBytes: 64 << 20,
		MaxSamples:      100_000,
		MaxRequests:     16,
		MaxHosts:        10_000,
		MaxSources:      10_000,
		Limits:          limit.Default(),
		RequestTimeout:  20 * time.Second,
		Retire:          7 * 24 * time.Hour, // who died on Friday still alerts on Monday
		Forget:          400 * 24 * time.Hour,
		Watch:           []string{"graphite *"},
		WatchSilence:    5 * time.Minute,
	}
}

// Validate reports all that is wrong with the configuration.
func (c Config) Validate() error {
	var errs []error
	positive := func(key string, v int) {
		if v < 1 {
			errs = append(errs, fmt.Errorf("%s: %d is less than 1", key, v))
		}
	}
	positive("max_body_bytes", c.MaxBodyBytes)
	positive("max_decoded_bytes", c.MaxDecodedBytes)
	positive("max_samples", c.MaxSamples)
	positive("max_requests", c.MaxRequests)
	positive("max_hosts", c.MaxHosts)
	positive("max_sources", c.MaxSources)
	if c.RequestTimeout <= 0 {
		errs = append(errs, fmt.Errorf("request_timeout: %v is not positive", c.RequestTimeout))
	}
	if c.Retire < time.Minute {
		errs = append(errs, fmt.Errorf("retire: %v is less than 1m", c.Retire))
	}
	if c.Forget < c.Retire || c.Forget <= 0 {
		errs = append(errs, fmt.Errorf("forget: %v is less than retire, or nothing", c.Forget))
	}
	for i, pattern := range c.Watch {
		if _, err := path.Match(pattern, ""); err != nil || pattern == "" {
			errs = append(errs, fmt.Errorf("watch[%d]: %q is not a pattern such as %q", i, pattern, "graphite *"))
		}
	}
	if c.WatchSilence < time.Second {
		errs = append(errs, fmt.Errorf("watch_silence: %v is less than 1s", c.WatchSilence))
	}
	return errors.Join(append(errs, under("limits", c.Limits.Validate()))...)
}

// under puts a key before each line of its problems.
func under(key string, err error) error {
	if err == nil {
		return nil
	}
	var multi interface{ Unwrap() []error }
	if !errors.As(err, &multi) {
		return fmt.Errorf("%s.%w", key, err)
	}
	var errs []error
	for _, e := range multi.Unwrap() {
		errs = append(errs, under(key, e))
	}
	return errors.Join(errs...)
}
