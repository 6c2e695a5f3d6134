package admin

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// fake is a daemon with fixed answers.
type fake struct {
	series map[Kind][]Series
	err    error
	asked  string
}

func (f *fake) Settings() []Setting { return []Setting{{"flushInterval", "10000"}} }
func (f *fake) Stats() []Figure {
	return []Figure{{"messages", "bad_lines_seen", 3}, {"messages", "lines", 1e21}}
}

func (f *fake) Snapshot(_ context.Context, k Kind) ([]Series, error) {
	return slices.Clone(f.series[k]), f.err
}

func (f *fake) Delete(_ context.Context, k Kind, pattern string) (gone, busy []string, err error) {
	f.asked += fmt.Sprintf("%d %s;", k, pattern)
	switch pattern {
	case "a.*":
		return []string{"a.c", "a.b"}, []string{"a.d"}, f.err
	case "x":
		return []string{"x"}, nil, f.err
	}
	return nil, nil, f.err
}

// run serves until the test ends, and checks that Run returns.
func run(t *testing.T, f *fake, change func(*Config)) *Server {
	t.Helper()
	c := Default()
	c.Address, c.Daemon = "127.0.0.1:0", f
	if change != nil {
		change(&c)
	}
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return s
}

func dial(t *testing.T, s *Server) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// ask sends text, ends its side, and returns all that came.
func ask(t *testing.T, s *Server, text string) string {
	t.Helper()
	conn := dial(t, s)
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestWords(t *testing.T) {
	f := &fake{series: map[Kind][]Series{
		Counters: {{Name: "b", Value: 2.5}, {Name: `a"<b>`, Value: 1e21}},
		Gauges:   {{Name: "g", Value: -3}},
		Timers:   {{Name: "t", Timing: &Timing{Count: 2, Lower: 1, Upper: 3, Sum: 4, Mean: 2, Std: 1}}},
	}}
	s := run(t, f, nil)
	for _, c := range []struct{ send, want string }{
		{"help\n", help},
		{"health\n", "health: up\n"},
		{"health\r\nhealth DOWN\nhealth\nhealth sideways\nhealth up\n", "health: up\nhealth: down\nhealth: down\nhealth: down\nhealth: up\n"},
		{"stats", "uptime: 0\nmessages.bad_lines_seen: 3\nmessages.lines: 1000000000000000000000\nEND\n\n"},
		{"config\n", "\nflushInterval: 10000\nEND\n\n"},
		{"counters\n", "{\n  \"a\\\"<b>\": 1000000000000000000000,\n  \"b\": 2.5\n}\nEND\n\n"},
		{"  gauges  \n", "{\n  \"g\": -3\n}\nEND\n\n"},
		{"sets\n", "{}\nEND\n\n"},
		{"timers\n", "{\n  \"t\": {\"count\":2,\"lower\":1,\"upper\":3,\"sum\":4,\"mean\":2,\"std\":1}\n}\nEND\n\n"},
		{
			"delgauges a.* x none\n", "deleted: a.b\ndeleted: a.c\nmetric a.d not deleted: lines for it come all the while\n" +
				"deleted: x\nmetric none not found\nEND\n\n",
		},
		{"deltimers\n", "END\n\n"},
		{"nonsense\ndelnonsense\ndel\n\n\nhealth\n", "ERROR\nERROR\nERROR\nhealth: up\n"},
		{"quit\nhealth\n", ""},
		{strings.Repeat("x", maxLine+1), "ERROR line too long\n"},
	} {
		if diff := cmp.Diff(c.want, ask(t, s, c.send)); diff != "" {
			t.Errorf("%.40q -want +got:\n%s", c.send, diff)
		}
	}
	if f.asked != "2 a.*;2 x;2 none;" {
		t.Errorf("asked %q", f.asked)
	}
	f.err = errors.New("no time")
	if got := ask(t, s, "counters\ndelsets x\n"); got != "ERROR no time\nERROR no time\nEND\n\n" && got != "ERROR no time\nERROR no time\n" {
		t.Errorf("%q", got)
	}
}

func TestTooManyConnections(t *testing.T) {
	s := run(t, &fake{}, func(c *Config) { c.MaxConns = 2 })
	for range 2 {
		conn := dial(t, s)
		if _, err := io.WriteString(conn, "health\n"); err != nil {
			t.Fatal(err)
		}
		if got, err := bufio.NewReader(conn).ReadString('\n'); got != "health: up\n" {
			t.Fatal(got, err)
		}
	}
	if got, _ := io.ReadAll(dial(t, s)); string(got) != "ERROR too many connections\n" {
		t.Errorf("the third got %q", got)
	}
}

// TestSlowReader never reads a long answer: others are answered all the same,
// and Run ends.
func TestSlowReader(t *testing.T) {
	f := &fake{series: map[Kind][]Series{}}
	for i := range 200_000 {
		f.series[Counters] = append(f.series[Counters], Series{Name: fmt.Sprintf("a.long.name.of.a.counter.%d", i)})
	}
	s := run(t, f, nil)
	for range maxAnswers - 1 {
		if _, err := io.WriteString(dial(t, s), "counters\n"); err != nil {
			t.Fatal(err)
		}
	}
	if got := ask(t, s, "health\n"); got != "health: up\n" {
		t.Errorf("%q", got)
	}
}

func TestOptionalPort(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	c := Default()
	c.Address = taken.Addr().String()
	s, err := New(c)
	if err != nil || s.Addr() != nil {
		t.Fatalf("%v at %v", err, s.Addr())
	}
	c.Optional = false
	if _, err := New(c); err == nil || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("not optional: %v", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	taken.Close() // now it can have the port
	for {
		conn, err := net.Dial("tcp", c.Address)
		if err == nil {
			conn.Close()
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestValidate(t *testing.T) {
	for address, want := range map[string]string{
		"":               "",
		"127.0.0.1:8126": "",
		"[::1]:0":        "",
		"localhost:8126": "",
		"8126":           `address: "8126" is not host:port`,
		"127.0.0.1:x":    `port "x" is not in`,
		"0.0.0.0:8126":   `address: "0.0.0.0:8126" can be reached from other machines`,
		":8126":          "can be reached from other machines",
		"10.0.0.1:8126":  `listen on "127.0.0.1:8126", or name in allow who may connect`,
	} {
		err := at(address).Validate()
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v, want %q", address, err, want)
		}
	}
	c := at("0.0.0.0:8126")
	c.Allow = []string{"10.0.0.0/8", "::ffff:192.0.2.1"}
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
	allow, _ := parseAllow(c.Allow)
	for from, want := range map[string]bool{"10.1.2.3:1": true, "[::ffff:10.1.2.3]:1": true, "192.0.2.1:1": true, "192.0.2.2:1": false} {
		if a, err := net.ResolveTCPAddr("tcp", from); err != nil || allowed(allow, a) != want {
			t.Errorf("%s: allowed %v, %v", from, !want, err)
		}
	}
	c.Allow = []string{"ten"}
	if err := c.Validate(); err == nil || !strings.HasPrefix(err.Error(), `allow[0]: "ten"`) {
		t.Errorf("%v", err)
	}
}
