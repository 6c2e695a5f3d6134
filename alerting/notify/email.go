package notify

import (
	"context"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"strings"
	"time"

	"plimsoll/internal/secret"

	"github.com/wneessen/go-mail"
)

// Email is how to send mail to a contact.
type Email struct {
	To   []string `yaml:"to"`
	From string   `yaml:"from"`
	// SMTP is host:port of the server that takes the mail.
	SMTP         string `yaml:"smtp"`
	Username     string `yaml:"username"`
	PasswordFile string `yaml:"password_file"`
	// CAFile holds the certificates that the server's must go back to, instead
	// of those of the system.
	CAFile string `yaml:"ca_file"`
	// TLS is none, starttls (the default, and then required) or tls.
	TLS     string        `yaml:"tls"`
	Timeout time.Duration `yaml:"timeout"`
	// Digest is how often a mail of all comes that is not critical; 0: each at
	// once.
	Digest time.Duration `yaml:"digest"`
	// Chart says whether mails of rules carry the chart; nil: they do.
	Chart *bool `yaml:"chart"`
}

// The values of Email.TLS.
const (
	TLSNone     = "none"
	TLSStart    = "starttls"
	TLSImplicit = "tls"
)

func (e *Email) withDefaults() channel {
	c := *e
	if c.TLS == "" {
		c.TLS = TLSStart
	}
	if c.Timeout == 0 {
		c.Timeout = 20 * time.Second
	}
	return &c
}

func (e *Email) routes() []string {
	routes := make([]string, len(e.To))
	for i, to := range e.To {
		routes[i] = "email:" + to
	}
	return routes
}

func (e *Email) validate(bad complaint) {
	if len(e.To) == 0 {
		bad("email.to", "is missing")
	}
	seen := map[string]bool{}
	for i, to := range e.To {
		if a, err := netmail.ParseAddress(to); err != nil || a.Address != to {
			bad(fmt.Sprintf("email.to[%d]", i), "%q is no plain mail address", to)
		}
		if seen[to] {
			bad(fmt.Sprintf("email.to[%d]", i), "%q stands there twice", to)
		}
		seen[to] = true
	}
	if _, err := netmail.ParseAddress(e.From); err != nil {
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
	if (e.Username == "") != (e.PasswordFile == "") {
		bad("email.username", "username and password_file go together")
	}
	if e.PasswordFile != "" {
		validSecret(e.PasswordFile, "email.password_file", bad)
	}
	validTimeout(e.Timeout, "email.timeout", bad)
	if e.Digest != 0 && (e.Digest < time.Minute || e.Digest > 7*24*time.Hour) {
		bad("email.digest", "%v is not between 1m and 168h", e.Digest)
	}
}

// send hands n to the SMTP server for one recipient.
//
// The session is driven step by step, because only the answer to the message's
// final dot (RFC 5321 section 4.2.5) says whether the server took it over: an
// error of RSET or QUIT after that must not send the mail again.
func (e *Email) send(ctx context.Context, by means, route string, n note) (answer string, err error) {
	to := place(route)
	charts := e.charts(ctx, by, n.Message) // has a deadline of its own, and the mail's is not spent
	ctx, cancel := context.WithTimeout(ctx, e.Timeout)
	defer cancel()
	msg, err := e.compose(to, n, charts)
	if err != nil {
		return "", fmt.Errorf("compose mail to %s: %w", to, errors.Join(err, ErrFinal))
	}
	client, err := e.client(ctx, by.dialer)
	if err != nil {
		return "", fmt.Errorf("mail to %s: %w", to, err)
	}
	session, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return "", fmt.Errorf("connect to mail server %s: %w", e.SMTP, e.discreet(err))
	}
	err = client.SendWithSMTPClient(session, msg)
	if msg.IsDelivered() {
		_ = client.CloseWithSMTPClient(session) // taken over; nothing more is wanted
		return cut(msg.ServerResponse(), maxSaid), nil
	}
	_ = session.Close()
	return "", fmt.Errorf("mail to %s by %s: %w", to, e.SMTP, final(e.discreet(err)))
}

// discreet takes the password out of an error, should a server repeat it.
func (e *Email) discreet(err error) error {
	if err == nil || e.PasswordFile == "" {
		return err
	}
	password, readErr := secret.Read(e.PasswordFile)
	if readErr != nil || !strings.Contains(err.Error(), password) {
		return err
	}
	text := errors.New(hide(err.Error(), "", []string{password}))
	if errors.Is(final(err), ErrFinal) {
		return errors.Join(text, ErrFinal)
	}
	return text
}

// final adds ErrFinal to a permanent refusal, the 5yz replies of RFC 5321.
func final(err error) error {
	var send *mail.SendError
	if errors.As(err, &send) && send.ErrorCode() >= 500 && send.ErrorCode() < 600 {
		return errors.Join(err, ErrFinal)
	}
	if err == nil {
		return errors.New("not taken over by the server")
	}
	return err
}

func (e *Email) compose(to string, n note, charts []chart) (*mail.Msg, error) {
	msg := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if err := errors.Join(msg.From(e.From), msg.To(to)); err != nil {
		return nil, err
	}
	domain := "localhost"
	if from, err := netmail.ParseAddress(e.From); err == nil {
		domain = from.Address[strings.LastIndexByte(from.Address, '@')+1:]
	}
	msg.Subject(n.subject)
	msg.SetDateWithValue(n.At)
	msg.SetMessageIDWithValue(n.Delivery + "@" + domain)
	if n.Reply != "" {
		problem := "<" + n.Reply + "@" + domain + ">"
		msg.SetGenHeader(mail.HeaderInReplyTo, problem)
		msg.SetGenHeader(mail.HeaderReferences, problem)
	}
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no holiday replies
	msg.SetGenHeader("X-Plimsoll-Alert", oneLine(n.ID))
	msg.SetBodyString(mail.TypeTextPlain, n.text)
	return msg, illustrate(msg, n, domain, charts)
}
