package main

import (
	"fmt"
	"net"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/net/ipv4"
	"golang.org/x/sys/unix"
)

// goSink only counts datagrams: what a daemon in Go can reach at most.
func goSink(listen string, gro bool) error {
	conn, err := sinkSocket(listen, gro)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	var datagrams atomic.Uint64
	failed := make(chan error, 1)
	go func() { // ends with the process; main waits for its error
		if gro {
			failed <- readJoined(conn, &datagrams)
		} else {
			failed <- readBatches(conn, &datagrams)
		}
	}()
	go func() { // ends with the process
		failed <- answer(func() counts { return counts{Lines: datagrams.Load()} })
	}()
	return <-failed
}

func sinkSocket(listen string, gro bool) (*net.UDPConn, error) {
	addr, err := net.ResolveUDPAddr("udp4", listen)
	if err != nil {
		return nil, err
	}
	conn, err := net.ListenUDP("udp4", addr)
	if err != nil {
		return nil, err
	}
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, err
	}
	var opt error
	err = raw.Control(func(fd uintptr) {
		if unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 4<<20) != nil {
			_ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, 4<<20)
		}
		if gro {
			opt = unix.SetsockoptInt(int(fd), unix.SOL_UDP, unix.UDP_GRO, 1)
		}
	})
	if err == nil {
		err = opt
	}
	return conn, err
}

const sinkBatch = 128

func readBatches(conn *net.UDPConn, datagrams *atomic.Uint64) error {
	p := ipv4.NewPacketConn(conn)
	messages := make([]ipv4.Message, sinkBatch)
	for i := range messages {
		messages[i].Buffers = [][]byte{make([]byte, 2048)}
	}
	for {
		n, err := p.ReadBatch(messages, 0)
		if err != nil {
			return fmt.Errorf("read datagrams: %w", err)
		}
		datagrams.Add(uint64(n))
	}
}

// readJoined reads what the kernel has joined by GRO, with one recvmmsg(2) for
// many of them.
func readJoined(conn *net.UDPConn, datagrams *atomic.Uint64) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	b := newJoinedBatch()
	for {
		var errno syscall.Errno
		err := raw.Read(func(fd uintptr) bool {
			var n uintptr
			b.rearm()
			n, _, errno = unix.RawSyscall6(unix.SYS_RECVMMSG, fd, uintptr(unsafe.Pointer(&b.hdrs[0])), uintptr(len(b.hdrs)), unix.MSG_DONTWAIT, 0, 0)
			if errno == 0 {
				datagrams.Add(b.count(int(n)))
			}
			return errno != unix.EAGAIN
		})
		if err != nil {
			return fmt.Errorf("read datagrams: %w", err)
		}
		if errno != 0 && errno != unix.EAGAIN && errno != unix.EINTR {
			return fmt.Errorf("recvmmsg: %w", errno)
		}
	}
}

// joinedBatch holds what one recvmmsg(2) fills.
type joinedBatch struct {
	hdrs []struct {
		hdr unix.Msghdr
		n   uint32
	}
	iovs     []unix.Iovec
	controls [][]byte
}

const joinedBatchSize = 16

func newJoinedBatch() *joinedBatch {
	b := &joinedBatch{iovs: make([]unix.Iovec, joinedBatchSize)}
	b.hdrs = make([]struct {
		hdr unix.Msghdr
		n   uint32
	}, joinedBatchSize)
	for i := range b.hdrs {
		data := make([]byte, 1<<16)
		b.controls = append(b.controls, make([]byte, unix.CmsgSpace(4)))
		b.iovs[i].Base = &data[0]
		b.iovs[i].SetLen(len(data))
		b.hdrs[i].hdr.Iov = &b.iovs[i]
		b.hdrs[i].hdr.SetIovlen(1)
	}
	return b
}

// rearm undoes what the last recvmmsg(2) wrote over.
func (b *joinedBatch) rearm() {
	for i := range b.hdrs {
		b.hdrs[i].hdr.Control = &b.controls[i][0]
		b.hdrs[i].hdr.SetControllen(len(b.controls[i]))
	}
}

func (b *joinedBatch) count(n int) uint64 {
	sum := uint64(0)
	for i := range n {
		sum++
		if b.hdrs[i].hdr.Controllen == 0 {
			continue
		}
		// One control message was asked for: UDP_GRO, the size of a segment.
		if size := *(*int32)(unsafe.Pointer(&b.controls[i][unix.CmsgLen(0)])); size > 0 {
			sum += uint64((int32(b.hdrs[i].n)+size-1)/size) - 1
		}
	}
	return sum
}
