package pipe

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"plimsoll/agents/weblog/syslog"
)

func newPipe(t *testing.T, address string, in io.Reader, change func(*Config)) *Pipe {
	t.Helper()
	c := Default()
	c.Address, c.Host, c.In, c.Now, c.Logger = address, "web1", in, time.Now, slog.New(slog.DiscardHandler)
	if change != nil {
		change(&c)
	}
	p, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// agent takes what is sent to an address until the returned function is called.
func agent(t *testing.T, address string) (where string, stop func() []syslog.Message) {
	t.Helper()
	s, err := syslog.New(syslog.Default("tcp://" + address))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	messages, ended := make(chan syslog.Message, 10_000), make(chan error)
	go func() { ended <- s.Run(ctx, func(m syslog.Message) { messages <- m }) }()
	return s.Addr().String(), func() (all []syslog.Message) {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		close(messages)
		for m := range messages {
			all = append(all, m)
		}
		return all
	}
}

func TestLinesReachTheAgent(t *testing.T) {
	address, stop := agent(t, "127.0.0.1:0")
	long := strings.Repeat("x", 100<<10)
	p := newPipe(t, address, strings.NewReader("one\r\n\n"+long+"\ntwo \"quoted\" [x]\nlast without an end"), nil)
	dropped, err := p.Run(t.Context())
	if err != nil || dropped != 1 {
		t.Error(dropped, err)
	}
	var got []string
	for _, m := range stop() {
		got = append(got, fmt.Sprintf("%s %s %s", m.Host, m.Text, m.Params["plimsoll@32473.dropped"]))
	}
	if s := fmt.Sprintf("%q", got); s != `["web1 one " "web1 two \"quoted\" [x] 1" "web1 last without an end "]` {
		t.Error(s)
	}
}

// The input is read to its end while nobody takes what is sent, in bounded memory;
// what came is sent when somebody does, and the rest was counted.
func TestNeverWaits(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	in, out := io.Pipe()
	p := newPipe(t, address, in, func(c *Config) { c.MaxLine, c.MaxBytes = 1000, 10_000; c.DrainTimeout = 20 * time.Second })
	const sent = 5000
	written := make(chan struct{})
	go func() {
		defer close(written)
		for i := range sent {
			fmt.Fprintf(out, "line %d\n", i) // returns when it was read
		}
	}()
	type result struct {
		dropped uint64
		err     error
	}
	ended := make(chan result)
	go func() { dropped, err := p.Run(t.Context()); ended <- result{dropped, err} }()
	<-written
	_, stop := agent(t, address)
	out.Close()
	r := <-ended
	lines, told := 0, 0
	for _, m := range stop() {
		if m.Text != "" {
			lines++
		}
		n, _ := strconv.Atoi(m.Params["plimsoll@32473.dropped"])
		told += n
	}
	if r.err != nil || lines == 0 || uint64(told) != r.dropped || lines+told != sent {
		t.Errorf("%d lines came, %d were told to be dropped, %d were: %d in all, %v", lines, told, r.dropped, sent, r.err)
	}
}

func TestEndOfContextEndsIt(t *testing.T) {
	in, out := io.Pipe()
	defer out.Close()
	p := newPipe(t, "127.0.0.1:1", in, func(c *Config) { c.DrainTimeout = 10 * time.Millisecond })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Run(ctx); err != nil {
		t.Error(err)
	}
}
