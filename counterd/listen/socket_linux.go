package listen

import (
	"context"
	"fmt"
	"net"
	"os"
	"sync/atomic"
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
		if o.config.Readers == 1 {
			return nil
		}
		var opt error
		err := c.Control(func(fd uintptr) {
			opt = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
		})
		if err != nil {
			return err
		}
		return opt
	}}
	return lc.ListenPacket(context.Background(), udp, o.address.at)
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

// dropCount widens the kernel's counter, which has 32 bits and, of an inherited
// socket, begins with what the earlier process has counted already.
type dropCount struct {
	base  uint32
	total atomic.Uint64
}

// update may be called by several at once: the kernel's counter only grows.
func (d *dropCount) update(kernel uint32) uint64 {
	for {
		was := d.total.Load()
		now := was + uint64(kernel-d.base-uint32(was))
		if int32(kernel-d.base-uint32(was)) <= 0 || d.total.CompareAndSwap(was, now) {
			return d.total.Load()
		}
	}
}
