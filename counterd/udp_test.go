package counterd

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"

	"plimsoll/counterd/listen"
)

func loopback(t *testing.T, change func(*Config)) (stop func() error, s *Server, sink *memory) {
	t.Helper()
	sink = &memory{}
	c := Default()
	c.Listen, c.Sink = []listen.Config{listen.Default("127.0.0.1:0")}, sink
	if change != nil {
		change(&c)
	}
	stop, s = running(t, c)
	return stop, s, sink
}

// Loopback delivers a datagram before its Write returns, and the daemon reads its
// sockets empty when it stops: these tests need not wait for anything.

// Every line of a flood is counted, refused or dropped by the kernel, and we say
// which: four senders, one line a datagram, one in a hundred bad, against a
// socket buffer that is too small on purpose.
func TestFloodIsAccountedForToTheLine(t *testing.T) {
	const senders, each = 4, 20_000
	for _, readers := range []int{1, 2} {
		stop, s, sink := loopback(t, func(c *Config) { c.Listen[0].Readers, c.Listen[0].ReadBuffer = readers, 32<<10 })
		var wg sync.WaitGroup
		for n := range senders {
			wg.Go(func() { flood(t, s.Addr().String(), n, each) })
		}
		wg.Wait()
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		st := s.Stats()
		if st.Lines != st.Received || st.Lines != st.Parsed+st.Bad["not a number"] || st.KernelDrops+st.Lines != senders*each {
			t.Errorf("%d readers: %+v", readers, st)
		}
		total := 0.0
		for _, smp := range last(sink) {
			total += smp
		}
		if total != float64(st.Parsed) {
			t.Errorf("%d readers: the series sum to %g, %d lines were parsed", readers, total, st.Parsed)
		}
		t.Logf("%d readers: %d parsed, %d bad, %d dropped by the kernel", readers, st.Parsed,
			st.Bad["not a number"], st.KernelDrops)
	}
}

func flood(t *testing.T, addr string, sender, n int) {
	conn, err := net.Dial("udp", addr)
	if err != nil {
		t.Error(err)
		return
	}
	defer conn.Close()
	for i := range n {
		line := fmt.Sprintf("name%d:1|c\n", (i+sender)%100)
		if i%100 == 0 {
			line = "name:x|c\n"
		}
		if _, err := conn.Write([]byte(line)); err != nil {
			t.Error(err)
			return
		}
	}
}

// last returns the last value of each series.
func last(m *memory) map[string]float64 {
	out := map[string]float64{}
	for _, s := range m.take() {
		out[s.Labels.String()] = s.Value
	}
	return out
}

func TestWhatWasSentBeforeTheEndCounts(t *testing.T) {
	stop, s, sink := loopback(t, nil)
	lines := make([]string, 500)
	for i := range lines {
		lines[i] = fmt.Sprintf("some.rather.long.name.to.fill.datagrams.%d:1|c", i)
	}
	if err := Send(t.Context(), s.Addr().String(), lines, nil); err != nil {
		t.Fatal(err)
	}
	if err := stop(); err != nil { // loopback delivers before Send returns
		t.Fatal(err)
	}
	if got := last(sink); len(got) != len(lines) {
		t.Errorf("%d of %d series", len(got), len(lines))
	}
	if st := s.Stats(); st.Received >= 100 {
		t.Errorf("%d datagrams for 500 lines", st.Received)
	}
}

func TestBadLineNamesItsSource(t *testing.T) {
	stop, s, _ := loopback(t, nil)
	if err := Send(t.Context(), s.Addr().String(), []string{"oops:x|c"}, nil); err != nil {
		t.Fatal(err)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if l := s.Stats().BadLines; len(l) != 1 || !strings.HasPrefix(l[0].Source, "127.0.0.1:") || l[0].Line != "oops:x|c" {
		t.Errorf("%+v", l)
	}
}

func TestGreatDatagramAndSecondAddress(t *testing.T) {
	stop, s, sink := loopback(t, func(c *Config) { c.Listen = []listen.Config{listen.Default("127.0.0.1:0"), listen.Default("[::1]:0")} })
	conn, err := net.Dial("udp", s.listeners[1].Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte(strings.Repeat("hits:1|c\n", 7000))); err != nil {
		t.Fatal(err)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if got := last(sink)[`{__name__="hits_total"}`]; got != 7000 {
		t.Errorf("counted %g", got)
	}
}

func TestNewRefusesATakenPort(t *testing.T) {
	stop, s, _ := loopback(t, nil)
	c := Default()
	c.Listen = []listen.Config{listen.Default(s.Addr().String())}
	if _, err := New(c); err == nil || !strings.Contains(err.Error(), s.Addr().String()) {
		t.Errorf("%v", err)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
}

func TestSendStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Send(ctx, "127.0.0.1:9", []string{"a"}, nil); err == nil {
		t.Error("no error")
	}
}

// Sockets that share an address have one mark of incompleteness, for all of them.
func TestLossOfReadersIsOne(t *testing.T) {
	stop, s, _ := loopback(t, func(c *Config) { c.Listen[0].Readers, c.Listen[0].ReadBuffer = 3, 32<<10 })
	for n := range 3 {
		flood(t, s.Addr().String(), n, 5000)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	in := s.inputs()
	if len(in) != 1 {
		t.Fatalf("%d inputs", len(in))
	}
	if got, st := in[0].traffic(), s.Stats(); got.received != st.Received || got.dropped != st.KernelDrops {
		t.Errorf("%+v of %d received, %d dropped", got, st.Received, st.KernelDrops)
	}
}
