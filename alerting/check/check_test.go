package check

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/metric"
)

func probe(t *testing.T, c Config) Result {
	t.Helper()
	c.Name = "x"
	c = c.WithDefaults()
	if err := c.Validate("checks[0]"); err != nil {
		t.Fatal(err)
	}
	return New(c, means()).Probe(t.Context())
}

func means() Means { return Means{Dialer: &net.Dialer{}, Clock: time.Now} }

// ok says whether a state is that of a service that is well.
func (r Result) ok() bool { return r.State == metric.OK }

func TestHTTP(t *testing.T) {
	hang := make(chan struct{})
	mux := http.NewServeMux()
	mux.HandleFunc("/ok", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("all is well")) })
	mux.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/ok", http.StatusFound) })
	mux.HandleFunc("/broken", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
	mux.HandleFunc("/host", func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte(r.Host)) })
	mux.HandleFunc("/hang", func(http.ResponseWriter, *http.Request) { <-hang })
	mux.HandleFunc("/endless", func(w http.ResponseWriter, _ *http.Request) {
		for block := make([]byte, 64<<10); ; {
			if _, err := w.Write(block); err != nil {
				return
			}
		}
	})
	srv := httptest.NewServer(mux)
	defer srv.Close()
	defer close(hang)
	tests := []struct {
		h    HTTP
		ok   bool
		says string
	}{
		{HTTP{URL: "/ok"}, true, "HTTP 200 OK"},
		{HTTP{URL: "/ok", Contains: "well"}, true, "HTTP 200 OK"},
		{HTTP{URL: "/ok", Contains: "ill"}, false, `does not contain "ill"`},
		{HTTP{URL: "/ok", Status: []string{"204"}}, false, "HTTP 200 OK"},
		{HTTP{URL: "/moved"}, false, "HTTP 302 Found"},
		{HTTP{URL: "/moved", Status: []string{"302"}}, true, "HTTP 302 Found"},
		{HTTP{URL: "/moved", FollowRedirects: true}, true, "HTTP 200 OK"},
		{HTTP{URL: "/broken"}, false, "HTTP 500"},
		{HTTP{URL: "/host", Headers: map[string]string{"Host": "a.example"}, Contains: "a.example"}, true, "200"},
		{HTTP{URL: "/hang", Timeout: 30 * time.Millisecond}, false, "no answer within 30ms"},
		{HTTP{URL: "/endless", Contains: "never"}, false, "does not contain"},
	}
	for _, tt := range tests {
		tt.h.URL = srv.URL + tt.h.URL
		got := probe(t, Config{HTTP: &tt.h})
		if got.ok() != tt.ok || !strings.Contains(got.Summary, tt.says) {
			t.Errorf("%+v: got %+v, want ok %v and %q", tt.h, got, tt.ok, tt.says)
		}
	}
}

func TestLongAnswersAreClipped(t *testing.T) {
	if got := clip(strings.Repeat("é", 1000)); len([]rune(got)) != maxSummary+1 {
		t.Errorf("%d characters", len([]rune(got)))
	}
}

func TestPasswordIsNotShown(t *testing.T) {
	c := New(Config{HTTP: &HTTP{URL: "http://u:hunter2@127.0.0.1:1/"}}.WithDefaults(), means())
	if got := c.Target + c.Probe(t.Context()).Summary; strings.Contains(got, "hunter2") {
		t.Errorf("the password is in %q", got)
	}
}

func TestNobodyListens(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	for _, c := range []Config{{TCP: &TCP{Address: addr}}, {HTTP: &HTTP{URL: "http://" + addr}}} {
		if got := probe(t, c); got.ok() || got.Summary != "connection refused" {
			t.Errorf("got %+v, want connection refused", got)
		}
	}
}

func TestTCPTalks(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() { // ends when l is closed
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() { // ends when the probe closes
				buf := make([]byte, 64)
				if n, _ := conn.Read(buf); string(buf[:n]) == "PING\r\n" {
					_, _ = conn.Write([]byte("+PO"))
					_, _ = conn.Write([]byte("NG\r\n"))
				}
				_, _ = conn.Read(buf)
				conn.Close()
			}()
		}
	}()
	addr := l.Addr().String()
	if got := probe(t, Config{TCP: &TCP{Address: addr}}); !got.ok() || got.Summary != "connected" {
		t.Errorf("plain: %+v", got)
	}
	if got := probe(t, Config{TCP: &TCP{Address: addr, Send: "PING\r\n", Expect: "+PONG"}}); !got.ok() {
		t.Errorf("talk: %+v", got)
	}
	got := probe(t, Config{TCP: &TCP{Address: addr, Send: "PING\r\n", Expect: "no", Timeout: 50 * time.Millisecond}})
	if got.ok() || !strings.Contains(got.Summary, "no answer within 50ms") {
		t.Errorf("silent peer: %+v", got)
	}
}

// TestProbeEndsWithItsContext: a peer that accepts and says nothing cannot hold
// a probe beyond the caller's context either.
func TestProbeEndsWithItsContext(t *testing.T) {
	client, server := net.Pipe()
	defer server.Close()
	c := New(Config{TCP: &TCP{Address: "x:1", Expect: "hello"}}.WithDefaults(), Means{Dialer: pipeDialer{client}, Clock: time.Now})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan Result)
	go func() { done <- c.Probe(ctx) }() // ends by cancel
	cancel()
	if got := <-done; got.ok() {
		t.Errorf("got %+v", got)
	}
}

type pipeDialer struct{ conn net.Conn }

func (d pipeDialer) DialContext(context.Context, string, string) (net.Conn, error) {
	return d.conn, nil
}

func TestValidateNamesEveryKey(t *testing.T) {
	c := Config{
		HTTP: &HTTP{URL: "ftp://x", Status: []string{"7", "2xx", "299-200"}, Timeout: time.Hour}, TCP: &TCP{Address: "nowhere"},
		Interval: time.Millisecond, MaxAttempts: -1,
	}
	err := c.WithDefaults().Validate("checks[2]")
	if err == nil {
		t.Fatal("a check full of mistakes is accepted")
	}
	for _, want := range []string{
		"checks[2]: needs one of http, tcp", "checks[2].http.url: ", `checks[2].http.status: "7"`, "checks[2].http.timeout: ",
		"checks[2].tcp.address: ", "checks[2].interval: ", "checks[2].max_attempts: ",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not reported in:\n%v", want, err)
		}
	}
}
