package port

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"
)

// echo is a server that sends back what it gets, until the test ends.
func echo(t *testing.T, c ServerConfig) (s *Server, stop func(), counts func() map[string]int) {
	t.Helper()
	var mu sync.Mutex
	by := map[string]int{}
	c.Logger = slog.New(slog.DiscardHandler)
	c.Serve = func(_ context.Context, conn net.Conn, _ netip.Addr) { _, _ = io.Copy(conn, conn) }
	c.Count = func(reason string, _ netip.Addr) {
		mu.Lock()
		defer mu.Unlock()
		by[reason]++
	}
	s, err := NewServer(c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); s.Run(ctx) }() // stop waits for it
	stop = sync.OnceFunc(func() { cancel(); <-done })
	t.Cleanup(stop)
	return s, stop, func() map[string]int {
		mu.Lock()
		defer mu.Unlock()
		return map[string]int{"": by[""], TooMany: by[TooMany], NotAllowed: by[NotAllowed]}
	}
}

// serves says whether a new connection from an address is answered.
func serves(t *testing.T, from string, to net.Addr) bool {
	t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}, Timeout: 10 * time.Second}
	c, err := d.Dial("tcp", to.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	_, _ = c.Write([]byte("x"))
	n, _ := c.Read(make([]byte, 1))
	return n == 1
}

func TestServerKeepsToItsBounds(t *testing.T) {
	allow, err := ParseAllow([]string{"127.0.0.1", "127.0.0.2/31"})
	if err != nil {
		t.Fatal(err)
	}
	s, stop, counts := echo(t, ServerConfig{Address: "127.0.0.1:0", MaxConns: 3, MaxPerSource: 2, Allow: allow})
	for _, c := range []struct {
		from string
		want bool
	}{
		{"127.0.0.1", true},
		{"127.0.0.1", true},
		{"127.0.0.1", false},
		{"127.0.0.9", false},
		{"127.0.0.2", true},
		{"127.0.0.3", false},
	} {
		if got := serves(t, c.from, s.Addr()); got != c.want {
			t.Errorf("from %s: served is %t", c.from, got)
		}
	}
	if got := counts(); got[""] != 3 || got[TooMany] != 2 || got[NotAllowed] != 1 || s.Open() != 3 {
		t.Errorf("%v, %d are open", got, s.Open())
	}
	stop() // closes those that are open
	if s.Open() != 0 {
		t.Errorf("%d are open after the end", s.Open())
	}
}

func TestAnAddressIsTakenOverWhenItIsFree(t *testing.T) {
	first, stop, _ := echo(t, ServerConfig{Address: "127.0.0.1:0", MaxConns: 1, MaxPerSource: 1})
	addr := first.Addr()
	if s, err := NewServer(ServerConfig{Key: "xml", Address: addr.String()}); err == nil || !strings.Contains(err.Error(), "xml: listen on "+addr.String()) {
		t.Errorf("%v, %v", s, err)
	}
	second, _, _ := echo(t, ServerConfig{Address: addr.String(), Optional: true, MaxConns: 1, MaxPerSource: 1})
	if second.Addr() != nil {
		t.Fatal("two have one address")
	}
	stop()
	for begin := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		c, err := net.Dial("tcp", addr.String())
		if err == nil {
			_ = c.Close()
			return
		}
		if time.Since(begin) > 30*time.Second {
			t.Fatal("the address is not taken over")
		}
	}
}

func TestAllow(t *testing.T) {
	for list, want := range map[string]string{"10.0.0.0/8,x": `[1]: "x" is not`, "10.0.0.0/33": "[0]:"} {
		if _, err := ParseAllow(strings.Split(list, ",")); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v", list, err)
		}
	}
	if !Allow(nil).Has(netip.MustParseAddr("1.2.3.4")) {
		t.Error("an empty list lets nobody in")
	}
	l, err := ParseAllow([]string{"::ffff:10.0.0.1", "fe80::/10"})
	if err != nil || !l.Has(netip.MustParseAddr("10.0.0.1")) || !l.Has(netip.MustParseAddr("fe80::5")) || l.Has(netip.MustParseAddr("10.0.0.2")) {
		t.Errorf("%v %v", l, err)
	}
}
