package check

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/metric"
	"plimsoll/internal/peertest"
)

// serve has a function talk on each connection to the address it returns.
func serve(t *testing.T, talk func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() { // ends when l is closed
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() { // ends when the probe closes its end
				defer conn.Close()
				talk(conn)
			}()
		}
	}()
	return l.Addr().String()
}

// endless says a thing until nobody listens.
func endless(text string) func(net.Conn) {
	return func(c net.Conn) {
		for {
			if _, err := io.WriteString(c, text); err != nil {
				return
			}
		}
	}
}

// reset ends a connection with RST.
func reset(c net.Conn) {
	_ = c.(*net.TCPConn).SetLinger(0)
}

func TestMemcached(t *testing.T) {
	addr := peertest.Address(t)
	_, port, _ := net.SplitHostPort(addr)
	p := peertest.Start(t, nil, "memcached", "-l", "127.0.0.1", "-p", port, "-u", "nobody")
	p.AwaitAddress(t, addr)
	for _, tt := range []struct {
		tcp  TCP
		is   metric.Severity
		says string
	}{
		{TCP{Send: "version\r\n", Matches: `^VERSION 1\.\d+`}, metric.OK, "answered"},
		{TCP{Send: "version\r\n", Expect: "VERSION"}, metric.OK, `answered "VERSION"`},
		{TCP{Send: "get x\r\n", Matches: "^VALUE", Timeout: 100 * time.Millisecond}, metric.Critical, `"^VALUE" did not come: no answer within 100ms`},
		{TCP{Send: "quit\r\n", Expect: "BYE"}, metric.Critical, `"BYE" did not come: the peer closed the connection`},
		{TCP{ResponseTime: Limits[time.Duration]{Warn: 1}}, metric.Warning, "connected: took"},
	} {
		tt.tcp.Address = addr
		want(t, fmt.Sprintf("%+v", tt.tcp), probe(t, Config{TCP: &tt.tcp}), tt.is, tt.says)
	}
}

func TestPeersThatLie(t *testing.T) {
	for what, tt := range map[string]struct {
		talk func(net.Conn)
		says string
	}{
		"reset":   {reset, "connection reset"},
		"endless": {endless(strings.Repeat("x", 4000)), "did not come in 1"},
		"closes":  {func(net.Conn) {}, "closed the connection"},
	} {
		got := probe(t, Config{TCP: &TCP{Address: serve(t, tt.talk), Expect: "never"}})
		want(t, what, got, metric.Critical, tt.says)
		got = probe(t, Config{TCP: &TCP{Address: serve(t, tt.talk), Matches: "never"}})
		if got.State != metric.Critical {
			t.Errorf("%s, matched: %+v", what, got)
		}
		for protocol := range dialogues() {
			got := probe(t, Config{TCP: &TCP{Address: serve(t, tt.talk), StartTLS: protocol}})
			if got.State != metric.Critical || len(got.Summary) > 2*maxSummary {
				t.Errorf("%s, %s: %+v", what, protocol, got)
			}
		}
	}
	got := probe(t, Config{TCP: &TCP{Address: serve(t, endless("220-\r\n")), StartTLS: "smtp"}})
	want(t, "endless greeting", got, metric.Critical, "says too much")
	got = probe(t, Config{TCP: &TCP{Address: serve(t, endless("* BYE \x1b[2J\r\n")), StartTLS: "imap"}})
	if strings.ContainsRune(got.Summary, '\x1b') {
		t.Errorf("the terminal is told %q", got.Summary)
	}
}

// TestStartTLS has a server for each protocol talk its plain part, and then TLS.
func TestStartTLS(t *testing.T) {
	id := newIdentity(t, 10*day24)
	for protocol, script := range map[string][]string{
		"ftp":  {"220-hello\r\n220 there\r\n", "AUTH TLS", "234 go\r\n"},
		"imap": {"* OK hello\r\n", "a STARTTLS", "* 1 EXISTS\r\na OK go\r\n"},
		"pop3": {"+OK hello\r\n", "STLS", "+OK go\r\n"},
		"smtp": {"220 hello\r\n", "EHLO plimsoll", "250-me\r\n250 STARTTLS\r\n", "STARTTLS", "220 go\r\n"},
	} {
		addr := serve(t, func(c net.Conn) {
			in := bufio.NewReader(c)
			for i, say := range script {
				if i%2 == 0 {
					_, _ = io.WriteString(c, say)
				} else if line, err := in.ReadString('\n'); err != nil || line != say+"\r\n" {
					return
				}
			}
			secured := tls.Server(c, id.server(t))
			_, _ = io.WriteString(secured, "welcome")
			_, _ = io.Copy(io.Discard, secured)
		})
		got := probe(t, Config{TCP: &TCP{Address: addr, StartTLS: protocol, Expect: "welcome", TLS: &TLS{CAFile: id.cert}}})
		want(t, protocol, got, metric.Warning, `answered "welcome": the certificate of web.example ends in 9 days`)
		got = probe(t, Config{TCP: &TCP{Address: addr, StartTLS: protocol}})
		want(t, protocol+", not believed", got, metric.Critical, "of an authority that is not known")
		if measured(got, "probe_ssl_earliest_cert_expiry") != float64(id.end.Unix()) {
			t.Errorf("%s: measured %+v", protocol, got.Perf)
		}
	}
	addr := serve(t, func(c net.Conn) {
		if _, err := io.ReadFull(c, make([]byte, 8)); err == nil {
			_, _ = io.WriteString(c, "N")
		}
	})
	want(t, "postgres", probe(t, Config{TCP: &TCP{Address: addr, StartTLS: "postgres"}}), metric.Critical, `answers "N": it has no TLS`)
}

func TestCeiling(t *testing.T) {
	for _, tt := range [][3]metric.Severity{
		{metric.Critical, metric.Critical, metric.Critical},
		{metric.Critical, metric.Warning, metric.Warning},
		{metric.Warning, metric.Critical, metric.Warning},
		{metric.Warning, metric.Info, metric.Info},
		{metric.Unknown, metric.Warning, metric.Unknown},
		{metric.OK, metric.Warning, metric.OK},
	} {
		if got := Ceiling(tt[0], tt[1]); got != tt[2] {
			t.Errorf("%s of a check that is %s: %s", tt[0], tt[1], got)
		}
	}
}
