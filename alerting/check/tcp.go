package check

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"maps"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// TCP connects, sends Send and waits for an answer that holds Expect.
type TCP struct {
	Address   string `yaml:"address"`
	IPVersion Family `yaml:"ip_version"`
	Send      string `yaml:"send"`
	Expect    string `yaml:"expect"`
	// Matches is a regular expression for the answer.
	Matches string `yaml:"matches"`
	// TLS secures the connection; StartTLS is the protocol in which that is
	// asked for first, empty: none.
	TLS      *TLS   `yaml:"tls"`
	StartTLS string `yaml:"starttls"`

	ResponseTime Limits[time.Duration] `yaml:"response_time"`
	Timeout      time.Duration         `yaml:"timeout"`
}

func (*TCP) key() string { return "tcp" }

func (t *TCP) setDefaults() {
	setDefault(&t.Timeout, 5*time.Second)
	if t.StartTLS != "" && t.TLS == nil {
		t.TLS = &TLS{}
	}
	t.TLS = filled(t.TLS, (*TLS).setDefaults)
}

func (t *TCP) about() about { return about{t.Address, t.Timeout} }

func (t *TCP) validate(bad complaint) {
	validAddress(t.Address, "address", bad)
	t.IPVersion.validate(bad)
	if _, err := regexp.Compile(t.Matches); err != nil {
		bad("matches", "%v", err)
	} else if t.Matches != "" && t.Expect != "" {
		bad("matches", "stands beside expect: one is enough")
	}
	if t.TLS != nil {
		t.TLS.validate(bad.under("tls"))
	}
	if _, known := dialogues()[t.StartTLS]; !known && t.StartTLS != "" {
		bad("starttls", "%q is none of %s", t.StartTLS, strings.Join(slices.Sorted(maps.Keys(dialogues())), ", "))
	}
	t.ResponseTime.validate(bad.under("response_time"))
}

func (t *TCP) prober(m Means) prober {
	matches := expression(t.Matches)
	return func(ctx context.Context) Result {
		var f findings
		began := m.Clock()
		if err := t.talk(ctx, m, matches, &f); err != nil {
			f.failed(err, t.Timeout)
		}
		f.slow(t.ResponseTime, m.Clock().Sub(began))
		return f.result()
	}
}

// talk connects, secures the connection, talks, and waits for the answer.
func (t *TCP) talk(ctx context.Context, m Means, matches *regexp.Regexp, f *findings) error {
	conn, err := m.dial(ctx, t.IPVersion.of("tcp"), t.Address)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	var with net.Conn = conn
	if t.TLS != nil {
		if with, err = t.secure(ctx, m, conn, f); err != nil {
			return err
		}
	}
	if t.Send != "" {
		if _, err := io.WriteString(with, t.Send); err != nil {
			return err
		}
	}
	if t.Expect == "" && matches == nil {
		f.head = "connected"
		return nil
	}
	t.await(with, matches, f)
	return nil
}

func (t *TCP) secure(ctx context.Context, m Means, conn net.Conn, f *findings) (net.Conn, error) {
	if t.StartTLS != "" {
		if err := dialogues()[t.StartTLS](conn); err != nil {
			return nil, err
		}
	}
	host, _, _ := net.SplitHostPort(t.Address) // was validated
	return secure(ctx, m, t.TLS, host, conn, f)
}

// maxMatched bounds what is held to an expression, which is done for each piece
// that comes.
const maxMatched = 8 << 10

// await reads until the answer is the expected one.
func (t *TCP) await(from io.Reader, matches *regexp.Regexp, f *findings) {
	var answer []byte
	buf := make([]byte, 4096)
	most := maxBodyBytes
	if matches != nil {
		most = maxMatched
	}
	for len(answer) < most {
		n, err := from.Read(buf)
		// An expected answer may begin in what was there, and not before.
		before := max(0, len(answer)-len(t.Expect))
		answer = append(answer, buf[:n]...)
		switch {
		case t.Expect != "" && bytes.Contains(answer[before:], []byte(t.Expect)):
			f.head = "answered " + strconv.Quote(t.Expect)
			return
		case matches != nil && matches.Match(answer):
			f.head = "answered " + strconv.Quote(t.Matches)
			return
		case err != nil:
			f.critical("%s did not come: %s", strconv.Quote(cmp.Or(t.Expect, t.Matches)), explain(err, t.Timeout))
			return
		}
	}
	f.critical("%s did not come in %d bytes", strconv.Quote(cmp.Or(t.Expect, t.Matches)), len(answer))
}
