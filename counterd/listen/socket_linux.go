package listen

import (
	"context"
	"fmt"
	"net"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// openSocket binds a socket, or duplicates an inherited one. The descriptor that it
// returns is not in the runtime's poller, which would be woken by each datagram.
func (o *opener) openSocket(inherited *os.File) (fd int, local net.Addr, err error) {
	var conn net.PacketConn
	if inherited != nil {
		conn, err = net.FilePacketConn(inherited)
	} else {
		conn, err = o.bind()
	}
	if err != nil {
		o.arrivals.close()
		return -1, nil, err
	}
	defer conn.Close()
	if local = conn.LocalAddr(); local.Network() != o.address.network {
		return -1, nil, inheritedWrong(o.address, local.Network())
	}
	raw, err := conn.(syscall.Conn).SyscallConn()
	if err != nil {
		return -1, nil, err
	}
	var dup error
	err = raw.Control(func(open uintptr) { fd, dup = unix.FcntlInt(open, unix.F_DUPFD_CLOEXEC, 0) })
	if err == nil {
		err = dup
	}
	if err != nil {
		return -1, nil, fmt.Errorf("duplicate the socket: %w", err)
	}
	return fd, local, nil
}

func (o *opener) bind() (net.PacketConn, error) {
	if o.address.isUnix() {
		return bindUnix(o.address, o.config.Mode, func() (net.PacketConn, error) {
			return net.ListenUnixgram(unixgram, &net.UnixAddr{Net: unixgram, Name: o.address.at})
		})
	}
	lc := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		var opt error
		err := c.Control(func(fd uintptr) { opt = o.prepare(int(fd)) })
		if err != nil {
			return err
		}
		return opt
	}}
	return lc.ListenPacket(context.Background(), udp, o.address.at)
}

// prepare sets the options of a UDP socket that must hold from the first datagram.
func (o *opener) prepare(fd int) error {
	if o.config.GRO == groAuto {
		o.arrivals = coalesce(fd)
	}
	if o.config.Readers == 1 {
		return nil
	}
	return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
}

// coalesce switches UDP_GRO on if drops can be counted then too; else it returns
// nil.
func coalesce(fd int) *arrivals {
	a, err := countArrivals(fd)
	if err != nil { // not allowed here, or an old kernel
		return nil
	}
	if unix.SetsockoptInt(fd, unix.SOL_UDP, unix.UDP_GRO, 1) != nil {
		a.close()
		return nil
	}
	return a
}

// coalesces reports whether UDP_GRO is on.
func coalesces(fd int) bool {
	n, err := unix.GetsockoptInt(fd, unix.SOL_UDP, unix.UDP_GRO)
	return err == nil && n != 0
}

// askBuffer asks past net.core.rmem_max, which needs CAP_NET_ADMIN, then within,
// and returns what the kernel gave; it reports twice what was asked (socket(7)).
func askBuffer(fd, size int) int {
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, size) != nil {
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, size)
	}
	n, _ := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF)
	return n / 2
}

// Places in what SO_MEMINFO returns (linux/sock_diag.h).
const (
	meminfoUsed  = 0 // SK_MEMINFO_RMEM_ALLOC
	meminfoSize  = 1 // SK_MEMINFO_RCVBUF
	meminfoDrops = 8 // SK_MEMINFO_DROPS
)

// meminfo is what the kernel says about the memory of a socket.
type meminfo [meminfoDrops + 1]uint32

func (m *meminfo) read(fd int) bool {
	size := uint32(unsafe.Sizeof(*m))
	_, _, errno := unix.RawSyscall6(unix.SYS_GETSOCKOPT, uintptr(fd), unix.SOL_SOCKET, unix.SO_MEMINFO,
		uintptr(unsafe.Pointer(m)), uintptr(unsafe.Pointer(&size)), 0)
	return errno == 0
}

// fill is how much of the buffer is in use, 0–1.
func (m *meminfo) fill() float64 {
	return float64(m[meminfoUsed]) / float64(max(1, m[meminfoSize]))
}
