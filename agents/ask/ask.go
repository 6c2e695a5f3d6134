// Package ask reaches the servers that agents ask, within the limits that hold
// for every call: the deadline of its context, and a bound on the answer.
package ask

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// Dial connects to host:port, or to a unix socket by its path. All that is done
// with the connection ends when ctx does. The caller closes it.
func Dial(ctx context.Context, address string) (net.Conn, error) {
	network := "tcp"
	if strings.HasPrefix(address, "/") {
		network = "unix"
	}
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	return &bound{Conn: conn, stop: stop}, nil
}

// bound is a connection whose context is let go when it is closed.
type bound struct {
	net.Conn
	stop func() bool
}

func (b *bound) Close() error {
	b.stop()
	return b.Conn.Close()
}

// ErrTooLong says that an answer did not end within its bound.
var ErrTooLong = errors.New("the answer is too long")

// Lines reads lines until last says that one was the last, and hands each of
// them on without its end. No more than limit bytes are read.
func Lines(r io.Reader, limit int64, last func(line string) bool) error {
	in := bufio.NewReader(io.LimitReader(r, limit))
	var read int64
	for {
		line, err := in.ReadString('\n')
		read += int64(len(line))
		switch {
		case errors.Is(err, io.EOF) && read >= limit:
			return fmt.Errorf("%w: over %d bytes", ErrTooLong, limit)
		case errors.Is(err, io.EOF):
			return io.ErrUnexpectedEOF
		case err != nil:
			return err
		}
		if last(strings.TrimRight(line, "\r\n")) {
			return nil
		}
	}
}

// Client returns a client that keeps one connection, to the host of the URL or,
// where socket is not empty, to that unix socket. It follows no redirect: a
// status page that moved is a fault of the configuration.
func Client(socket string) *http.Client {
	t := &http.Transport{MaxIdleConnsPerHost: 1, IdleConnTimeout: 90 * time.Second, DisableCompression: true}
	if socket != "" {
		t.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		}
	}
	return &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// Body sends a request and returns the body of its answer, at most limit bytes,
// and its header. Any status but 200 is an error that quotes how the answer
// begins.
func Body(client *http.Client, r *http.Request, limit int64) ([]byte, http.Header, error) {
	answer, err := client.Do(r)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(answer.Body, limit+1))
	switch {
	case err != nil:
		return nil, nil, fmt.Errorf("read %s: %w", r.URL.Redacted(), err)
	case int64(len(body)) > limit:
		return nil, nil, fmt.Errorf("read %s: %w: over %d bytes", r.URL.Redacted(), ErrTooLong, limit)
	case answer.StatusCode != http.StatusOK:
		return nil, nil, fmt.Errorf("%s: http %d: %.100q", r.URL.Redacted(), answer.StatusCode, body)
	}
	return body, answer.Header, nil
}
