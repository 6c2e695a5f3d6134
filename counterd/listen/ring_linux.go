package listen

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// slotSize is how much of a datagram goes into the dense part of the buffers:
// nearly all are shorter. Slots stand a cache line further apart, or all of them
// would compete for the same few lines of the cache.
const (
	slotSize   = 2048
	slotStride = slotSize + 64
)

// mmsghdr is struct mmsghdr of recvmmsg(2).
type mmsghdr struct {
	hdr unix.Msghdr
	n   uint32
}

// controlSize holds one cmsg with an int.
const controlSize = unix.SizeofCmsghdr + 8

// ring is what recvmmsg(2) reads into. We call it ourselves, rather than by
// golang.org/x/net/ipv4, because ReadBatch allocates an address for each datagram.
//
// A datagram goes into its slot; what does not fit there goes on in its stretch of
// long, behind room for the slot's part, which is then moved in front of it:
//
//	slots  |head   |·|head   |·|head   |·…
//	long   |  room   rest ··············|  room   rest ·····…
//
// long is mapped outside the heap, since next to none of its pages are ever used.
type ring struct {
	hdrs     [batchSize]mmsghdr
	iovs     [batchSize][2]unix.Iovec
	names    [batchSize]unix.RawSockaddrInet6 // the larger one; holds IPv4's as well
	controls [batchSize][controlSize]byte
	slots    []byte
	long     []byte
	named    bool // senders have addresses
	gro      bool
}

func newRing(named, gro bool) (*ring, error) {
	long, err := unix.Mmap(-1, 0, batchSize*maxDatagram, unix.PROT_READ|unix.PROT_WRITE,
		unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_NORESERVE)
	if err != nil {
		return nil, fmt.Errorf("map %d bytes of buffers: %w", batchSize*maxDatagram, err)
	}
	_ = unix.Madvise(long, unix.MADV_NOHUGEPAGE) // fails only where there are none
	r := &ring{slots: make([]byte, batchSize*slotStride), long: long, named: named, gro: gro}
	for i := range r.hdrs {
		iov, hdr := &r.iovs[i], &r.hdrs[i].hdr
		iov[0].Base = &r.slots[i*slotStride]
		iov[0].SetLen(slotSize)
		iov[1].Base = &r.long[i*maxDatagram+slotSize]
		iov[1].SetLen(maxDatagram - slotSize)
		hdr.Iov = &iov[0]
		hdr.SetIovlen(len(iov))
		if named {
			hdr.Name = (*byte)(unsafe.Pointer(&r.names[i]))
		}
		if gro {
			hdr.Control = &r.controls[i][0]
		}
	}
	return r, nil
}

func (r *ring) close() { _ = unix.Munmap(r.long) }

// receive reads what is there, up to batchSize datagrams, and never blocks: then
// it returns EAGAIN.
func (r *ring) receive(fd int) (int, syscall.Errno) {
	for i := range r.hdrs {
		h := &r.hdrs[i].hdr
		if r.named {
			h.Namelen = unix.SizeofSockaddrInet6
		}
		if r.gro {
			h.SetControllen(controlSize)
		}
	}
	for {
		n, _, errno := unix.Syscall6(unix.SYS_RECVMMSG, uintptr(fd), uintptr(unsafe.Pointer(&r.hdrs[0])),
			batchSize, unix.MSG_DONTWAIT, 0, 0)
		if errno != unix.EINTR {
			return int(n), errno
		}
	}
}

// datagram returns the i-th datagram of the last receive.
func (r *ring) datagram(i int) (data []byte, truncated bool) {
	n := int(r.hdrs[i].n)
	truncated = r.hdrs[i].hdr.Flags&unix.MSG_TRUNC != 0
	slot := r.slots[i*slotStride:][:slotSize:slotSize]
	if n <= slotSize {
		return slot[:n:n], truncated
	}
	whole := r.long[i*maxDatagram:][:maxDatagram]
	copy(whole, slot)
	return whole[:n:n], truncated
}

// from returns the sender of the i-th datagram; the port is in network order in
// both families.
func (r *ring) from(i int) netip.AddrPort {
	if !r.named {
		return netip.AddrPort{}
	}
	sa := &r.names[i]
	port := binary.BigEndian.Uint16((*[2]byte)(unsafe.Pointer(&sa.Port))[:])
	if sa.Family == unix.AF_INET {
		v4 := (*unix.RawSockaddrInet4)(unsafe.Pointer(sa))
		return netip.AddrPortFrom(netip.AddrFrom4(v4.Addr), port)
	}
	return netip.AddrPortFrom(netip.AddrFrom16(sa.Addr).Unmap(), port)
}

// segment returns the size of the datagrams that the kernel made the i-th of; 0
// for one that came alone. (linux/udp.h, UDP_GRO)
func (r *ring) segment(i int) int {
	h := &r.hdrs[i].hdr
	if !r.gro || h.Controllen < unix.SizeofCmsghdr+4 {
		return 0
	}
	c := (*unix.Cmsghdr)(unsafe.Pointer(&r.controls[i][0]))
	if c.Level != unix.SOL_UDP || c.Type != unix.UDP_GRO {
		return 0
	}
	return int(binary.NativeEndian.Uint32(r.controls[i][unix.SizeofCmsghdr:]))
}
