package listen

import (
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/counterd/line"
)

func dial(t *testing.T, to net.Addr) net.Conn {
	t.Helper()
	c, err := net.Dial(to.Network(), to.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// await waits until a listener's counters say so.
func await(t *testing.T, l Listener, until func(Stats) bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !until(l.Stats()); time.Sleep(100 * time.Microsecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: %+v", l, l.Stats())
		}
	}
}

func lines(pieces []string) []string {
	var out []string
	for _, p := range pieces {
		out = append(out, strings.Split(strings.TrimSuffix(p, "\n"), "\n")...)
	}
	return out
}

func TestStreamsOfLines(t *testing.T) {
	for _, address := range []string{"tcp://127.0.0.1:0", "tcp://[::1]:0", "unix://" + filepath.Join(t.TempDir(), "s")} {
		var got seen
		all, stop := running(t, Config{Address: address}, got.take)
		c := dial(t, all[0].Addr())
		sent := 0
		for _, part := range []string{"a:1|c\nb:", "2|", "c\nc:3|c"} {
			if _, err := c.Write([]byte(part)); err != nil {
				t.Fatal(err)
			}
			sent += len(part)
			await(t, all[0], func(s Stats) bool { return s.Bytes == uint64(sent) })
		}
		c.Close()
		await(t, all[0], func(s Stats) bool { return s.AcceptedConns == 1 && s.Connections == 0 })
		stop()
		if d := cmp.Diff([]string{"a:1|c", "b:2|c", "c:3|c"}, lines(got.good)); d != "" {
			t.Errorf("%s: %s", address, d)
		}
		if address == "tcp://127.0.0.1:0" && !strings.HasPrefix(got.from[0], "127.0.0.1:") {
			t.Errorf("%s: from %q", address, got.from[0])
		}
	}
}

// What was sent before the end is read, on connections that are not accepted yet
// too; half a line is refused.
func TestStreamEndReadsWhatIsThere(t *testing.T) {
	const conns, each = 50, 200
	var got seen
	all, stop := running(t, Config{Address: "tcp://127.0.0.1:0"}, got.take)
	for i := range conns {
		c := dial(t, all[0].Addr())
		if _, err := c.Write([]byte(strings.Repeat(fmt.Sprintf("name%d:1|c\n", i), each) + "half:1")); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	if n := len(lines(got.good)); n != conns*each || got.refused[line.BadStream] != conns {
		t.Errorf("%d lines of %d, refused %v, %+v", n, conns*each, got.refused, all[0].Stats())
	}
	if s := all[0].Stats(); s.BrokenLines != conns || s.Connections != 0 {
		t.Errorf("%+v", s)
	}
}

// One connection that sends nothing, one that sends a line without an end and one
// that sends byte by byte: a fourth one is served all the same.
func TestHostileStreamsHurtNobody(t *testing.T) {
	var got seen
	all, stop := running(t, Config{Address: "tcp://127.0.0.1:0", MaxLine: 64}, got.take)
	dial(t, all[0].Addr())
	endless := dial(t, all[0].Addr())
	slow := dial(t, all[0].Addr())
	var wg sync.WaitGroup
	wg.Go(func() {
		for range 100 {
			endless.Write([]byte(strings.Repeat("x", 10_000)))
		}
		endless.Write([]byte("\nafter:1|c\n"))
	})
	for _, b := range []byte("slow:1|c\n") {
		slow.Write([]byte{b})
	}
	good := dial(t, all[0].Addr())
	good.Write([]byte("good:1|c\n"))
	wg.Wait()
	stop()
	count := map[string]int{}
	for _, l := range lines(got.good) {
		count[l]++
	}
	if d := cmp.Diff(map[string]int{"after:1|c": 1, "slow:1|c": 1, "good:1|c": 1}, count); d != "" || got.refused[line.BadStream] != 1 {
		t.Errorf("%s, refused %v", d, got.refused)
	}
	if s := all[0].Stats(); s.LongLines != 1 {
		t.Errorf("%+v", s)
	}
}

func TestTooManyConnections(t *testing.T) {
	var got seen
	all, _ := running(t, Config{Address: "tcp://127.0.0.1:0", MaxConns: 2}, got.take)
	first := dial(t, all[0].Addr())
	dial(t, all[0].Addr())
	await(t, all[0], func(s Stats) bool { return s.AcceptedConns == 2 })
	third := dial(t, all[0].Addr())
	if _, err := third.Read(make([]byte, 1)); err == nil {
		t.Error("the third connection is kept")
	}
	await(t, all[0], func(s Stats) bool { return s.RefusedConns == 1 && s.Connections == 2 })
	first.Close()
	await(t, all[0], func(s Stats) bool { return s.Connections == 1 })
	dial(t, all[0].Addr())
	await(t, all[0], func(s Stats) bool { return s.AcceptedConns == 3 && s.Connections == 2 })
}

func TestIdleConnectionIsClosed(t *testing.T) {
	var got seen
	all, stop := running(t, Config{Address: "tcp://127.0.0.1:0", IdleTimeout: time.Second}, got.take)
	c := dial(t, all[0].Addr())
	c.Write([]byte("half"))
	if _, err := c.Read(make([]byte, 1)); err == nil {
		t.Error("the connection is kept")
	}
	stop()
	if s := all[0].Stats(); s.IdleConns != 1 || got.refused[line.BadStream] != 1 {
		t.Errorf("%+v, %v", s, got.refused)
	}
}

func TestStreamAllowList(t *testing.T) {
	var got seen
	all, stop := running(t, Config{Address: "tcp://127.0.0.1:0", Allow: []string{"10.0.0.0/8"}}, got.take)
	c := dial(t, all[0].Addr())
	if _, err := c.Read(make([]byte, 1)); err == nil {
		t.Error("the connection is kept")
	}
	stop()
	if s := all[0].Stats(); s.NotAllowed != 1 || s.AcceptedConns != 0 {
		t.Errorf("%+v", s)
	}
}

// A connection that waits to be accepted is the successor's.
func TestInheritedStream(t *testing.T) {
	var before, after seen
	all, stop := running(t, Config{Address: "tcp://127.0.0.1:0"}, before.take)
	f, err := all[0].File()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all[0].HandOver()
	stop()
	c := dial(t, all[0].Addr())
	c.Write([]byte("b:1|c\n"))
	next, err := Open(Config{Address: "tcp://127.0.0.1:0"}, f)
	if err != nil {
		t.Fatal(err)
	}
	defer next[0].Close()
	done := make(chan error, 1)
	go func() { done <- next[0].Run(t.Context(), after.take) }()
	await(t, next[0], func(s Stats) bool { return s.Datagrams == 1 })
	if err := next[0].Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	if len(before.good) != 0 || !cmp.Equal(after.good, []string{"b:1|c\n"}) {
		t.Errorf("%q, then %q", before.good, after.good)
	}
}
