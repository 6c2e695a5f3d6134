package port

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/net/ipv4"
	"golang.org/x/sys/unix"
)

// SocketConfig says where to listen.
type SocketConfig struct {
	Address string // host:port
	// Group, if not empty, is the IPv4 multicast group to join; Interface the
	// one to join it on, empty for the system's choice. Others on this machine
	// may then listen on the port as well.
	Group, Interface string
	BufferBytes      int
}

// Socket is an open UDP socket. It is read by one goroutine; Drops may be called by all.
type Socket struct {
	*net.UDPConn
	raw   syscall.RawConn
	drops atomic.Uint64 // the last total that was read
}

// ListenUDP opens a socket.
func ListenUDP(c SocketConfig) (*Socket, error) {
	lc := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error { return c.prepare(raw) }}
	pc, err := lc.ListenPacket(context.Background(), "udp", c.Address)
	if err != nil {
		return nil, err
	}
	s := &Socket{UDPConn: pc.(*net.UDPConn)}
	if s.raw, err = s.SyscallConn(); err == nil {
		err = c.join(s.UDPConn)
	}
	if err != nil {
		return nil, errors.Join(err, pc.Close())
	}
	return s, nil
}

// prepare sets what must hold before the first datagram.
func (c SocketConfig) prepare(raw syscall.RawConn) error {
	var failed error
	err := raw.Control(func(fd uintptr) {
		if c.Group != "" {
			failed = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
		}
		// Past net.core.rmem_max takes CAP_NET_ADMIN; within it, what it allows.
		if unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, c.BufferBytes) != nil {
			_ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, c.BufferBytes)
		}
	})
	return errors.Join(err, failed)
}

func (c SocketConfig) join(conn *net.UDPConn) error {
	if c.Group == "" {
		return nil
	}
	var on *net.Interface
	var err error
	if c.Interface != "" {
		if on, err = net.InterfaceByName(c.Interface); err != nil {
			return fmt.Errorf("interface %q: %w", c.Interface, err)
		}
	}
	p := ipv4.NewPacketConn(conn)
	if err := p.JoinGroup(on, &net.UDPAddr{IP: net.ParseIP(c.Group)}); err != nil {
		return fmt.Errorf("join group %s: %w", c.Group, err)
	}
	if on == nil {
		return nil
	}
	return p.SetMulticastInterface(on) // of what is sent to the group
}

// Read reads one datagram, of which it keeps what fits into b, and returns its
// sender.
func (s *Socket) Read(b []byte) (n int, from netip.AddrPort, err error) {
	n, from, err = s.ReadFromUDPAddrPort(b)
	return n, netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), err
}

// meminfoDrops is where SO_MEMINFO has SK_MEMINFO_DROPS (linux/sock_diag.h).
const meminfoDrops = 8

// Drops is how many datagrams the kernel dropped for want of room; after Close, how
// many when it was last called.
func (s *Socket) Drops() uint64 {
	var info [meminfoDrops + 1]uint32
	size := uint32(unsafe.Sizeof(info))
	known := false
	err := s.raw.Control(func(fd uintptr) {
		_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, fd, unix.SOL_SOCKET, unix.SO_MEMINFO,
			uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)), 0)
		known = errno == 0
	})
	if err == nil && known {
		s.drops.Store(uint64(info[meminfoDrops]))
	}
	return s.drops.Load()
}
