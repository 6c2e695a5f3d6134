package otlp

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"plimsoll/internal/metric"
)

// Config configures a Receiver.
type Config struct {
	// MaxBodyBytes and MaxDecodedBytes bound a request, packed and unpacked; of one
	// in JSON, which takes more memory, an eighth.
	MaxBodyBytes    int `yaml:"max_body_bytes"`
	MaxDecodedBytes int `yaml:"max_decoded_bytes"`
	// MaxSamples bounds the samples that a request may become.
	MaxSamples int `yaml:"max_samples"`
	// MaxRequests bounds the requests at a time; one source may have half.
	MaxRequests int `yaml:"max_requests"`
	// MaxSeries bounds the running totals of deltas, and the cumulative exponential
	// histograms that are remembered.
	MaxSeries int `yaml:"max_series"`
	// RequestTimeout bounds the receipt of a request, and again its storing.
	RequestTimeout time.Duration `yaml:"request_timeout"`
	// Promote are the attributes of the resource that become labels of each of its
	// series: host.name.
	Promote []string `yaml:"promote"`

	// SourceOf names the sender, SinkOf is where his samples go.
	SourceOf   func(*http.Request) string      `yaml:"-"`
	SinkOf     func(*http.Request) metric.Sink `yaml:"-"`
	Now        func() time.Time                `yaml:"-"`
	Registerer prometheus.Registerer           `yaml:"-"`
}

// Default returns a configuration that needs only SourceOf, SinkOf and Now.
func Default() Config {
	return Config{
		MaxBodyBytes:    16 << 20,
		MaxDecodedBytes: 64 << 20,
		MaxSamples:      100_000,
		MaxRequests:     16,
		MaxSeries:       100_000,
		RequestTimeout:  20 * time.Second,
	}
}

// Validate reports all that is wrong with the configuration.
func (c Config) Validate() error {
	var errs []error
	for _, v := range []struct {
		key string
		is  int
	}{
		{"max_body_bytes", c.MaxBodyBytes},
		{"max_decoded_bytes", c.MaxDecodedBytes},
		{"max_samples", c.MaxSamples},
		{"max_requests", c.MaxRequests},
		{"max_series", c.MaxSeries},
	} {
		if v.is < 1 {
			errs = append(errs, fmt.Errorf("%s: %d is less than 1", v.key, v.is))
		}
	}
	if c.RequestTimeout <= 0 {
		errs = append(errs, fmt.Errorf("request_timeout: %v is not positive", c.RequestTimeout))
	}
	if i := slices.Index(c.Promote, ""); i >= 0 {
		errs = append(errs, fmt.Errorf("promote[%d]: is empty", i))
	}
	return errors.Join(errs...)
}

func (c Config) wired() error {
	if c.SourceOf == nil || c.SinkOf == nil || c.Now == nil {
		return errors.New("otlp: SourceOf, SinkOf or Now is missing")
	}
	return nil
}
