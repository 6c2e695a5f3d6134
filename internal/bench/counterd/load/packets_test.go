package load

import (
	"bytes"
	"context"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestMakeUsesEveryNameAlike(t *testing.T) {
	for _, k := range []Kind{Counter, Timer, Packed, PackedTimer} {
		p := Make(k, 100, 6400)
		if len(p.data) != p.size*p.count || p.count%segments != 0 {
			t.Errorf("%s: %d bytes are not %d datagrams of %d bytes, in 64s", k, len(p.data), p.count, p.size)
		}
		seen := map[string]int{}
		for i := range p.count {
			for l := range bytes.SplitSeq(p.data[i*p.size:(i+1)*p.size], []byte("\n")) {
				name, value, _ := strings.Cut(string(l), ":")
				seen[name]++
				if number, _, _ := strings.Cut(value, "|"); len(number) == 0 {
					t.Fatalf("%s: line %q has no value", k, l)
				} else if _, err := strconv.ParseFloat(number, 64); err != nil {
					t.Fatalf("%s: line %q: %v", k, l, err)
				}
			}
		}
		least, most := p.count*p.lines, 0
		for _, n := range seen {
			least, most = min(least, n), max(most, n)
		}
		if len(seen) != 100 || most-least > 1 {
			t.Errorf("%s: %d names, each between %d and %d times", k, len(seen), least, most)
		}
	}
}

func TestSendSendsWhatItSays(t *testing.T) {
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	to := netip.MustParseAddrPort(conn.LocalAddr().String())
	for _, gso := range []bool{false, true} {
		r, err := Send(context.Background(), Config{
			To: to, Packets: Make(Counter, 10, 64), GSO: gso, Rate: 1e6, Tick: time.Millisecond, Most: 64,
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := conn.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
			t.Fatal(err)
		}
		for i := range r.Packets {
			b := make([]byte, 100)
			n, err := conn.Read(b)
			if err != nil {
				t.Fatalf("gso %v: datagram %d of %d: %v", gso, i, r.Packets, err)
			}
			if l := string(b[:n]); !strings.HasPrefix(l, "bench.counter.00000") || !strings.HasSuffix(l, ":1|c") {
				t.Errorf("gso %v: received %q", gso, l)
			}
		}
		if r.Packets != r.Lines || r.Packets != 64 {
			t.Errorf("gso %v: %+v for 64 datagrams", gso, r)
		}
	}
}

func TestSendStaysOnThisMachine(t *testing.T) {
	c := Config{Packets: Make(Counter, 1, 64), Most: 1}
	for _, to := range []string{"192.0.2.1:8125", "[::1]:8125"} {
		c.To = netip.MustParseAddrPort(to)
		if _, err := Send(context.Background(), c); err == nil || !strings.Contains(err.Error(), to) {
			t.Errorf("to %s: error %v", to, err)
		}
	}
}
