package check

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"testing"
	"time"

	"golang.org/x/net/icmp"
	"golang.org/x/net/ipv4"

	"plimsoll/internal/metric"
)

func pinged(t *testing.T, i ICMP, open opener) Result {
	t.Helper()
	c := Config{Name: "x", ICMP: &i}.WithDefaults()
	if err := c.Validate("c"); err != nil {
		t.Fatal(err)
	}
	check := New(c, means())
	if open != nil {
		check.probe = func(ctx context.Context) Result { return c.ICMP.probe(ctx, means(), open) }
	}
	return check.Probe(t.Context())
}

// TestEchoesOfThisHost really sends. Where the process may not, it must say so.
func TestEchoesOfThisHost(t *testing.T) {
	for _, host := range []string{"127.0.0.1", "::1", "localhost"} {
		got := pinged(t, ICMP{Host: host, Packets: 3, Gap: 20 * time.Millisecond}, nil)
		if s, err := openEcho(host == "::1"); errors.Is(err, errNoEcho) {
			want(t, host, got, metric.Unknown, "may not send ICMP")
			continue
		} else if err == nil {
			s.close()
		}
		want(t, host, got, metric.OK, "3 of 3 echoes")
		if rtt := measured(got, "probe_icmp_duration_seconds"); rtt <= 0 || measured(got, "probe_icmp_packet_loss_ratio") != 0 {
			t.Errorf("%s: measured %+v", host, got.Perf)
		}
	}
}

func TestNoRightToPing(t *testing.T) {
	got := pinged(t, ICMP{Host: "127.0.0.1"}, func(bool) (*echoSocket, error) { return nil, errNoEcho })
	want(t, "no right", got, metric.Unknown, "set the sysctl net.ipv4.ping_group_range")
}

// line of packets whose other end answers as a function says.
type answering struct {
	answers chan []byte
	answer  func(seq int, packet []byte) [][]byte
	end     chan struct{}
	n       int
}

func (a *answering) WriteTo(p []byte, _ net.Addr) (int, error) {
	packet := append([]byte(nil), p...)
	for _, b := range a.answer(a.n, packet) {
		a.answers <- b
	}
	a.n++
	return len(p), nil
}

func (a *answering) ReadFrom(p []byte) (int, net.Addr, error) {
	select {
	case b := <-a.answers:
		return copy(p, b), &net.IPAddr{IP: net.IPv4(127, 0, 0, 1)}, nil
	case <-a.end:
		return 0, nil, os.ErrDeadlineExceeded
	}
}

func (a *answering) SetDeadline(time.Time) error {
	select {
	case <-a.end:
	default:
		close(a.end)
	}
	return nil
}
func (a *answering) SetReadDeadline(time.Time) error  { return nil }
func (a *answering) SetWriteDeadline(time.Time) error { return nil }
func (a *answering) LocalAddr() net.Addr              { return &net.IPAddr{} }
func (a *answering) Close() error                     { return nil }

// reply makes the echo of a request, with something changed.
func reply(t *testing.T, request []byte, change func(*icmp.Message, *icmp.Echo)) []byte {
	t.Helper()
	m, err := icmp.ParseMessage(1, request)
	if err != nil {
		t.Fatal(err)
	}
	m.Type = ipv4.ICMPTypeEchoReply
	if change != nil {
		change(m, m.Body.(*icmp.Echo))
	}
	b, err := m.Marshal(nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestEchoesThatLieOrAreLost(t *testing.T) {
	for _, tt := range []struct {
		what   string
		i      ICMP
		answer func(seq int, request []byte) [][]byte
		is     metric.Severity
		says   string
	}{
		{"lost", ICMP{}, func(int, []byte) [][]byte { return nil }, metric.Critical, "0 of 4 echoes: 100 % lost, and 100 is critical"},
		{"half", ICMP{}, func(seq int, r []byte) [][]byte {
			if seq%2 == 0 {
				return nil
			}
			return [][]byte{reply(t, r, nil)}
		}, metric.Warning, "2 of 4 echoes"},
		{"twice", ICMP{}, func(seq int, r []byte) [][]byte {
			if seq > 0 {
				return nil
			}
			b := reply(t, r, nil)
			return [][]byte{b, b, b, b}
		}, metric.Warning, "1 of 4 echoes"},
		{"others'", ICMP{}, func(_ int, r []byte) [][]byte {
			return [][]byte{{1, 2}, reply(t, r, func(_ *icmp.Message, e *icmp.Echo) { e.Data = []byte("hello") }), r}
		}, metric.Critical, "0 of 4 echoes"},
		{"never sent", ICMP{}, func(_ int, r []byte) [][]byte {
			return [][]byte{reply(t, r, func(_ *icmp.Message, e *icmp.Echo) { e.Seq += 1000 })}
		}, metric.Critical, "0 of 4 echoes"},
		{"slow", ICMP{RTT: Limits[time.Duration]{Warn: 1, Critical: 2}}, func(_ int, r []byte) [][]byte {
			return [][]byte{reply(t, r, nil)}
		}, metric.Critical, "on average, and 2ns is critical"},
	} {
		tt.i.Host, tt.i.Packets, tt.i.Gap, tt.i.Timeout = "127.0.0.1", 4, 10*time.Millisecond, 150*time.Millisecond
		a := &answering{answers: make(chan []byte, 100), answer: tt.answer, end: make(chan struct{})}
		got := pinged(t, tt.i, func(bool) (*echoSocket, error) { return &echoSocket{a, false, true}, nil })
		want(t, tt.what, got, tt.is, tt.says)
	}
}

func TestICMPMistakes(t *testing.T) {
	err := Config{ICMP: &ICMP{Packets: 101, Gap: 1, Bytes: 5, IPVersion: 5, Loss: Limits[float64]{Warn: 60, Critical: 50}}}.WithDefaults().Validate("c")
	for _, want := range []string{"host: is missing", "packets: 101", "gap: 1ns", "bytes: 5", "ip_version: 5", "loss.warn: 60 is more than 50"} {
		if err == nil || !contains(err, "c.icmp."+want) {
			t.Errorf("%q is not reported in:\n%v", want, err)
		}
	}
	slow := Config{ICMP: &ICMP{Host: "x", Packets: 30}}.WithDefaults().Validate("c")
	if !contains(slow, "c.icmp.timeout: 5s is over before 30 packets") {
		t.Error(fmt.Sprint(slow))
	}
}
