package graphite

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"plimsoll/internal/metric"
)

// store keeps what each source brought.
type store struct {
	mu   sync.Mutex
	got  map[string][]metric.Sample
	away bool
}

type storeOf struct {
	all    *store
	source string
}

func (s storeOf) Put(_ context.Context, samples []metric.Sample) error {
	s.all.mu.Lock()
	defer s.all.mu.Unlock()
	if s.all.away {
		return errors.New("away")
	}
	s.all.got[s.source] = append(s.all.got[s.source], samples...)
	return nil
}

func (s *store) set(away bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.away = away
}

// of returns what a source brought, as text.
func (s *store) of(source string) (out []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range s.got[source] {
		out = append(out, fmt.Sprintf("%s=%v@%d", one.Name(), one.Value, one.At/1000))
	}
	return out
}

// running is a Server on free ports, until the test ends.
type running struct {
	*Server
	store *store
	stop  func()
}

func start(t *testing.T, change func(*Config)) *running {
	t.Helper()
	r := &running{store: &store{got: map[string][]metric.Sample{}}}
	c := Default()
	c.TCP, c.UDP = "127.0.0.1:0", "127.0.0.1:0"
	c.SinkFor = func(source string) metric.Sink { return storeOf{r.store, source} }
	if change != nil {
		change(&c)
	}
	var err error
	if r.Server, err = New(c); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { // stop waits for it
		defer close(done)
		if err := r.Run(ctx); err != nil {
			t.Error(err)
		}
	}()
	r.stop = sync.OnceFunc(func() { cancel(); <-done })
	t.Cleanup(r.stop)
	return r
}

