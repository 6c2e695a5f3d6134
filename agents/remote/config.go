package remote

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Config configures a Sink.
type Config struct {
	// URL is the receiver's address, to which /api/v1/write is added.
	URL string `yaml:"url"`
	// Token is sent as a bearer token. TokenFile is read at each request, so
	// that a token can be changed in place. At most one of the two is set.
	Token     string `yaml:"token"`
	TokenFile string `yaml:"token_file"`
	// Timeout bounds one request.
	Timeout time.Duration `yaml:"timeout"`
	// MinBackoff and MaxBackoff bound the pause between two attempts.
	MinBackoff time.Duration `yaml:"min_backoff"`
	MaxBackoff time.Duration `yaml:"max_backoff"`
	// MaxRetryAfter bounds the pause that a receiver may ask for.
	MaxRetryAfter time.Duration `yaml:"max_retry_after"`
	// UserAgent names the program to the receiver.
	UserAgent string `yaml:"-"`

	Registerer prometheus.Registerer `yaml:"-"`
	Logger     *slog.Logger          `yaml:"-"`
}

// Default returns a configuration for a receiver on this host.
func Default() Config {
	return Config{
		URL:           "http://127.0.0.1:8680",
		Timeout:       10 * time.Second,
		MinBackoff:    500 * time.Millisecond,
		MaxBackoff:    10 * time.Second,
		MaxRetryAfter: 5 * time.Minute,
		UserAgent:     "plimsoll-agent",
	}
}

// Validate reports all that is wrong with the configuration.
func (c Config) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if u, err := url.Parse(c.URL); err != nil {
		bad("url: %w", err)
	} else if (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		bad("url: %q is not of the form http://host:port or https://host:port", c.URL)
	}
	if c.Token != "" && c.TokenFile != "" {
		errs = append(errs, errors.New("token: set together with token_file"))
	}
	if c.Timeout <= 0 {
		bad("timeout: %v is not positive", c.Timeout)
	}
	if c.MinBackoff <= 0 || c.MaxBackoff < c.MinBackoff {
		bad("min_backoff: %v must be positive and at most max_backoff, %v", c.MinBackoff, c.MaxBackoff)
	}
	if c.MaxRetryAfter < 0 {
		bad("max_retry_after: %v is negative", c.MaxRetryAfter)
	}
	return errors.Join(errs...)
}
