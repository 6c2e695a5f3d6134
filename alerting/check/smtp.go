package check

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/mail"
	"strings"
	"time"
)

// SMTP talks with a mail server, and sends no mail.
type SMTP struct {
	Address   string `yaml:"address"`
	IPVersion Family `yaml:"ip_version"`
	// Hello is the name that we say is ours.
	Hello string `yaml:"hello"`
	// Banner must stand in the greeting.
	Banner string `yaml:"banner"`
	// StartTLS wants the server to offer it, and goes on with it. With TLS and
	// without it the connection is secured from the begin.
	StartTLS bool `yaml:"starttls"`
	TLS      *TLS `yaml:"tls"`
	// From and To ask whether the server would take a mail; then RSET.
	From string `yaml:"from"`
	To   string `yaml:"to"`

	ResponseTime Limits[time.Duration] `yaml:"response_time"`
	Timeout      time.Duration         `yaml:"timeout"`
}

func (*SMTP) key() string { return "smtp" }

func (s *SMTP) setDefaults() {
	setDefault(&s.Timeout, 10*time.Second)
	setDefault(&s.Hello, "plimsoll")
	if s.StartTLS && s.TLS == nil {
		s.TLS = &TLS{}
	}
	s.TLS = filled(s.TLS, (*TLS).setDefaults)
}

func (s *SMTP) about() about { return about{s.Address, s.Timeout} }

func (s *SMTP) validate(bad complaint) {
	validAddress(s.Address, "address", bad)
	s.IPVersion.validate(bad)
	if strings.ContainsFunc(s.Hello, notInName) {
		bad("hello", "%q is no name of a host", s.Hello)
	}
	if s.TLS != nil {
		s.TLS.validate(bad.under("tls"))
	}
	for key, address := range map[string]string{"from": s.From, "to": s.To} {
		if a, err := mail.ParseAddress(address); address != "" && (err != nil || a.Address != address) {
			bad(key, "%q is no address of mail", address)
		}
	}
	if s.To != "" && s.From == "" {
		bad("to", "needs from")
	}
	s.ResponseTime.validate(bad.under("response_time"))
}

func notInName(r rune) bool { return r <= ' ' || r > '~' }

func (s *SMTP) prober(m Means) prober {
	return func(ctx context.Context) Result {
		var f findings
		began := m.Clock()
		if err := s.talk(ctx, m, &f); err != nil {
			f.failed(err, s.Timeout)
		}
		f.slow(s.ResponseTime, m.Clock().Sub(began))
		return f.result()
	}
}

// mailTalk is a dialogue with a mail server.
type mailTalk struct {
	net.Conn
	said lines
}

// reply reads a reply, which must have the code: its lines without that.
func (t *mailTalk) reply(to, code string) ([]string, error) {
	var all []string
	for {
		text, err := t.said.next()
		if err != nil {
			return all, err
		}
		if !strings.HasPrefix(text, code) {
			return all, fmt.Errorf("to %s the server says %q", to, clip(text))
		}
		if len(text) < 4 || text[3] != '-' {
			return append(all, strings.TrimSpace(text[min(len(text), 4):])), nil
		}
		all = append(all, text[4:])
	}
}

func (t *mailTalk) say(command, code string) ([]string, error) {
	if _, err := io.WriteString(t, command+"\r\n"); err != nil {
		return nil, err
	}
	word, _, _ := strings.Cut(command, ":")
	return t.reply(word, code)
}

// talk connects, says hello, secures the connection and asks about a mail.
func (s *SMTP) talk(ctx context.Context, m Means, f *findings) error {
	conn, err := m.dial(ctx, s.IPVersion.of("tcp"), s.Address)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	host, _, _ := net.SplitHostPort(s.Address) // was validated
	t := &mailTalk{Conn: conn}
	if s.TLS != nil && !s.StartTLS {
		if t.Conn, err = secure(ctx, m, s.TLS, host, conn, f); err != nil {
			return err
		}
	}
	t.said.from = t.Conn
	greeting, err := t.reply("the connection", "220")
	if err != nil {
		return err
	}
	f.head = strings.Join(greeting, " ")
	if !strings.Contains(f.head, s.Banner) {
		f.critical("%q is not in the greeting", s.Banner)
	}
	if err := s.hello(ctx, m, t, host, f); err != nil {
		return err
	}
	if err := s.dryRun(t); err != nil {
		return err
	}
	_, err = t.say("QUIT", "221")
	return err
}

// hello says EHLO, and again once the connection is secured (RFC 3207, 4.2).
func (s *SMTP) hello(ctx context.Context, m Means, t *mailTalk, host string, f *findings) error {
	offers, err := t.say("EHLO "+s.Hello, "250")
	if err != nil || !s.StartTLS {
		return err
	}
	offered := false
	for _, o := range offers {
		offered = offered || strings.EqualFold(o, "STARTTLS")
	}
	if !offered {
		return errors.New("the server does not offer STARTTLS")
	}
	if _, err := t.say("STARTTLS", "220"); err != nil {
		return err
	}
	if t.Conn, err = secure(ctx, m, s.TLS, host, t.Conn, f); err != nil {
		return err
	}
	t.said.from = t.Conn
	_, err = t.say("EHLO "+s.Hello, "250")
	return err
}

// dryRun asks whether a mail would be taken, and takes that back.
func (s *SMTP) dryRun(t *mailTalk) error {
	if s.From == "" {
		return nil
	}
	if _, err := t.say("MAIL FROM:<"+s.From+">", "250"); err != nil {
		return err
	}
	if s.To != "" {
		if _, err := t.say("RCPT TO:<"+s.To+">", "25"); err != nil {
			return err
		}
	}
	_, err := t.say("RSET", "250")
	return err
}
