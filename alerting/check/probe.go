package check

import (
	"context"
	"errors"
	"net"
	"net/url"
	"strings"
	"syscall"
	"time"
)

// A Dialer opens connections; *net.Dialer is one.
type Dialer interface {
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
}

// Result is what one probe found.
type Result struct {
	OK bool
	// Summary says in one line what was seen.
	Summary string
}

// A Check is ready to probe its service, from one goroutine or many.
type Check struct {
	// Target is what the check looks at: a URL, or host:port.
	Target  string
	timeout time.Duration
	probe   func(context.Context) Result
}

// New returns the check that c, which is valid and has its defaults, describes.
func New(c Config, d Dialer) *Check {
	if c.HTTP != nil {
		target := c.HTTP.URL
		if u, err := url.Parse(target); err == nil {
			target = u.Redacted() // people see it; a password is not for them
		}
		return &Check{Target: target, timeout: c.HTTP.Timeout, probe: newHTTP(*c.HTTP, d)}
	}
	tcp := *c.TCP
	return &Check{Target: tcp.Address, timeout: tcp.Timeout, probe: func(ctx context.Context) Result {
		return tcp.probe(ctx, d)
	}}
}

// Probe looks once. It returns at the check's timeout at the latest.
func (c *Check) Probe(ctx context.Context) Result {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	r := c.probe(ctx)
	r.Summary = clip(r.Summary)
	return r
}

// maxSummary bounds a summary, in characters: peers write part of it.
const maxSummary = 300

func clip(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if runes := []rune(s); len(runes) > maxSummary {
		return string(runes[:maxSummary]) + "…"
	}
	return s
}

// explain says what an error of the network means, in words an operator uses.
func explain(err error, timeout time.Duration) string {
	var dns *net.DNSError
	var timed net.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timed) && timed.Timeout():
		return "no answer within " + timeout.String()
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.Is(err, syscall.ECONNRESET):
		return "connection reset"
	case errors.As(err, &dns):
		return "cannot resolve " + dns.Name + ": " + dns.Err
	}
	if failed := (*url.Error)(nil); errors.As(err, &failed) {
		return failed.Err.Error() // the URL is known, and may hold a secret
	}
	return err.Error()
}
