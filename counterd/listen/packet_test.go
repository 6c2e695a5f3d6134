package listen

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/counterd/line"
)

// seen is what take got: what counts, and what was refused by reason.
type seen struct {
	mu      sync.Mutex // guards all below
	good    []string
	from    []string
	refused map[line.Reason]int
}

func (s *seen) take(b []Datagram) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range b {
		if d.Refused != line.Good {
			if s.refused == nil {
				s.refused = map[line.Reason]int{}
			}
			s.refused[d.Refused]++
			continue
		}
		s.good = append(s.good, string(d.Data))
		s.from = append(s.from, d.From.String())
	}
}

// send sends each of the texts as one datagram and returns the address it used.
func send(t *testing.T, to net.Addr, texts ...string) string {
	t.Helper()
	conn, err := net.Dial(to.Network(), to.String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, text := range texts {
		if _, err := conn.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	return conn.LocalAddr().String()
}

func TestDatagramsOfEverySize(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "udp://[::1]:0"} {
		var got seen
		all, stop := running(t, Config{Address: address}, got.take)
		var want []string
		for _, n := range []int{0, 1, 28, 1432, 2048 - 1, 2048, 2048 + 1, 9000, 65507} {
			want = append(want, strings.Repeat("x", n))
		}
		from := send(t, all[0].Addr(), want...)
		stop()
		if d := cmp.Diff(want, got.good); d != "" {
			t.Errorf("%s: %s", address, d)
		}
		if got.from[0] != from {
			t.Errorf("%s: from %s, want %s", address, got.from[0], from)
		}
		if s := all[0].Stats(); s.Datagrams != 9 || s.GrantedBuffer < 1 || s.AskedBuffer != 4<<20 {
			t.Errorf("%s: %+v", address, s)
		}
	}
}

func TestAllowListRefusesOthers(t *testing.T) {
	for _, c := range []struct {
		allow         []string
		good, refused int
	}{
		{nil, 2, 0},
		{[]string{"127.0.0.0/8"}, 2, 0},
		{[]string{"10.0.0.0/8", "127.0.0.1"}, 2, 0},
		{[]string{"::ffff:127.0.0.1"}, 2, 0},
		{[]string{"::ffff:127.0.0.0/104"}, 2, 0},
		{[]string{"10.0.0.0/8", "::/0"}, 0, 2},
	} {
		var got seen
		all, stop := running(t, Config{Address: "127.0.0.1:0", Allow: c.allow}, got.take)
		send(t, all[0].Addr(), "a", "b")
		stop()
		if len(got.good) != c.good || got.refused[line.BadSource] != c.refused || all[0].Stats().NotAllowed != uint64(c.refused) {
			t.Errorf("allow %q: %q, %v, %+v", c.allow, got.good, got.refused, all[0].Stats())
		}
	}
}

func TestSignedListener(t *testing.T) {
	var got seen
	c := Config{
		Address: "127.0.0.1:0", Keys: []Key{testKey}, RequireSigned: true, Readers: 2,
		Now: func() time.Time { return noon },
	}
	all, stop := running(t, c, got.take)
	signed := string(Sign(testKey, noon, "n1", []byte("hits:1|c")))
	for range 20 { // from other ports, so that both readers get some
		send(t, all[0].Addr(), signed, "hits:1|c", strings.Replace(signed, "hits:1", "hits:2", 1))
	}
	send(t, all[1].Addr(), string(Sign(testKey, noon.Add(time.Hour), "n2", nil)))
	stop()
	want := map[line.Reason]int{line.BadReplay: 19, line.BadUnsigned: 20, line.BadSignature: 20, line.BadStale: 1}
	if d := cmp.Diff(want, got.refused); d != "" || !cmp.Equal(got.good, []string{"hits:1|c"}) {
		t.Errorf("%q, %s", got.good, d)
	}
	if s := all[0].Stats().Signatures; s.Accepted != 1 || s.WrongMAC != 20 {
		t.Errorf("%+v", s)
	}
}

func TestUnixDatagrams(t *testing.T) {
	path := filepath.Join(t.TempDir(), "counterd.sock")
	var got seen
	all, stop := running(t, Config{Address: "unixgram://" + path, Mode: "0600"}, got.take)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if all[0].String() != "unixgram://"+path {
		t.Error(all[0])
	}
	long := strings.Repeat("x", 1<<16)
	send(t, all[0].Addr(), "a", "b", long, long+"y")
	stop()
	if !cmp.Equal(got.good, []string{"a", "b", long}) || got.refused[line.BadTruncated] != 1 || all[0].Stats().Truncated != 1 {
		t.Errorf("%.10q, %v", got.good, got.refused)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket's file is left: %v", err)
	}
}

func TestOpenRemovesOnlyWhatNobodyListensOn(t *testing.T) {
	for _, network := range []string{unixgram, unixSock} {
		path := filepath.Join(t.TempDir(), "counterd.sock")
		c := Config{Address: network + "://" + path}
		first, err := Open(c)
		if err != nil {
			t.Fatal(err)
		}
		for _, other := range []string{unixgram, unixSock} {
			if _, err := Open(Config{Address: other + "://" + path}); err == nil || !strings.Contains(err.Error(), "somebody listens") {
				t.Errorf("%s over %s: %v", other, network, err)
			}
		}
		f, err := first[0].File() // handed on: the file stays
		if err != nil {
			t.Fatal(err)
		}
		first[0].HandOver()
		first[0].Close()
		f.Close() // and now the successor is gone
		second, err := Open(c)
		if err != nil {
			t.Fatalf("over a stale %s socket: %v", network, err)
		}
		second[0].Close()
		if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(c); err == nil || !strings.Contains(err.Error(), "is no socket") {
			t.Errorf("over a file: %v", err)
		}
	}
}

func TestOpenRefusesATakenPort(t *testing.T) {
	for _, network := range []string{udp, tcp} {
		first, err := Open(Config{Address: network + "://127.0.0.1:0"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Open(Config{Address: first[0].String()}); err == nil || !strings.Contains(err.Error(), first[0].String()) {
			t.Errorf("%v", err)
		}
		first[0].Close()
	}
}

func TestCloseEndsRun(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "tcp://127.0.0.1:0"} {
		all, err := Open(Config{Address: address})
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { done <- all[0].Run(context.Background(), func([]Datagram) {}) }()
		if err := all[0].Close(); err != nil {
			t.Error(err)
		}
		if err := <-done; err != nil && !errors.Is(err, net.ErrClosed) { // closed before Run began
			t.Error(err)
		}
		if err := all[0].Close(); err != nil {
			t.Errorf("again: %v", err)
		}
		if err := all[0].Run(context.Background(), nil); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Run after Close: %v", err)
		}
		if _, err := all[0].File(); err == nil {
			t.Error("a descriptor after Close")
		}
		all[0].Stats()
		all[0].Drops()
	}
}

// What the kernel took from a sender on a Unix socket is counted, however the end
// falls: who comes later is told that nobody listens.
func TestNothingWaitsInAUnixSocketAtTheEnd(t *testing.T) {
	for range 10 {
		path := filepath.Join(t.TempDir(), "s")
		var got seen
		_, stop := running(t, Config{Address: "unixgram://" + path}, got.take)
		conn, err := net.Dial(unixgram, path)
		if err != nil {
			t.Fatal(err)
		}
		sent := make(chan int)
		under := make(chan struct{}) // closed when the sender is in full swing
		go func() {                  // ends with the socket
			n := 0
			for ; ; n++ {
				if n == 500 {
					close(under)
				}
				if _, err := conn.Write([]byte("a")); err != nil {
					break
				}
			}
			sent <- n
		}()
		<-under
		stop()
		if n := <-sent; n != len(got.good) {
			t.Errorf("%d were sent, %d arrived", n, len(got.good))
		}
		_ = conn.Close()
	}
}
