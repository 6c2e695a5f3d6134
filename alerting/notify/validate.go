package notify

import (
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"os"
	"strings"
	"time"
)

// Validate reports all that is wrong with c, which must have its defaults. Each
// problem begins with the key under which it stands, path being c's own.
func (c Contact) Validate(path string) error {
	var errs []error
	bad := func(key, format string, args ...any) {
		errs = append(errs, fmt.Errorf("%s.%s: %s", path, key, fmt.Sprintf(format, args...)))
	}
	if c.Email == nil && c.Webhook == nil {
		errs = append(errs, fmt.Errorf("%s: needs email, webhook or both", path))
	}
	if c.Email != nil {
		c.Email.validate(bad)
	}
	if c.Webhook != nil {
		c.Webhook.validate(bad)
	}
	return errors.Join(errs...)
}

func (e *Email) validate(bad func(key, format string, args ...any)) {
	if len(e.To) == 0 {
		bad("email.to", "is missing")
	}
	seen := map[string]bool{}
	for i, to := range e.To {
		if a, err := mail.ParseAddress(to); err != nil || a.Address != to {
			bad(fmt.Sprintf("email.to[%d]", i), "%q is no plain mail address", to)
		}
		if seen[to] {
			bad(fmt.Sprintf("email.to[%d]", i), "%q stands there twice", to)
		}
		seen[to] = true
	}
	if _, err := mail.ParseAddress(e.From); err != nil {
		bad("email.from", "%q is no mail address", e.From)
	}
	if host, port, err := net.SplitHostPort(e.SMTP); err != nil || host == "" {
		bad("email.smtp", "%q is not host:port", e.SMTP)
	} else if n, err := net.LookupPort("tcp", port); err != nil || n == 0 {
		bad("email.smtp", "%q: no such port", e.SMTP)
	}
	switch e.TLS {
	case TLSNone, TLSStart, TLSImplicit:
	default:
		bad("email.tls", "%q is none of none, starttls, tls", e.TLS)
	}
	if _, err := e.tlsConfig(""); err != nil {
		bad("email.ca_file", "%v", err)
	}
	e.validateSecret(bad)
	validTimeout(e.Timeout, "email.timeout", bad)
}

func (e *Email) validateSecret(bad func(key, format string, args ...any)) {
	if (e.Username == "") != (e.PasswordFile == "") {
		bad("email.username", "username and password_file go together")
	}
	if e.PasswordFile == "" {
		return
	}
	if _, err := e.password(); err != nil {
		bad("email.password_file", "%v", err)
	}
}

// password reads the secret anew each time, so that it can be changed while the
// service runs.
func (e *Email) password() (string, error) {
	b, err := os.ReadFile(e.PasswordFile)
	return strings.TrimRight(string(b), "\r\n"), err
}

func (w *Webhook) validate(bad func(key, format string, args ...any)) {
	u, err := url.Parse(w.URL)
	switch {
	case err != nil:
		bad("webhook.url", "%v", err)
	case u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		bad("webhook.url", "%q is no http or https address", w.URL)
	}
	validTimeout(w.Timeout, "webhook.timeout", bad)
}

func validTimeout(d time.Duration, key string, bad func(key, format string, args ...any)) {
	if d < 10*time.Millisecond || d > 5*time.Minute {
		bad(key, "%v is not between 10ms and 5m", d)
	}
}
