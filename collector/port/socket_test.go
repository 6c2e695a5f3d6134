package port

import (
	"net"
	"net/netip"
	"testing"
	"time"
)

func listen(t *testing.T, c SocketConfig) *Socket {
	t.Helper()
	s, err := ListenUDP(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func dial(t *testing.T, to string) net.Conn {
	t.Helper()
	c, err := net.Dial("udp", to)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// What is sent is read or counted as dropped, though the socket is full.
func TestReadAndDropsAreAllThatWasSent(t *testing.T) {
	s := listen(t, SocketConfig{Address: "127.0.0.1:0", BufferBytes: 4096})
	c := dial(t, s.LocalAddr().String())
	const sent = 1000
	for range sent {
		if _, err := c.Write([]byte("0123456789")); err != nil {
			t.Fatal(err)
		}
	}
	buf, read := make([]byte, 100), 0
	_ = s.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
	for {
		n, from, err := s.Read(buf)
		if err != nil {
			break
		}
		if n != 10 || from.Addr() != netip.MustParseAddr("127.0.0.1") {
			t.Fatalf("%d bytes from %s", n, from)
		}
		read++
	}
	drops := s.Drops()
	if read == 0 || drops == 0 || read+int(drops) != sent {
		t.Errorf("%d read and %d dropped of %d", read, drops, sent)
	}
	_ = s.Close()
	if s.Drops() != drops {
		t.Error("drops are forgotten when the socket is closed")
	}
}

func TestGroup(t *testing.T) {
	const group = "239.2.11.71"
	s := listen(t, SocketConfig{Address: "0.0.0.0:0", Group: group, Interface: "lo", BufferBytes: 1 << 16})
	_, port, err := net.SplitHostPort(s.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	other := listen(t, SocketConfig{Address: net.JoinHostPort("0.0.0.0", port), Group: group, Interface: "lo", BufferBytes: 1 << 16})
	from := &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}
	to, err := net.ResolveUDPAddr("udp", net.JoinHostPort(group, port))
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.DialUDP("udp4", from, to)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write([]byte("to all")); err != nil {
		t.Fatal(err)
	}
	for _, s := range []*Socket{s, other} {
		buf := make([]byte, 100)
		_ = s.SetReadDeadline(time.Now().Add(10 * time.Second))
		if n, _, err := s.Read(buf); err != nil || string(buf[:n]) != "to all" {
			t.Errorf("%q %v", buf[:n], err)
		}
	}
}

func TestRefused(t *testing.T) {
	for _, c := range []SocketConfig{
		{Address: "nowhere"},
		{Address: "127.0.0.1:0", Group: "239.2.11.71", Interface: "no such interface"},
		{Address: "127.0.0.1:0", Group: "10.0.0.1"},
	} {
		if s, err := ListenUDP(c); err == nil {
			_ = s.Close()
			t.Errorf("%+v was opened", c)
		}
	}
}
