package memcache

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/agents"
	"plimsoll/agents/batch"
	"plimsoll/internal/metric"
	"plimsoll/internal/peertest"
)

// sampled asks the server at address once.
func sampled(t *testing.T, address string) (map[string]float64, error) {
	t.Helper()
	a, err := New(Config{Address: address})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	samples, err := a.Sample(ctx, time.Unix(1000, 0))
	return byName(t, samples), err
}

func byName(t *testing.T, samples []metric.Sample) map[string]float64 {
	t.Helper()
	out := map[string]float64{}
	for _, s := range samples {
		if s.At != 1_000_000 {
			t.Errorf("%s is stamped %d", s.Labels, s.At)
		}
		key := s.Labels.String()
		if _, twice := out[key]; twice {
			t.Errorf("%s is there twice", key)
		}
		out[key] = s.Value
	}
	return out
}

// expect checks some of the values.
func expect(t *testing.T, got, want map[string]float64) {
	t.Helper()
	for key := range want {
		if v, is := got[key]; !is || v != want[key] {
			t.Errorf("%s is %v (there: %v), want %v", key, v, is, want[key])
		}
	}
}

func TestRealMemcached(t *testing.T) {
	address := peertest.Address(t)
	_, port, _ := net.SplitHostPort(address)
	p := peertest.Start(t, nil, "memcached", "-u", "nobody", "-l", "127.0.0.1", "-p", port, "-c", "100", "-m", "32")
	p.AwaitAddress(t, address)
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	in := bufio.NewReader(conn)
	for _, c := range []struct{ command, answer string }{
		{"set a 0 0 5\r\nhello\r\n", "STORED"},
		{"set n 0 0 1\r\n7\r\n", "STORED"},
		{"get a\r\n", "VALUE a 0 5"},
		{"incr n 2\r\n", "9"},
		{"cas a 0 0 1 999\r\nx\r\n", "EXISTS"},
		{"delete none\r\n", "NOT_FOUND"},
		{"get none\r\n", "END"},
	} {
		if _, err := io.WriteString(conn, c.command); err != nil {
			t.Fatal(err)
		}
		line, err := in.ReadString('\n')
		if err != nil || strings.TrimSpace(line) != c.answer {
			t.Fatalf("%q: %q, %v", c.command, line, err)
		}
		if strings.HasPrefix(line, "VALUE") { // the value and END
			_, _ = in.ReadString('\n')
			_, _ = in.ReadString('\n')
		}
	}
	got, err := sampled(t, address)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, got, map[string]float64{
		`{__name__="memcached_up"}`: 1,
		`{__name__="memcached_commands_total", command="get", status="hit"}`:                1,
		`{__name__="memcached_commands_total", command="get", status="miss"}`:               1,
		`{__name__="memcached_commands_total", command="set", status="hit"}`:                2,
		`{__name__="memcached_commands_total", command="cas", status="badval"}`:             1,
		`{__name__="memcached_commands_total", command="incr", status="hit"}`:               1,
		`{__name__="memcached_commands_total", command="delete", status="miss"}`:            1,
		`{__name__="memcached_current_items"}`:                                              2,
		`{__name__="memcached_limit_bytes"}`:                                                32 << 20,
		`{__name__="memcached_max_connections"}`:                                            100,
		`{__name__="memcached_lru_crawler_enabled"}`:                                        1,
		`{__name__="memcached_slab_current_items", slab="1"}`:                               2,
		`{__name__="memcached_slab_commands_total", command="set", slab="1", status="hit"}`: 2,
	})
	p.Stop()
	got, err = sampled(t, address)
	if err == nil {
		t.Error("no error from a dead server")
	}
	if diff := cmp.Diff(map[string]float64{`{__name__="memcached_up"}`: 0}, got); diff != "" {
		t.Error(diff)
	}
}

// captured is what a server answered to the four questions.
func captured(t testing.TB, version string) *answers {
	t.Helper()
	text, err := os.ReadFile("testdata/" + version + ".txt")
	if err != nil {
		t.Fatal(err)
	}
	in := strings.NewReader(string(text))
	var got answers
	for i := range got {
		before := in.Len()
		if got[i], err = readStats(&slow{in}); err != nil {
			t.Fatalf("answer %d, %d bytes before the end: %v", i, before, err)
		}
	}
	return &got
}

