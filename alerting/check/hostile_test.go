package check

import (
	"bytes"
	"compress/gzip"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/metric"
)

// answers says a thing once a request is there, and goes.
func answers(head string, then func(net.Conn)) func(net.Conn) {
	return func(c net.Conn) {
		_, _ = c.Read(make([]byte, 4096))
		_, _ = io.WriteString(c, head)
		then(c)
	}
}

func TestWebServersThatLie(t *testing.T) {
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	for range 8 {
		_, _ = z.Write(make([]byte, 1<<20))
	}
	_ = z.Close()
	drip := func(c net.Conn) {
		for {
			if _, err := io.WriteString(c, "x"); err != nil {
				return
			}
			time.Sleep(time.Millisecond)
		}
	}
	const ok = "HTTP/1.1 200 OK\r\n"
	for what, tt := range map[string]struct {
		talk func(net.Conn)
		is   metric.Severity
		says string
	}{
		"nothing":          {answers("", func(net.Conn) {}), metric.Critical, "the peer closed the connection"},
		"reset":            {reset, metric.Critical, "connection reset"},
		"garbage":          {answers("SSH-2.0-x\r\n\r\n", reset), metric.Critical, "malformed HTTP"},
		"endless headers":  {answers(ok, endless("X-A: b\r\n")), metric.Critical, "header"},
		"endless 100s":     {answers("", endless("HTTP/1.1 102 x\r\n\r\n")), metric.Critical, ""},
		"short":            {answers(ok+"Content-Length: 1000\r\n\r\nabc", func(net.Conn) {}), metric.Critical, "HTTP 200 OK: then the peer closed the connection"},
		"bomb":             {answers(ok+"Content-Encoding: gzip\r\n\r\n"+bomb.String(), func(net.Conn) {}), metric.OK, "HTTP 200 OK"},
		"drip":             {answers(ok+"\r\n", drip), metric.Critical, "HTTP 200 OK: then no answer within 300ms"},
		"long reason":      {answers("HTTP/1.1 500 "+strings.Repeat("\x1b[2J", 5000)+"\r\n\r\n", func(net.Conn) {}), metric.Critical, "HTTP 500"},
		"redirects itself": {answers("HTTP/1.1 302 x\r\nLocation: /"+strings.Repeat("a", 3000)+"\r\nContent-Length: 0\r\n\r\n", func(net.Conn) {}), metric.Critical, "HTTP 302"},
	} {
		got := probe(t, Config{HTTP: &HTTP{URL: "http://" + serve(t, tt.talk), FollowRedirects: true, Timeout: 300 * time.Millisecond}})
		want(t, what, got, tt.is, tt.says)
		if len([]rune(got.Summary)) > maxSummary+1 || strings.ContainsRune(got.Summary, '\x1b') {
			t.Errorf("%s: %q", what, got.Summary)
		}
	}
}
