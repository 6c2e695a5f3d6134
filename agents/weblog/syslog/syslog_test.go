package syslog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMessages(t *testing.T) {
	for text, want := range map[string]Message{
		`<165>1 2026-11-21T13:24:10.062Z web3 nginx 812 - - GET /`:            {Host: "web3", App: "nginx", Text: "GET /"},
		`<165>1 - - - - - - ` + "\ufeff" + `text`:                             {Text: "text"},
		`<165>1 - web3 app - - [a@1 b="c\"d\]" e="f"][g] text `:               {Host: "web3", App: "app", Text: "text ", Params: map[string]string{"a@1.b": `c"d]`, "a@1.e": "f"}},
		`<165>1 - web3 app - - [a@1 b="c"]`:                                   {Host: "web3", App: "app", Params: map[string]string{"a@1.b": "c"}},
		"<134>Nov 21 13:24:10 haproxy[812]: 127.0.0.1:1 [x] y\n":              {App: "haproxy", Text: "127.0.0.1:1 [x] y"},
		`<134>Nov  1 13:24:10 web3 haproxy[812]: text: more`:                  {Host: "web3", App: "haproxy", Text: "text: more"},
		`<190>Nov 21 13:24:10 web3 nginx: 192.0.2.1 - - [x] "GET / HTTP/1.1"`: {Host: "web3", App: "nginx", Text: `192.0.2.1 - - [x] "GET / HTTP/1.1"`},
		`<134>2026-11-21T13:24:10+01:00 web3 squid[1]: text`:                  {Host: "web3", App: "squid", Text: "text"},
		`<134>Nov 21 13:24:10 web3 192.0.2.1 - - [x]`:                         {Host: "web3", Text: "192.0.2.1 - - [x]"},
		`<134>text only`:              {Text: "text only"},
		`<13x>text`:                   {Text: "<13x>text"},
		`192.0.2.1 - -`:               {Text: "192.0.2.1 - -"},
		`<165>1 broken`:               {Text: "1 broken"},
		`<165>1 - h a - - [x b="open`: {Text: `1 - h a - - [x b="open`},
		`<134>Nov 21 13:24:10 alone`:  {Text: "alone"},
		"":                            {},
	} {
		if diff := cmp.Diff(want, Parse(text)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

// framed reads all of a stream.
func framed(stream string, limit int) (got []string, long int, err error) {
	f := newFrames(strings.NewReader(stream), limit, func() { long++ })
	for {
		msg, err := f.next()
		if err != nil {
			return got, long, err
		}
		got = append(got, msg)
	}
}

func TestFrames(t *testing.T) {
	for stream, want := range map[string]string{
		"5 <1>ab6 <1>a\nb":                         `["<1>ab" "<1>a\nb"] 0 EOF`,
		"<1>a\n<1>b\x00<1>c":                       `["<1>a" "<1>b" "<1>c"] 0 EOF`,
		"5 <1>ab<1>c\n\n5 <1>de":                   `["<1>ab" "<1>c" "<1>de"] 0 EOF`, // mixed
		"5 <1>ab\n5 <1>cd\n":                       `["<1>ab" "<1>cd"] 0 EOF`,        // counted, and ended
		"30 " + strings.Repeat("x", 30) + "4 <1>a": `["<1>a"] 1 EOF`,
		strings.Repeat("y", 30) + "\n<1>a\n":       `["<1>a"] 1 EOF`,
		strings.Repeat("y", 30):                    `[] 1 EOF`,
		"9 <1>a":                                   `[] 0 EOF`, // cut off
		"1x":                                       `[] 0 no syslog frame: 'x' in its length`,
		"123456789 x":                              `[] 0 no syslog frame: its length has more than 7 digits`,
		"":                                         `[] 0 EOF`,
	} {
		got, long, err := framed(stream, 20)
		if s := fmt.Sprintf("%q %d %v", got, long, err); s != want {
			t.Errorf("%q: %s, want %s", stream, s, want)
		}
	}
}

func FuzzFrames(f *testing.F) {
	f.Add("5 <1>ab<1>c\n\n5 <1>de\x00<165>1 - web3 app - - [a@1 b=\"c\\\"\"] text")
	f.Add("99999999999 x")
	f.Fuzz(func(t *testing.T, stream string) {
		got, _, err := framed(stream, 100)
		if !errors.Is(err, io.EOF) && !errors.Is(err, ErrFrame) {
			t.Error(err)
		}
		bytes := 0
		for _, msg := range got {
			if msg == "" || len(msg) > 100 {
				t.Errorf("message %q", msg)
			}
			bytes += len(msg)
			Parse(msg)
		}
		if bytes > len(stream) {
			t.Errorf("%d bytes of %d", bytes, len(stream))
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add(`<165>1 - web3 app - - [a@1 b="c\"d\]" e="f"][g] text`)
	f.Add("<134>Nov 21 13:24:10 haproxy[812]: 127.0.0.1:1 [x] y\n")
	f.Fuzz(func(t *testing.T, s string) {
		m := Parse(s)
		if len(m.Text) > len(s) || len(m.Host) > len(s) {
			t.Errorf("%q gives %+v", s, m)
		}
	})
}

func TestServer(t *testing.T) {
	c := Default("127.0.0.1:0")
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan string, 10)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		ended <- s.Run(ctx, func(m Message) { got <- m.Host + " " + m.App + " " + m.Text })
	}()
	send := func(network, text string) net.Conn {
		conn, err := net.Dial(network, s.Addr().String())
		if err == nil {
			_, err = io.WriteString(conn, text)
		}
		if err != nil {
			t.Fatal(err)
		}
		return conn
	}
	defer send("udp", "<134>Nov 21 13:24:10 haproxy[1]: by udp").Close()
	if m := <-got; m != "127.0.0.1 haproxy by udp" {
		t.Error(m)
	}
	defer send("tcp", "<134>Nov 21 13:24:10 web3 nginx: one\n29 <165>1 - web4 nginx - - - two").Close()
	if a, b := <-got, <-got; a != "web3 nginx one" || b != "web4 nginx two" {
		t.Error(a, b)
	}
	broken := send("tcp", "1x")
	defer broken.Close()
	if _, err := broken.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Error("a stream that cannot be followed is closed", err)
	}
	// What is sent before the end is read.
	defer send("tcp", "<1>Nov 21 13:24:10 web3 x: last\n").Close()
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if m := <-got; m != "web3 x last" {
		t.Error(m)
	}
	if st := s.Stats(); st.Received != 4 || st.Broken != 1 {
		t.Errorf("%+v", st)
	}
}

func TestWhoMaySend(t *testing.T) {
	c := Default("tcp://127.0.0.1:0")
	c.Allow = []string{"192.0.2.0/24", "2001:db8::1"}
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- s.Run(ctx, func(Message) { t.Error("taken") }) }()
	conn, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Error(err)
	}
	cancel()
	if err := <-ended; err != nil || s.Stats().NotAllowed != 1 {
		t.Error(err, s.Stats())
	}
}

func TestValidateSaysAll(t *testing.T) {
	c := Config{Address: "sctp://x", Allow: []string{"x"}, Zone: "Nowhere/Else"}
	err := c.Validate()
	for _, key := range []string{"address", "allow[0]", "zone", "max_connections", "idle_timeout", "max_line_bytes"} {
		if err == nil || !strings.Contains(err.Error(), key+":") {
			t.Errorf("%v does not name %s", err, key)
		}
	}
}
