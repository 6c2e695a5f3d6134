package check

import (
	"context"
	"errors"
	"io"
	"net"
	"strconv"
	"time"
)

// Family is the version of IP that is spoken: 4 or 6, or 0 for either.
type Family int

// of returns the network of that version: tcp4 of tcp.
func (v Family) of(network string) string {
	if v == 0 {
		return network
	}
	return network + strconv.Itoa(int(v))
}

func (v Family) validate(bad complaint) {
	if v != 0 && v != 4 && v != 6 {
		bad("ip_version", "%d is neither 4 nor 6", v)
	}
}

// line is a connection whose reads and writes end with a context.
type line struct {
	net.Conn
	stop func() bool
}

// dial opens a connection that ends with ctx.
func (m Means) dial(ctx context.Context, network, address string) (*line, error) {
	conn, err := m.Dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	// The deadline of ctx has no other way to a blocked Read or Write.
	return &line{conn, context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })}, nil
}

// Close ends the connection.
func (l *line) Close() error {
	l.stop()
	return l.Conn.Close()
}

// maxLine and maxTalk bound a line, and all that a peer says in a dialogue.
const (
	maxLine = 4 << 10
	maxTalk = 64 << 10
)

var errTooLong = errors.New("the peer says too much")

// lines reads lines, byte by byte as what follows may be another protocol's.
type lines struct {
	from io.Reader
	read int
}

// next returns the next line without its end.
func (l *lines) next() (string, error) {
	var text []byte
	for b := make([]byte, 1); len(text) < maxLine && l.read < maxTalk; l.read++ {
		if _, err := io.ReadFull(l.from, b); err != nil {
			return string(text), err
		}
		if b[0] == '\n' {
			l.read++
			if n := len(text); n > 0 && text[n-1] == '\r' {
				text = text[:n-1]
			}
			return string(text), nil
		}
		text = append(text, b[0])
	}
	return string(text), errTooLong
}

func validAddress(address, key string, bad complaint) {
	if host, port, err := net.SplitHostPort(address); err != nil || host == "" {
		bad(key, "%q is not host:port", address)
	} else if _, err := net.LookupPort("tcp", port); err != nil {
		bad(key, "%q: no such port", address)
	}
}
