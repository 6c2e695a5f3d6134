package check

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"golang.org/x/net/icmp"
	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// tokenBytes begin the payload of each of our packets, so that nobody else's
// echo is taken for ours.
const tokenBytes = 16

// echoSocket is a socket for echo requests of one version of IP.
type echoSocket struct {
	net.PacketConn
	v6 bool
	// raw sockets see all ICMP of the host; the others only what is for them,
	// and the kernel chooses the identifier.
	raw bool
}

func (s *echoSocket) close() { _ = s.Close() }

// errNoEcho says what to do about it.
var errNoEcho = errors.New("this process may not send ICMP: set the sysctl net.ipv4.ping_group_range to cover its group, or give it CAP_NET_RAW")

// openEcho opens a socket that needs no privilege, or else a raw one.
func openEcho(v6 bool) (*echoSocket, error) {
	plain, raw, any := "udp4", "ip4:icmp", "0.0.0.0"
	if v6 {
		plain, raw, any = "udp6", "ip6:ipv6-icmp", "::"
	}
	if c, err := icmp.ListenPacket(plain, any); err == nil {
		return &echoSocket{c, v6, false}, nil
	}
	c, err := icmp.ListenPacket(raw, any)
	switch {
	case errors.Is(err, os.ErrPermission):
		return nil, errNoEcho
	case err != nil:
		return nil, fmt.Errorf("open a socket for ICMP: %w", err)
	}
	return &echoSocket{c, v6, true}, nil
}

func (s *echoSocket) address(ip net.IP) net.Addr {
	if s.raw {
		return &net.IPAddr{IP: ip}
	}
	return &net.UDPAddr{IP: ip}
}

// echoes are the packets of one probe.
type echoes struct {
	socket *echoSocket
	to     net.IP
	clock  func() time.Time
	bytes  int
	token  [tokenBytes]byte

	sent map[int]time.Time
	took map[int]time.Duration
}

// exchange sends packets and reads until each came back or ctx ends. An error
// says that one could not be sent.
func (e *echoes) exchange(ctx context.Context, packets int, gap time.Duration) error {
	e.sent, e.took = map[int]time.Time{}, map[int]time.Duration{}
	stop := context.AfterFunc(ctx, func() { _ = e.socket.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	ticks := time.NewTicker(gap)
	defer ticks.Stop()
	back := make(chan echo, packets)
	reading := make(chan struct{})
	go func() { // ends with the deadline, or when all are back; awaited below
		defer close(reading)
		e.read(back, packets)
	}()
	err := e.send(ctx, packets, ticks.C)
	if err != nil {
		_ = e.socket.SetDeadline(time.Unix(1, 0)) // nothing more to wait for
	}
	<-reading
	close(back)
	for b := range back {
		if sent, is := e.sent[b.seq]; is {
			e.took[b.seq] = max(0, b.at.Sub(sent))
		}
	}
	return err
}

// echo is a packet that came back.
type echo struct {
	seq int
	at  time.Time
}

func (e *echoes) send(ctx context.Context, packets int, tick <-chan time.Time) error {
	for seq := range packets {
		if seq > 0 {
			select {
			case <-tick:
			case <-ctx.Done():
				return nil // what was sent is judged
			}
		}
		packet, err := e.packet(seq)
		if err != nil {
			return err
		}
		e.sent[seq] = e.clock()
		if _, err := e.socket.WriteTo(packet, e.socket.address(e.to)); err != nil {
			return err
		}
	}
	return nil
}

func (e *echoes) packet(seq int) ([]byte, error) {
	payload := make([]byte, e.bytes)
	copy(payload, e.token[:])
	m := icmp.Message{Type: ipv4.ICMPTypeEcho, Body: &icmp.Echo{ID: os.Getpid() & 0xffff, Seq: seq, Data: payload}}
	if e.socket.v6 {
		m.Type = ipv6.ICMPTypeEchoRequest // the kernel adds the checksum
	}
	return m.Marshal(nil)
}

// read hands on each of our packets once, as it comes back.
func (e *echoes) read(back chan<- echo, packets int) {
	seen := map[int]bool{}
	buf := make([]byte, 2048)
	for len(seen) < packets {
		n, from, err := e.socket.ReadFrom(buf)
		if err != nil {
			return
		}
		at := e.clock()
		seq, ours := e.ours(buf[:n], from)
		if ours && seq >= 0 && seq < packets && !seen[seq] {
			seen[seq] = true
			back <- echo{seq, at}
		}
	}
}

// ours returns the number of a packet that is the echo of one of ours.
func (e *echoes) ours(packet []byte, from net.Addr) (seq int, ours bool) {
	protocol := ipv4.ICMPTypeEchoReply.Protocol()
	if e.socket.v6 {
		protocol = ipv6.ICMPTypeEchoReply.Protocol()
	}
	m, err := icmp.ParseMessage(protocol, packet)
	if err != nil || m.Type != ipv4.ICMPTypeEchoReply && m.Type != ipv6.ICMPTypeEchoReply {
		return 0, false
	}
	body, is := m.Body.(*icmp.Echo)
	if !is || !bytes.HasPrefix(body.Data, e.token[:]) || !e.to.Equal(ipOf(from)) {
		return 0, false
	}
	return body.Seq, true
}

func ipOf(a net.Addr) net.IP {
	switch a := a.(type) {
	case *net.UDPAddr:
		return a.IP
	case *net.IPAddr:
		return a.IP
	}
	return nil
}
