package notify

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"slices"
	"time"

	"plimsoll/internal/secret"

	"github.com/wneessen/go-mail"
)

// client returns a client of the library that dials through d. ctx is that of
// the whole sending.
func (e *Email) client(ctx context.Context, d Dialer) (*mail.Client, error) {
	host, port, err := net.SplitHostPort(e.SMTP)
	if err != nil {
		return nil, err
	}
	number, err := net.LookupPort("tcp", port)
	if err != nil {
		return nil, err
	}
	secure, err := e.tlsConfig(host)
	if err != nil {
		return nil, err
	}
	auth, err := e.auth()
	if err != nil {
		return nil, err
	}
	policy := mail.NoTLS // with TLSImplicit the dialling has done it
	if e.TLS == TLSStart {
		policy = mail.TLSMandatory
	}
	opts := []mail.Option{
		mail.WithPort(number), mail.WithTimeout(e.Timeout), mail.WithoutNoop(), mail.WithTLSConfig(secure),
		mail.WithTLSPolicy(policy), mail.WithDialContextFunc(e.dial(ctx, d, secure)),
	}
	return mail.NewClient(host, slices.Concat(opts, auth)...)
}

// auth never offers a password in the clear: without TLS the library takes only
// challenge-response mechanisms.
func (e *Email) auth() ([]mail.Option, error) {
	if e.Username == "" {
		return nil, nil
	}
	password, err := secret.Read(e.PasswordFile)
	if err != nil {
		return nil, fmt.Errorf("password: %w", err)
	}
	kind := mail.SMTPAuthAutoDiscover
	if e.TLS == TLSImplicit { // the library does not see that TLS is on
		kind = mail.SMTPAuthPlain
	}
	return []mail.Option{mail.WithUsername(e.Username), mail.WithPassword(password), mail.WithSMTPAuth(kind)}, nil
}

func (e *Email) tlsConfig(host string) (*tls.Config, error) {
	c := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if e.CAFile == "" {
		return c, nil
	}
	pem, err := os.ReadFile(e.CAFile)
	if err != nil {
		return nil, err
	}
	c.RootCAs = x509.NewCertPool()
	if !c.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("no certificate in %s", e.CAFile)
	}
	return c, nil
}

// dial opens a connection that is closed when sending ends, whatever the
// library then waits for: it looks at a context only while it dials.
func (e *Email) dial(sending context.Context, d Dialer, secure *tls.Config) mail.DialContextFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		raw, err := d.DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		context.AfterFunc(sending, func() { raw.Close() })
		conn := &boundedConn{Conn: raw}
		conn.limit, _ = sending.Deadline()
		if e.TLS != TLSImplicit {
			return conn, nil
		}
		wrapped := tls.Client(conn, secure)
		if err := wrapped.HandshakeContext(ctx); err != nil {
			return nil, fmt.Errorf("TLS: %w", err)
		}
		return wrapped, nil
	}
}

// boundedConn is a connection whose deadline never goes past limit: the library
// extends it with every step, and a slow server could hold a session for ever.
type boundedConn struct {
	net.Conn
	limit time.Time
}

func (c *boundedConn) SetDeadline(t time.Time) error {
	if t.IsZero() || t.After(c.limit) {
		t = c.limit
	}
	return c.Conn.SetDeadline(t)
}
