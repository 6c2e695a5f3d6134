package notify

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/http/httptest"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mhale/smtpd"

	"plimsoll/internal/metric"
)

var began = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func problem() Message {
	return Message{
		Version: 1, Delivery: "plimsoll.7.problem", Event: Problem, ID: "check/web", Name: "web", Class: metric.UpDown,
		State: metric.Critical, Severity: metric.Critical, Summary: "connection refused", Since: began,
		At: began.Add(20 * time.Second), Target: "http://127.0.0.1:8080/", URL: "http://127.0.0.1:8680/#/alerts",
	}
}

func recovery() Message {
	m := problem()
	m.Event, m.State, m.Summary = Recovery, metric.OK, "HTTP 200 OK"
	m.Delivery, m.Reply, m.At = "plimsoll.7.recovery", m.Delivery, began.Add(4*time.Minute)
	return m
}

// mailbox is an SMTP server on loopback that keeps what it gets.
type mailbox struct {
	addr string
	got  chan *mail.Message
}

func newMailbox(t *testing.T, change func(*smtpd.Server)) *mailbox {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	box := &mailbox{addr: l.Addr().String(), got: make(chan *mail.Message, 10)}
	srv := &smtpd.Server{
		Appname: "test", Hostname: "localhost", DisableReverseDNS: true,
		Handler: func(_ net.Addr, _ string, _ []string, data []byte) error {
			m, err := mail.ReadMessage(bytes.NewReader(data))
			if err == nil {
				box.got <- m
			}
			return err
		},
	}
	if change != nil {
		change(srv)
	}
	if srv.TLSListener {
		l = tls.NewListener(l, srv.TLSConfig)
	}
	done := make(chan struct{})
	go func() { defer close(done); _ = srv.Serve(l) }() // ends by Close
	t.Cleanup(func() { l.Close(); srv.Close(); <-done })
	return box
}

func (b *mailbox) contact(change func(*Email)) Contact {
	e := &Email{To: []string{"ops@example.org"}, From: "Plimsoll <plimsoll@example.org>", SMTP: b.addr, TLS: TLSNone}
	if change != nil {
		change(e)
	}
	return Contact{Name: "ops", Email: e}
}

func send(t *testing.T, c Contact, m Message) error {
	t.Helper()
	if err := c.Validate("contacts[0]"); err != nil {
		t.Fatal(err)
	}
	return NewSender(c, Options{Dialer: &net.Dialer{}, Clock: time.Now}).Send(t.Context(), c.Routes()[0], m)
}

func TestMailThreads(t *testing.T) {
	box := newMailbox(t, nil)
	for _, m := range []Message{problem(), recovery()} {
		if err := send(t, box.contact(nil), m); err != nil {
			t.Fatal(err)
		}
	}
	first, second := (<-box.got).Header, (<-box.got).Header
	if got := first.Get("Subject"); got != "[CRITICAL] web is down" {
		t.Errorf("subject %q", got)
	}
	if got := second.Get("Subject"); got != "[RECOVERED] web is up after 4 min" {
		t.Errorf("subject %q", got)
	}
	id := first.Get("Message-Id")
	if id != "<plimsoll.7.problem@example.org>" || second.Get("References") != id || second.Get("In-Reply-To") != id {
		t.Errorf("message id %q, the recovery refers to %q and %q", id, second.Get("References"), second.Get("In-Reply-To"))
	}
}

