package listen

import (
	"context"
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"

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
	drops dropCount
	stop  atomic.Bool
	bell  bell

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
		l.file = newSocketFile(o.address.at)
		return l, nil
	}
	l.address.at = local.String()
	l.asked, l.granted = o.config.ReadBuffer, askBuffer(fd, o.config.ReadBuffer)
	var m meminfo
	if m.read(fd) && inherited != nil {
		l.drops.base = m[meminfoDrops]
	}
	return l, nil
}

// Run implements Listener.
func (l *packetListener) Run(ctx context.Context, take func([]Datagram)) error {
	l.running.Lock()
	defer l.running.Unlock()
	if l.isClosed() {
		return net.ErrClosed
	}
	ring, err := newRing(l.address.network == udp, false)
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
		return l.drops.total.Load()
	}
	return l.drops.update(m[meminfoDrops])
}

// Stats implements Listener.
func (l *packetListener) Stats() Stats {
	s := l.counters.stats()
	s.Signatures = l.gate.verifier.snapshot()
	s.AskedBuffer, s.GrantedBuffer = l.asked, l.granted
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
	l.file.keep()
	return os.NewFile(uintptr(fd), l.String()), nil
}

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
	l.bell.close()
	return unix.Close(l.fd)
}

// reader is one Run.
type reader struct {
	l     *packetListener
	ring  *ring
	batch batch
	pacer pacer
}

func (r *reader) run() error {
	rests := r.l.file == nil // a Unix socket holds a handful, then its senders wait
	r.pacer.most = maxRest
	for !r.l.stop.Load() {
		var m meminfo
		rests = rests && m.read(r.l.fd)
		n, err := r.readEmpty()
		if err != nil {
			return err
		}
		if n > 0 && rests {
			r.l.bell.rest(r.pacer.next(n, m.fill()))
		}
	}
	return r.drain()
}

// readEmpty reads until little is left, having waited until there is something;
// it returns how much there was.
func (r *reader) readEmpty() (total int, err error) {
	for !r.l.stop.Load() {
		n, errno := r.read()
		total += n
		switch {
		case errno == unix.EAGAIN:
			if total > 0 {
				return total, nil
			}
			r.pacer.next(0, 0)
			r.l.bell.await(r.l.fd)
		case errno == unix.EBADF || errno == unix.ENOTSOCK:
			return total, fmt.Errorf("receive on %s: %w", r.l, errno)
		case errno != 0: // of one call, such as ENOBUFS: not the end
			r.l.errors.Add(1)
			r.l.bell.rest(errorRest)
		case n < batchSize:
			return total, nil
		}
	}
	return total, nil
}

// read makes one system call and gives take what it brought.
func (r *reader) read() (int, syscall.Errno) {
	n, errno := r.ring.receive(r.l.fd)
	if errno != 0 {
		return 0, errno
	}
	r.batch.now = r.l.gate.instant()
	bytes := 0
	for i := range n {
		data, truncated := r.ring.datagram(i)
		bytes += len(data)
		r.batch.add(data, r.ring.segment(i), r.ring.from(i), truncated)
	}
	r.batch.flush()
	r.l.reads.Add(1)
	r.l.bytes.Add(uint64(bytes))
	return n, 0
}

// drain reads what is left and never blocks. After Close nobody wants it.
func (r *reader) drain() error {
	if r.l.isClosed() {
		return nil
	}
	for end := r.batch.given + maxDrain; r.batch.given < end; {
		n, errno := r.read()
		if errno != 0 && errno != unix.EAGAIN {
			return fmt.Errorf("receive on %s: %w", r.l, errno)
		}
		if n == 0 {
			break
		}
	}
	return nil
}
