package listen

import (
	"context"
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// packetListener reads a UDP or a Unix datagram socket.
type packetListener struct {
	address address
	local   net.Addr
	gate    gate
	asked   int
	granted int
	file    *socketFile // of a Unix socket

	counters
	drops    dropMeter
	gro      bool
	arrivals *arrivals // with gro; nil where the kernel forbids to count them
	stop     atomic.Bool
	bell     bell

	running sync.Mutex // held by Run, so that Close waits for it

	mu     sync.Mutex // guards the descriptors against use after Close: both flags
	fd     int
	closed bool // Close was called
	gone   bool // it closed the descriptors
}

func (o *opener) openPacket(inherited *os.File) (Listener, error) {
	fd, local, err := o.openSocket(inherited)
	if err != nil {
		return nil, err
	}
	bell, err := newBell()
	if err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("make an eventfd: %w", err)
	}
	l := &packetListener{address: o.address, local: local, gate: o.gate(), fd: fd, bell: bell}
	if o.address.isUnix() {
		l.file = newSocketFile(o.address.at, inherited != nil)
		return l, nil
	}
	l.address.at = local.String()
	l.asked, l.granted = o.config.ReadBuffer, askBuffer(fd, o.config.ReadBuffer)
	l.arrivals, o.arrivals = o.arrivals, nil
	if inherited != nil {
		l.takeOver(o.config.GRO)
	}
	l.gro = coalesces(fd)
	return l, nil
}

// takeOver leaves out the drops that the earlier process counted. GRO stays on
// where it was: coalesced packets may wait already.
func (l *packetListener) takeOver(gro string) {
	var m meminfo
	if m.read(l.fd) {
		l.drops.begin(m[meminfoDrops])
	}
	if gro == groAuto || coalesces(l.fd) {
		l.arrivals = coalesce(l.fd)
	}
}

// Run implements Listener.
func (l *packetListener) Run(ctx context.Context, take func([]Datagram)) error {
	l.running.Lock()
	defer l.running.Unlock()
	if l.isClosed() {
		return net.ErrClosed
	}
	l.file.own()
	ring, err := newRing(l.address.network == udp, l.gro)
	if err != nil {
		return err
	}
	defer ring.close()
	release := context.AfterFunc(ctx, l.halt)
	defer release()
	r := reader{l: l, ring: ring, batch: batch{
		gate: &l.gate, count: &l.counters, take: take, pending: make([]Datagram, 0, takeSize),
	}}
	return r.run()
}

// halt ends Run.
func (l *packetListener) halt() {
	l.stop.Store(true)
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.gone {
		l.bell.ring()
	}
}

func (l *packetListener) isClosed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.closed
}

// Addr implements Listener.
func (l *packetListener) Addr() net.Addr { return l.local }

// String implements Listener.
func (l *packetListener) String() string { return l.address.String() }

// Drops implements Listener.
func (l *packetListener) Drops() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	var m meminfo
	if l.closed || l.file != nil || !m.read(l.fd) {
		return l.drops.total()
	}
	return l.drops.update(m[meminfoDrops])
}

// Stats implements Listener.
func (l *packetListener) Stats() Stats {
	s := l.stats()
	s.Signatures = l.gate.verifier.snapshot()
	s.AskedBuffer, s.GrantedBuffer, s.GRO = l.asked, l.granted, l.gro
	return s
}

// File implements Listener.
func (l *packetListener) File() (*os.File, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, net.ErrClosed
	}
	fd, err := unix.FcntlInt(uintptr(l.fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("duplicate the socket of %s: %w", l, err)
	}
	return os.NewFile(uintptr(fd), l.String()), nil
}

// HandOver implements Listener.
func (l *packetListener) HandOver() { l.file.handOver() }

// Alone implements Listener.
func (l *packetListener) Alone() { l.file.alone() }

// Close implements Listener.
func (l *packetListener) Close() error {
	l.Drops() // the kernel forgets them when the socket closes
	l.mu.Lock()
	was := l.closed
	l.closed = true
	l.mu.Unlock()
	if was {
		return nil
	}
	l.halt()
	l.running.Lock() // waits for Run
	defer l.running.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.gone = true
	l.file.remove()
	l.arrivals.close()
	l.bell.close()
	return unix.Close(l.fd)
}