func TestMailBody(t *testing.T) {
	text := recovery().Text()
	for _, want := range []string{"HTTP 200 OK", "2026-03-01 12:00:00 UTC", "after 4 min", "http://127.0.0.1:8680/#/alerts"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
}

func TestSubjectIsOneLine(t *testing.T) {
	m := problem()
	m.Class, m.Summary = metric.Threshold, "evil\r\nBcc: all@example.org\x00"+strings.Repeat("x", 300)
	got := m.Subject()
	if strings.ContainsAny(got, "\r\n\x00") || len([]rune(got)) > maxSubject {
		t.Errorf("subject %q", got)
	}
}

func TestRefusedRecipientIsFinal(t *testing.T) {
	box := newMailbox(t, func(s *smtpd.Server) {
		s.HandlerRcpt = func(net.Addr, string, string) bool { return false }
	})
	if err := send(t, box.contact(nil), problem()); !errors.Is(err, ErrFinal) {
		t.Errorf("got %v, want a final error", err)
	}
}

func TestNoServerIsWorthARetry(t *testing.T) {
	box := newMailbox(t, nil)
	c := box.contact(func(e *Email) { e.SMTP = closedPort(t) })
	if err := send(t, c, problem()); err == nil || errors.Is(err, ErrFinal) {
		t.Errorf("got %v, want an error that is not final", err)
	}
}

func closedPort(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// script is a server that says each line when it was spoken to, and then hangs.
func script(t *testing.T, lines ...string) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { // ends when the client hangs up
		defer close(done)
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		buf := make([]byte, 64<<10)
		for _, line := range lines {
			fmt.Fprintf(conn, "%s\r\n", line)
			if _, err := conn.Read(buf); err != nil {
				return
			}
		}
		for err == nil {
			_, err = conn.Read(buf)
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return l.Addr().String()
}

func TestHangingServerEndsAtTheTimeout(t *testing.T) {
	for _, lines := range [][]string{nil, {"220 hello"}, {"220 hello", "250 hello", "250 sender", "250 recipient", "354 go on"}} {
		c := newMailbox(t, nil).contact(func(e *Email) { e.SMTP, e.Timeout = script(t, lines...), 50*time.Millisecond })
		if err := send(t, c, problem()); err == nil || errors.Is(err, ErrFinal) {
			t.Errorf("after %d lines: got %v, want an error that is not final", len(lines), err)
		}
	}
}

// TestAcceptedMailIsNotSentAgain: a server that takes the message over and
// hangs after that has it.
func TestAcceptedMailIsNotSentAgain(t *testing.T) {
	addr := script(t, "220 hello", "250 hello", "250 sender", "250 recipient", "354 go on", "250 queued")
	c := newMailbox(t, nil).contact(func(e *Email) { e.SMTP, e.Timeout = addr, 200*time.Millisecond })
	if err := send(t, c, problem()); err != nil {
		t.Errorf("an accepted mail gave %v", err)
	}
}

func TestSendEndsWithItsContext(t *testing.T) {
	c := newMailbox(t, nil).contact(func(e *Email) { e.SMTP = script(t, "220 hello") })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := NewSender(c, Options{Dialer: &net.Dialer{}, Clock: time.Now}).Send(ctx, c.Routes()[0], problem()); err == nil {
		t.Error("no error from a server that says nothing")
	}
}

func TestTLSAndPassword(t *testing.T) {
	dir := t.TempDir()
	secret, ca := filepath.Join(dir, "secret"), filepath.Join(dir, "ca.pem")
	web := httptest.NewTLSServer(nil) // for its certificate, valid for 127.0.0.1
	defer web.Close()
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: web.Certificate().Raw})
	if err := errors.Join(os.WriteFile(secret, []byte("hunter2\n"), 0o600), os.WriteFile(ca, certificate, 0o600)); err != nil {
		t.Fatal(err)
	}
	for _, mode := range []string{TLSStart, TLSImplicit} {
		box := newMailbox(t, func(s *smtpd.Server) {
			s.TLSConfig = &tls.Config{Certificates: web.TLS.Certificates}
			s.TLSListener, s.TLSRequired, s.AuthRequired = mode == TLSImplicit, mode == TLSStart, true
			s.AuthMechs = map[string]bool{"PLAIN": true, "LOGIN": false, "CRAM-MD5": false}
			s.AuthHandler = func(_ net.Addr, _ string, user, password, _ []byte) (bool, error) {
				return string(user) == "plimsoll" && string(password) == "hunter2", nil
			}
		})
		trusted := box.contact(func(e *Email) { e.TLS, e.Username, e.PasswordFile, e.CAFile = mode, "plimsoll", secret, ca })
		if err := send(t, trusted, problem()); err != nil {
			t.Errorf("%s: %v", mode, err)
		}
		stranger := box.contact(func(e *Email) { e.TLS = mode })
		if err := send(t, stranger, problem()); err == nil {
			t.Errorf("%s: a certificate nobody vouches for is accepted", mode)
		}
	}
}

// TestPasswordIsNotInErrors: a server that repeats what it was given.
func TestPasswordIsNotInErrors(t *testing.T) {
	addr := script(t, "220 hello", "250-hello\r\n250 AUTH CRAM-MD5", "334 PDE4OTY=", "535 5.7.8 wrong: "+canary, "501 no", "221 bye")
	c := newMailbox(t, nil).contact(func(e *Email) { e.SMTP, e.Username, e.PasswordFile = addr, "u", canaryFile(t) })
	err := send(t, c, problem())
	if err == nil || strings.Contains(err.Error(), canary) || !strings.Contains(err.Error(), "wrong: ***") {
		t.Errorf("got %v", err)
	}
}

func TestStartTLSIsNotSkipped(t *testing.T) {
	c := newMailbox(t, nil).contact(func(e *Email) { e.TLS = TLSStart })
	if err := send(t, c, problem()); err == nil {
		t.Error("mail went in the clear to a server without STARTTLS")
	}
}
