package remote

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"time"
)

// Config configures a Sink.
type Config struct {
	// URLs are the receivers' addresses, to which /api/v1/write is added. The
	// first is used as long as it works; the others stand in for it, in order.
	URLs []string `yaml:"-"`
	// Token is sent as a bearer token. TokenFile is read at each request, so
	// that a token can be changed in place. At most one of the two is set.
	Token     string `yaml:"token"`
	TokenFile string `yaml:"token_file"`
	TLS       TLS    `yaml:"tls"`
	// Timeout bounds one request.
	Timeout time.Duration `yaml:"timeout"`
	// MinBackoff and MaxBackoff bound the pause between two attempts.
	MinBackoff time.Duration `yaml:"min_backoff"`
	MaxBackoff time.Duration `yaml:"max_backoff"`
	// MaxRetryAfter bounds the pause that a receiver may ask for.
	MaxRetryAfter time.Duration `yaml:"max_retry_after"`
	// Failures is how many requests in a row must fail for the next receiver to
	// be used.
	Failures int `yaml:"failures"`
	// Probe is how often the first receiver is tried while another is used.
	Probe time.Duration `yaml:"probe"`

	// UserAgent names the program to the receiver.
	UserAgent string           `yaml:"-"`
	Now       func() time.Time `yaml:"-"` // nil: the clock
	Logger    *slog.Logger     `yaml:"-"`
}

// TLS says how an https receiver is known, and how we are known to it. The
// files are read at the start.
type TLS struct {
	CAFile     string `yaml:"ca_file"`
	CertFile   string `yaml:"cert_file"`
	KeyFile    string `yaml:"key_file"`
	ServerName string `yaml:"server_name"`
}

// Default returns a configuration for a receiver on this host.
func Default() Config {
	return Config{
		URLs:          []string{"http://127.0.0.1:8680"},
		Timeout:       10 * time.Second,
		MinBackoff:    500 * time.Millisecond,
		MaxBackoff:    10 * time.Second,
		MaxRetryAfter: 5 * time.Minute,
		Failures:      3,
		Probe:         30 * time.Second,
		UserAgent:     "plimsoll-agent",
	}
}

// ValidateURLs reports addresses that are none, by their place.
func ValidateURLs(urls []string) error {
	if len(urls) == 0 {
		return errors.New(" is empty; name a URL")
	}
	var errs []error
	for i, text := range urls {
		u, err := url.Parse(text)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
			errs = append(errs, fmt.Errorf("[%d]: %q is not of the form http://host:port or https://host:port", i, text))
		}
	}
	return errors.Join(errs...)
}

// Validate reports all that is wrong with the configuration but its URLs.
func (c Config) Validate() error {
	var errs []error
	bad := func(wrong bool, format string, args ...any) {
		if wrong {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	bad(c.Token != "" && c.TokenFile != "", "token: set together with token_file")
	bad((c.TLS.CertFile == "") != (c.TLS.KeyFile == ""), "tls.cert_file: goes together with tls.key_file")
	bad(c.Timeout <= 0, "timeout: %v is not positive", c.Timeout)
	bad(c.MinBackoff <= 0 || c.MaxBackoff < c.MinBackoff,
		"min_backoff: %v must be positive and at most max_backoff, %v", c.MinBackoff, c.MaxBackoff)
	bad(c.MaxRetryAfter < 0, "max_retry_after: %v is negative", c.MaxRetryAfter)
	bad(c.Failures < 1, "failures: %d is less than 1", c.Failures)
	bad(c.Probe < time.Second, "probe: %v is less than 1s", c.Probe)
	return errors.Join(errs...)
}
