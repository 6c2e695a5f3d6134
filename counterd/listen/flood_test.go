package listen

import (
	"context"
	"fmt"
	"net"
	"sync"
	"testing"
)

// sum counts what a listener gave. Loopback delivers a datagram before its Write
// returns, and Run reads the socket empty at its end: no test waits for anything.
type sum struct {
	mu        sync.Mutex // guards all below
	datagrams uint64
	bytes     uint64
}

func (s *sum) take(b []Datagram) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range b {
		s.datagrams++
		s.bytes += uint64(len(d.Data))
	}
}

// running opens c and reads it until stop is called.
func running(t testing.TB, c Config, take func([]Datagram)) (all []Listener, stop func()) {
	t.Helper()
	all, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	for _, l := range all {
		wg.Go(func() {
			if err := l.Run(ctx, take); err != nil {
				t.Error(err)
			}
		})
	}
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		wg.Wait()
		for _, l := range all {
			if err := l.Close(); err != nil {
				t.Error(err)
			}
		}
	}
	t.Cleanup(stop)
	return all, stop
}

func TestFloodIsAccountedFor(t *testing.T) {
	const senders, each = 4, 20_000
	for _, readers := range []int{1, 2} {
		var got sum
		all, stop := running(t, Config{Address: "127.0.0.1:0", Readers: readers, ReadBuffer: 32 << 10}, got.take)
		var wg sync.WaitGroup
		for n := range senders {
			wg.Go(func() { flood(t, all[0].Addr().String(), n, each) })
		}
		wg.Wait()
		stop()
		drops, counted := uint64(0), uint64(0)
		for _, l := range all {
			drops += l.Drops()
			counted += l.Stats().Datagrams
		}
		if got.datagrams+drops != senders*each || counted != got.datagrams {
			t.Errorf("%d readers: %d sent, %d received, %d counted, %d dropped", readers, senders*each, got.datagrams, counted, drops)
		}
		t.Logf("%d readers: %d received, %d dropped", readers, got.datagrams, drops)
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
		if _, err := fmt.Fprintf(conn, "name%d:1|c\n", (i+sender)%100); err != nil {
			t.Error(err)
			return
		}
	}
}
