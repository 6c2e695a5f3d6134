package check

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strings"
)

// dialogue asks a server, in its protocol, to go on with TLS.
type dialogue func(net.Conn) error

// dialogues are those of each protocol that is known.
func dialogues() map[string]dialogue {
	return map[string]dialogue{
		"ftp":      spoken("220", "AUTH TLS", "234"),
		"imap":     spoken("* ", "a STARTTLS", "a OK"),
		"pop3":     spoken("+OK", "STLS", "+OK"),
		"postgres": postgresTLS,
		"smtp":     smtpTLS,
	}
}

// spoken waits for a greeting, asks, and wants an answer that begins so.
func spoken(greeting, ask, answer string) dialogue {
	return func(conn net.Conn) error {
		said := &lines{from: conn}
		if err := said.await(greeting); err != nil {
			return err
		}
		if _, err := io.WriteString(conn, ask+"\r\n"); err != nil {
			return err
		}
		return said.await(answer)
	}
}

// await reads an answer that begins with the words, which may go on over several
// lines as 220-… does.
func (l *lines) await(begin string) error {
	for {
		text, err := l.next()
		if err != nil {
			return err
		}
		if strings.HasPrefix(text, "* ") && begin != "* " {
			continue // IMAP tells what it likes in between
		}
		rest, is := strings.CutPrefix(text, begin)
		if !is {
			return fmt.Errorf("the peer says %q in the place of %q", clip(text), begin)
		}
		if !strings.HasPrefix(rest, "-") {
			return nil
		}
	}
}

func smtpTLS(conn net.Conn) error {
	said := &lines{from: conn}
	if err := said.await("220"); err != nil {
		return err
	}
	for _, step := range [][2]string{{"EHLO plimsoll", "250"}, {"STARTTLS", "220"}} {
		if _, err := io.WriteString(conn, step[0]+"\r\n"); err != nil {
			return err
		}
		if err := said.await(step[1]); err != nil {
			return err
		}
	}
	return nil
}

// postgresTLS sends SSLRequest, of which the answer is one letter (PostgreSQL's
// documentation, 54.2.10 SSL Session Encryption).
func postgresTLS(conn net.Conn) error {
	if _, err := conn.Write([]byte{0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f}); err != nil {
		return err
	}
	var answer [1]byte
	if _, err := io.ReadFull(conn, answer[:]); err != nil {
		return err
	}
	if answer[0] != 'S' {
		return fmt.Errorf("the server answers %q: it has no TLS", answer[:])
	}
	return nil
}

// secure goes on with TLS on a connection, and judges the certificate.
func secure(ctx context.Context, m Means, t *TLS, host string, conn net.Conn, f *findings) (net.Conn, error) {
	c, err := t.config(host, m.Clock)
	if err != nil {
		return nil, ownError{err}
	}
	secured := tls.Client(conn, c)
	if err := secured.HandshakeContext(ctx); err != nil {
		return nil, err
	}
	s := secured.ConnectionState()
	t.judge(f, &s, m.Clock())
	return secured, nil
}
