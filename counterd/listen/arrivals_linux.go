package listen

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// arrivals counts the datagrams that came to a socket, dropped ones included. With
// UDP_GRO the kernel's own counter of drops counts packets, each of which may be
// many datagrams. So a filter of eight instructions looks at each packet before
// the kernel decides whether there is room for it, counts what it is made of, and
// lets it pass:
//
//	r7 = skb->gso_segs          how many datagrams it is, 0 for one alone
//	if r7 == 0 { r7 = 1 }
//	atomic: *count += r7        count is memory that we map
//	return -1                   all bytes pass
//
// The kernel frees map and program with the socket and the mapping.
type arrivals struct {
	page  []byte
	count *uint64
}

// The parts of bpf(2) that golang.org/x/sys has no types for (linux/bpf.h).
type (
	bpfInstruction struct {
		code uint8
		regs uint8 // dst in the low half, src in the high half
		off  int16
		imm  int32
	}
	bpfMapAttr struct {
		kind, keySize, valueSize, entries, flags uint32
	}
	bpfProgAttr struct {
		kind, count   uint32
		instructions  uint64
		license       uint64
		logLevel      uint32
		logSize       uint32
		log           uint64
		kernelVersion uint32
		flags         uint32
	}
)

// offsetGSOSegs is where struct __sk_buff has gso_segs.
const offsetGSOSegs = 164

func countingFilter(mapFD int) []bpfInstruction {
	const r0, r1, r2, r7 = 0, 1, 2, 7
	return []bpfInstruction{
		{unix.BPF_LDX | unix.BPF_MEM | unix.BPF_W, r7 | r1<<4, offsetGSOSegs, 0},
		{unix.BPF_JMP | unix.BPF_JNE | unix.BPF_K, r7, 1, 0},
		{unix.BPF_ALU64 | unix.BPF_MOV | unix.BPF_K, r7, 0, 1},
		{unix.BPF_LD | unix.BPF_DW | unix.BPF_IMM, r2 | unix.BPF_PSEUDO_MAP_VALUE<<4, 0, int32(mapFD)},
		{}, // the second half of the address
		{unix.BPF_STX | unix.BPF_ATOMIC | unix.BPF_DW, r2 | r7<<4, 0, unix.BPF_ADD},
		{unix.BPF_ALU64 | unix.BPF_MOV | unix.BPF_K, r0, 0, -1},
		{unix.BPF_JMP | unix.BPF_EXIT, 0, 0, 0},
	}
}

// countArrivals attaches the filter to a socket. Some systems allow it to nobody
// but CAP_BPF.
func countArrivals(fd int) (*arrivals, error) {
	m, err := bpf(unix.BPF_MAP_CREATE, unsafe.Pointer(&bpfMapAttr{
		kind: unix.BPF_MAP_TYPE_ARRAY, keySize: 4, valueSize: 8, entries: 1, flags: unix.BPF_F_MMAPABLE,
	}), unsafe.Sizeof(bpfMapAttr{}))
	if err != nil {
		return nil, fmt.Errorf("create a BPF map: %w", err)
	}
	defer func() { _ = unix.Close(m) }()
	program := countingFilter(m)
	license := []byte("GPL\x00")
	p, err := bpf(unix.BPF_PROG_LOAD, unsafe.Pointer(&bpfProgAttr{
		kind: unix.BPF_PROG_TYPE_SOCKET_FILTER, count: uint32(len(program)),
		instructions: uint64(uintptr(unsafe.Pointer(&program[0]))),
		license:      uint64(uintptr(unsafe.Pointer(&license[0]))),
	}), unsafe.Sizeof(bpfProgAttr{}))
	runtime.KeepAlive(program)
	runtime.KeepAlive(license)
	if err != nil {
		return nil, fmt.Errorf("load a BPF filter: %w", err)
	}
	defer func() { _ = unix.Close(p) }()
	page, err := unix.Mmap(m, 0, unix.Getpagesize(), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("map the BPF map: %w", err)
	}
	a := &arrivals{page: page, count: (*uint64)(unsafe.Pointer(&page[0]))}
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ATTACH_BPF, p); err != nil {
		a.close()
		return nil, fmt.Errorf("attach a BPF filter: %w", err)
	}
	return a, nil
}

func bpf(command int, attr unsafe.Pointer, size uintptr) (int, error) {
	fd, _, errno := unix.Syscall(unix.SYS_BPF, uintptr(command), uintptr(attr), size)
	if errno != 0 {
		return -1, errno
	}
	return int(fd), nil
}

// load returns the count; of a nil one, 0.
func (a *arrivals) load() uint64 {
	if a == nil {
		return 0
	}
	return atomic.LoadUint64(a.count)
}

func (a *arrivals) close() {
	if a != nil {
		_ = unix.Munmap(a.page)
	}
}