// slow reads one byte at a time, so that nothing is read ahead.
type slow struct{ r io.Reader }

func (s *slow) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	return s.r.Read(p[:1])
}

func TestMetaDescribesAllThatIsTold(t *testing.T) {
	got := captured(t, "1.6.18")
	for _, f := range slices.Concat(general(), external()) { // those of a set-up that the captured server does not have
		got[0][f.Key] = "1"
	}
	got[3]["items:1:number_temp"] = "0"
	b := new(batch.Names).Batch(time.Unix(1000, 0))
	if err := tell(b, got); err != nil {
		t.Fatal(err)
	}
	b.Flag("memcached_up", true)
	told, described := map[string]string{}, map[string]string{}
	for _, s := range b.Samples {
		told[s.Name()] = s.Kind.String()
	}
	for _, m := range Meta() {
		described[m.Name] = m.Type
	}
	if diff := cmp.Diff(described, told); diff != "" {
		t.Errorf("(-described +told):\n%s", diff)
	}
	byName(t, b.Samples)
}

// serve answers each connection with text and then waits for it to be closed.
func serve(t *testing.T, text string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() { // ends with the listener
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(conn, text)
			_, _ = io.Copy(io.Discard, conn)
			_ = conn.Close()
		}
	}()
	return l.Addr().String()
}

func TestServersThatLie(t *testing.T) {
	for name, c := range map[string]struct{ answer, err string }{
		"refuses":     {"ERROR\r\n", `stats: the server refused: "ERROR"`},
		"is another":  {"HTTP/1.1 400 Bad Request\r\n\r\n", `stats: the server refused: "HTTP/1.1 400 Bad Request"`},
		"never stops": {strings.Repeat("STAT a b\r\n", maxAnswer/10+1), "stats: the answer is too long: over 1048576 bytes"},
	} {
		got, err := sampled(t, serve(t, c.answer))
		if err == nil || err.Error() != c.err {
			t.Errorf("%s: %v, want %s", name, err, c.err)
		}
		if diff := cmp.Diff(map[string]float64{`{__name__="memcached_up"}`: 0}, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestSilentServerCostsNoMoreThanTheDeadline(t *testing.T) {
	a, err := New(Config{Address: serve(t, "STAT pid 1\r\n")})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := a.Sample(ctx, time.Unix(1000, 0)); err == nil {
		t.Error("no error")
	}
}

func TestBadValuesAreQuotedAndTheRestIsKept(t *testing.T) {
	got := captured(t, "1.6.18")
	got[0]["curr_items"] = "many"
	b := new(batch.Names).Batch(time.Unix(1000, 0))
	err := tell(b, got)
	if err == nil || err.Error() != `curr_items: "many" is not a number` {
		t.Errorf("got %v", err)
	}
	if n := len(b.Samples); n < 90 {
		t.Errorf("%d samples are left", n)
	}
}

func TestTargetIsNamedByItsHost(t *testing.T) {
	for address, want := range map[string]string{"": "web1:11211", "cache2:11211": "cache2:11211", "/run/memcached.sock": "web1"} {
		target, err := Config{Address: address}.Target("web1")
		if err != nil || target.Job != "memcached" || target.Instance != want {
			t.Errorf("%q: %v %v", address, target.Options, err)
		}
	}
	_, err := Config{Address: "cache2", Options: agents.Options{Interval: -1}}.Target("web1")
	want := "interval: -1ns is not a whole number of seconds\naddress: \"cache2\" is neither host:port nor the path of a unix socket"
	if err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
	for _, address := range []string{"cache2:", "cache2:99999", "cache2:http"} {
		if _, err := (Config{Address: address}).Target("web1"); err == nil {
			t.Errorf("%q is taken", address)
		}
	}
}

func FuzzReadStats(f *testing.F) {
	text, err := os.ReadFile("testdata/1.6.18.txt")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(text))
	f.Add("STAT a\r\nEND\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		stats, err := readStats(strings.NewReader(text))
		if err != nil {
			return
		}
		for key := range maps.Keys(stats) {
			if !strings.Contains(text, fmt.Sprintf("STAT %s ", key)) {
				t.Errorf("%q is not in the text", key)
			}
		}
		b := new(batch.Names).Batch(time.Unix(1, 0))
		_ = tell(b, &answers{stats, stats, stats, stats})
	})
}
