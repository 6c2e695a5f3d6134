package check

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"

	"plimsoll/alerting/state"
	"plimsoll/internal/metric"
)

// Config is a check of one service. Exactly one of HTTP and TCP is set.
type Config struct {
	Name          string            `yaml:"name"`
	HTTP          *HTTP             `yaml:"http"`
	TCP           *TCP              `yaml:"tcp"`
	Interval      time.Duration     `yaml:"interval"`
	RetryInterval time.Duration     `yaml:"retry_interval"`
	MaxAttempts   int               `yaml:"max_attempts"`
	Flapping      state.Thresholds  `yaml:"flapping"`
	Severity      metric.Severity   `yaml:"severity"`
	Contacts      []string          `yaml:"contacts"`
	Labels        map[string]string `yaml:"labels"`
	Summary       string            `yaml:"summary"`
}

// HTTP asks for a page.
type HTTP struct {
	URL             string            `yaml:"url"`
	Method          string            `yaml:"method"`
	Headers         map[string]string `yaml:"headers"`
	Status          []int             `yaml:"status"`
	Contains        string            `yaml:"contains"`
	Timeout         time.Duration     `yaml:"timeout"`
	FollowRedirects bool              `yaml:"follow_redirects"`
}

// TCP connects, sends Send and waits for an answer that holds Expect.
type TCP struct {
	Address string        `yaml:"address"`
	Send    string        `yaml:"send"`
	Expect  string        `yaml:"expect"`
	Timeout time.Duration `yaml:"timeout"`
}

// WithDefaults returns c with what was left out filled in.
func (c Config) WithDefaults() Config {
	setDefault(&c.Interval, 30*time.Second)
	setDefault(&c.RetryInterval, min(10*time.Second, c.Interval))
	setDefault(&c.MaxAttempts, 3)
	setDefault(&c.Severity, metric.Critical)
	c.Flapping = c.Flapping.WithDefaults()
	if c.HTTP != nil {
		h := *c.HTTP
		setDefault(&h.Timeout, 5*time.Second)
		setDefault(&h.Method, "GET")
		c.HTTP = &h
	}
	if c.TCP != nil {
		t := *c.TCP
		setDefault(&t.Timeout, 5*time.Second)
		c.TCP = &t
	}
	return c
}

func setDefault[T comparable](v *T, def T) {
	var zero T
	if *v == zero {
		*v = def
	}
}

// Validate reports all that is wrong with c, which must have its defaults. Each
// problem begins with the key under which it stands, path being c's own.
func (c Config) Validate(path string) error {
	var errs []error
	bad := func(key, format string, args ...any) {
		errs = append(errs, fmt.Errorf("%s.%s: %s", path, key, fmt.Sprintf(format, args...)))
	}
	if (c.HTTP == nil) == (c.TCP == nil) {
		errs = append(errs, fmt.Errorf("%s: needs either http or tcp", path))
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
	if c.HTTP != nil {
		c.HTTP.validate(bad)
	}
	if c.TCP != nil {
		c.TCP.validate(bad)
	}
	return errors.Join(append(errs, c.Flapping.Validate(path+".flapping"))...)
}

func (h *HTTP) validate(bad func(key, format string, args ...any)) {
	u, err := url.Parse(h.URL)
	switch {
	case err != nil:
		bad("http.url", "%v", err)
	case u.Scheme != "http" && u.Scheme != "https":
		bad("http.url", "%q is no http or https address", h.URL)
	case u.Hostname() == "":
		bad("http.url", "%q names no host", h.URL)
	}
	for _, s := range h.Status {
		if s < 100 || s > 599 {
			bad("http.status", "%d is no HTTP status", s)
		}
	}
	checkTimeout(h.Timeout, "http.timeout", bad)
}

func (t *TCP) validate(bad func(key, format string, args ...any)) {
	if _, port, err := net.SplitHostPort(t.Address); err != nil {
		bad("tcp.address", "%q is not host:port", t.Address)
	} else if _, err := net.LookupPort("tcp", port); err != nil {
		bad("tcp.address", "%q: no such port", t.Address)
	}
	checkTimeout(t.Timeout, "tcp.timeout", bad)
}

func checkTimeout(d time.Duration, key string, bad func(key, format string, args ...any)) {
	if d < 10*time.Millisecond || d > time.Minute {
		bad(key, "%v is not between 10ms and 1m", d)
	}
}