func eventually(t *testing.T, what string, f func() error) {
	t.Helper()
	deadline := time.Now().Add(60 * time.Second)
	for {
		err := f()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: %v", what, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// wants waits until a source has brought this.
func (r *running) wants(t *testing.T, source string, want ...string) {
	t.Helper()
	eventually(t, source, func() error {
		if got := r.store.of(source); strings.Join(got, " ") != strings.Join(want, " ") {
			return fmt.Errorf("got %q, want %q: %+v", got, want, r.Stats())
		}
		return nil
	})
}

func (r *running) refused(t *testing.T, reason string, n uint64) {
	t.Helper()
	eventually(t, reason, func() error {
		if got := r.Stats().Refused[reason]; got != n {
			return fmt.Errorf("%d refused, want %d: %+v", got, n, r.Stats())
		}
		return nil
	})
}

// dial connects from an address of this machine.
func dial(t *testing.T, from string, to net.Addr) net.Conn {
	t.Helper()
	var local net.Addr = &net.TCPAddr{IP: net.ParseIP(from)}
	if to.Network() == "udp" {
		local = &net.UDPAddr{IP: net.ParseIP(from)}
	}
	c, err := (&net.Dialer{LocalAddr: local}).Dial(to.Network(), to.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func send(t *testing.T, c net.Conn, text string) {
	t.Helper()
	if _, err := c.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
}

func TestConnections(t *testing.T) {
	r := start(t, nil)
	c := dial(t, "127.0.0.1", r.TCPAddr())
	send(t, c, "a.b 1 1700000000\r\n\nbad line\na.c 2 17000")
	r.wants(t, "graphite 127.0.0.1", "a_b=1@1700000000")
	send(t, c, "00001\na.d nan 1\na.e 3 170")
	r.wants(t, "graphite 127.0.0.1", "a_b=1@1700000000", "a_c=2@1700000001")
	_ = c.Close()
	r.refused(t, reasonCut, 1)
	r.refused(t, reasonFields, 1)
	if s := r.Stats(); s.LastBad.Text != "a.e 3 170" || s.LastBad.Source != "graphite 127.0.0.1" || len(s.Offenders) != 1 {
		t.Errorf("%+v", s)
	}
}

func TestDatagrams(t *testing.T) {
	r := start(t, func(c *Config) { c.Allow = []string{"127.0.0.1", "127.0.0.2"} })
	c := dial(t, "127.0.0.2", r.UDPAddr())
	send(t, c, "a 1 5\nb 2 5")
	send(t, c, "c 3 5\n"+strings.Repeat("x", 5000)+" 1 1\n\x00\xff 1 1\n")
	r.wants(t, "graphite 127.0.0.2", "a=1@5", "b=2@5", "c=3@5")
	r.refused(t, reasonLong, 1)
	r.refused(t, reasonPath, 1)
	send(t, dial(t, "127.0.0.9", r.UDPAddr()), "a 1 5")
	r.refused(t, "not allowed", 1)
}

func TestPickleIsRefusedAndSaidSo(t *testing.T) {
	r := start(t, nil)
	pickled := "\x00\x00\x00\x1e\x80\x02]q\x00X\x01\x00\x00\x00aG?\xf0\x00\x00\x00\x00\x00\x00\x86a.\n"
	c := dial(t, "127.0.0.1", r.TCPAddr())
	send(t, c, pickled)
	_ = c.SetReadDeadline(time.Now().Add(30 * time.Second))
	if n, err := c.Read(make([]byte, 1)); n > 0 || err == nil {
		t.Error("the connection stays open")
	}
	send(t, dial(t, "127.0.0.1", r.UDPAddr()), pickled)
	r.refused(t, reasonPickle, 2)
	if text := r.Stats().LastBad.Text; !strings.Contains(text, "send the plaintext protocol") {
		t.Error(text)
	}
}

func TestLongLinesArePassedBy(t *testing.T) {
	r := start(t, func(c *Config) { c.MaxLineBytes = 64 })
	c := dial(t, "127.0.0.1", r.TCPAddr())
	for _, n := range []int{64, 100, 40_000, 200_000} {
		send(t, c, strings.Repeat("x", n-4)+" 1 5\n")
	}
	send(t, c, "a 1 5\n")
	r.wants(t, "graphite 127.0.0.1", strings.Repeat("x", 60)+"=1@5", "a=1@5")
	r.refused(t, reasonLong, 3)
}

func TestAnIdleConnectionIsClosed(t *testing.T) {
	r := start(t, func(c *Config) { c.IdleTimeout = time.Second })
	c := dial(t, "127.0.0.1", r.TCPAddr())
	eventually(t, "the connection is open", func() error {
		if r.tcp.Open() == 0 {
			return errors.New("not yet")
		}
		return nil
	})
	go func() { // ends when the connection is closed: bytes alone do not keep it open
		for {
			if _, err := c.Write([]byte("x")); err != nil {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
	}()
	eventually(t, "the connection is closed", func() error {
		if n := r.tcp.Open(); n != 0 {
			return fmt.Errorf("%d are open", n)
		}
		return nil
	})
}

// While the store is away, a sender by TCP is made to wait, and loses nothing; then
// all comes in order.
func TestASenderThatIsFasterThanTheStoreWaits(t *testing.T) {
	r := start(t, nil)
	r.store.set(true)
	const n = maxWaitingPerSource + 20_000
	sent := make(chan error, 1)
	c := dial(t, "127.0.0.1", r.TCPAddr())
	go func() { // ends when all is sent
		var text strings.Builder
		for i := range n {
			fmt.Fprintf(&text, "a %d %d\n", i, i)
		}
		_, err := c.Write([]byte(text.String()))
		sent <- err
	}()
	eventually(t, "the queue is full", func() error {
		if s := r.Stats().Samples; s.Waiting < maxWaitingPerSource {
			return fmt.Errorf("%+v", s)
		}
		return nil
	})
	// Another source is received meanwhile.
	send(t, dial(t, "127.0.0.5", r.TCPAddr()), "b 1 5\n")
	r.store.set(false)
	r.wants(t, "graphite 127.0.0.5", "b=1@5")
	eventually(t, "all is stored", func() error {
		if s := r.Stats().Samples; s.Put != n+1 || s.Dropped != 0 {
			return fmt.Errorf("%+v", s)
		}
		return nil
	})
	if err := <-sent; err != nil {
		t.Error(err)
	}
	for i, one := range r.store.got["graphite 127.0.0.1"] {
		if one.Value != float64(i) {
			t.Fatalf("sample %d is %v", i, one.Value)
		}
	}
}

func TestTheEndStoresWhatCame(t *testing.T) {
	r := start(t, nil)
	c := dial(t, "127.0.0.1", r.TCPAddr())
	send(t, c, "a 1 5\n")
	eventually(t, "the line is read", func() error {
		if s := r.Stats().Samples; s.Waiting+int(s.Put) == 0 {
			return errors.New("not yet")
		}
		return nil
	})
	r.stop()
	if got := r.store.of("graphite 127.0.0.1"); len(got) != 1 {
		t.Errorf("%q", got)
	}
}

func TestConnectionsAreBoundedBySource(t *testing.T) {
	r := start(t, func(c *Config) { c.MaxConnectionsPerSource = 2 })
	for range 4 {
		dial(t, "127.0.0.1", r.TCPAddr())
	}
	r.refused(t, "too many connections", 2)
	send(t, dial(t, "127.0.0.2", r.TCPAddr()), "a 1 5\n")
	r.wants(t, "graphite 127.0.0.2", "a=1@5")
}

// As a shell script sends: echo … | nc -q0 host 2003.
func TestNetcat(t *testing.T) {
	r := start(t, nil)
	_, port, err := net.SplitHostPort(r.TCPAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "nc", "-N", "127.0.0.1", port)
	cmd.Stdin = strings.NewReader("local.random.diceroll 4 1700000000\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	r.wants(t, "graphite 127.0.0.1", "local_random_diceroll=4@1700000000")
}

// BenchmarkLine is what a line of a known path costs, from bytes to a sample.
func BenchmarkLine(b *testing.B) {
	c := Default()
	c.TCP, c.UDP = "", ""
	c.SinkFor = func(string) metric.Sink { return nil }
	s, err := New(c)
	if err != nil {
		b.Fatal(err)
	}
	text := []byte("servers.web1.cpu.load 1.5 1700000000")
	var ready []metric.Sample
	b.ReportAllocs()
	for b.Loop() {
		ready = s.line(ready[:0], text, "graphite 10.0.0.1")
	}
}

// Without an address there is nothing to receive, and nothing that ends.
func TestNoAddressEndsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := Default()
		c.TCP, c.UDP = "", ""
		c.SinkFor = func(string) metric.Sink { return nil }
		s, err := New(c)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- s.Run(ctx) }()
		synctest.Wait()
		select {
		case err := <-done:
			t.Errorf("ended by itself: %v", err)
		default:
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
