package counterd

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// batchSize is how many datagrams one system call may bring.
const batchSize = 128

// udpSource reads a socket with recvmmsg(2). It does so itself, rather than by
// golang.org/x/net/ipv4, because ReadBatch allocates an address for each
// datagram, and we look at the address of a bad line only.
type udpSource struct {
	conn  *net.UDPConn
	raw   syscall.RawConn
	hdrs  [batchSize]mmsghdr
	iovs  [batchSize]unix.Iovec
	names [batchSize]unix.RawSockaddrInet6 // the larger one; holds IPv4's as well
	bufs  [][]byte
	got   [batchSize]datagram

	mu      sync.Mutex // guards dropped
	dropped uint64     // the last answer of the kernel, widened
}

// mmsghdr is struct mmsghdr of recvmmsg(2).
type mmsghdr struct {
	hdr unix.Msghdr
	n   uint32
}

func newUDPSource(conn *net.UDPConn, readBuffer int) (*udpSource, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, err
	}
	u := &udpSource{conn: conn, raw: raw}
	all := make([]byte, batchSize*maxDatagram) // of which only what is received is ever touched
	for i := range u.hdrs {
		b := all[i*maxDatagram : (i+1)*maxDatagram]
		u.bufs = append(u.bufs, b)
		u.iovs[i].Base = &b[0]
		u.iovs[i].SetLen(len(b))
		u.hdrs[i].hdr.Iov = &u.iovs[i]
		u.hdrs[i].hdr.SetIovlen(1)
		u.hdrs[i].hdr.Name = (*byte)(unsafe.Pointer(&u.names[i]))
	}
	if readBuffer > 0 {
		u.askBuffer(readBuffer)
	}
	return u, nil
}

// askBuffer asks past net.core.rmem_max, which needs CAP_NET_ADMIN, then within.
func (u *udpSource) askBuffer(size int) {
	_ = u.raw.Control(func(fd uintptr) {
		if unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, size) != nil {
			_ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, size)
		}
	})
}

// granted returns the socket buffer that the kernel gave; the kernel reports
// twice what was asked (socket(7), SO_RCVBUF).
func (u *udpSource) granted() int {
	n := 0
	_ = u.raw.Control(func(fd uintptr) {
		n, _ = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF)
	})
	return n / 2
}

func (u *udpSource) read() ([]datagram, error) {
	var n int
	var errno syscall.Errno
	err := u.raw.Read(func(fd uintptr) bool {
		n, errno = u.receive(fd)
		return errno != unix.EAGAIN
	})
	return u.result(n, errno, err)
}

// drain reads what is there and never blocks.
func (u *udpSource) drain() ([]datagram, error) {
	var n int
	var errno syscall.Errno
	err := u.raw.Control(func(fd uintptr) { n, errno = u.receive(fd) })
	if errno == unix.EAGAIN {
		return nil, nil
	}
	return u.result(n, errno, err)
}

func (u *udpSource) receive(fd uintptr) (int, syscall.Errno) {
	for i := range u.hdrs {
		u.hdrs[i].hdr.Namelen = unix.SizeofSockaddrInet6
	}
	for {
		n, _, errno := unix.Syscall6(unix.SYS_RECVMMSG, fd, uintptr(unsafe.Pointer(&u.hdrs[0])),
			batchSize, unix.MSG_DONTWAIT, 0, 0)
		if errno != unix.EINTR {
			return int(n), errno
		}
	}
}

func (u *udpSource) result(n int, errno syscall.Errno, err error) ([]datagram, error) {
	if err != nil {
		return nil, err
	}
	if errno != 0 {
		return nil, fmt.Errorf("recvmmsg: %w", errno)
	}
	for i := range n {
		u.got[i] = datagram{data: u.bufs[i][:u.hdrs[i].n], from: addrPort(&u.names[i])}
	}
	return u.got[:n], nil
}

// addrPort reads a socket address of either family; the port is in network
// order in both.
func addrPort(sa *unix.RawSockaddrInet6) netip.AddrPort {
	port := binary.BigEndian.Uint16((*[2]byte)(unsafe.Pointer(&sa.Port))[:])
	if sa.Family == unix.AF_INET {
		v4 := (*unix.RawSockaddrInet4)(unsafe.Pointer(sa))
		return netip.AddrPortFrom(netip.AddrFrom4(v4.Addr), port)
	}
	return netip.AddrPortFrom(netip.AddrFrom16(sa.Addr).Unmap(), port)
}

func (u *udpSource) interrupt() { _ = u.conn.SetReadDeadline(longAgo) }
func (u *udpSource) full() int  { return batchSize }

// meminfoDrops is SK_MEMINFO_DROPS of linux/sock_diag.h: the place of the drop
// counter in what SO_MEMINFO returns.
const meminfoDrops = 8

// drops asks the kernel how many datagrams it dropped for want of buffer space.
// The kernel counts in 32 bits, and forgets when the socket closes.
func (u *udpSource) drops() uint64 {
	u.mu.Lock()
	defer u.mu.Unlock()
	_ = u.raw.Control(func(fd uintptr) {
		var info [meminfoDrops + 1]uint32
		size := uint32(unsafe.Sizeof(info))
		_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, fd, unix.SOL_SOCKET, unix.SO_MEMINFO,
			uintptr(unsafe.Pointer(&info[0])), uintptr(unsafe.Pointer(&size)), 0)
		if errno == 0 {
			u.dropped += uint64(info[meminfoDrops] - uint32(u.dropped))
		}
	})
	return u.dropped
}

func (u *udpSource) close() error {
	u.drops()
	return u.conn.Close()
}

// listenUDP binds addr, with SO_REUSEPORT when several readers share it.
func listenUDP(addr string, shared bool) (*net.UDPConn, error) {
	lc := net.ListenConfig{}
	if shared {
		lc.Control = func(_, _ string, c syscall.RawConn) error {
			var opt error
			err := c.Control(func(fd uintptr) {
				opt = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
			})
			if err != nil {
				return err
			}
			return opt
		}
	}
	conn, err := lc.ListenPacket(context.Background(), "udp", addr)
	if err != nil {
		return nil, err
	}
	return conn.(*net.UDPConn), nil
}
