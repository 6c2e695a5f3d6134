package listen

import (
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

// reader is one Run of a packetListener.
type reader struct {
	l       *packetListener
	ring    *ring
	batch   batch
	pacer   pacer
	memory  meminfo // before the reads of this round
	arrived uint64  // with GRO: before the last read
}

// run reads in rounds: rest, then read until little is left.
func (r *reader) run() error {
	for !r.l.stop.Load() {
		udp := r.l.file == nil && r.memory.read(r.l.fd)
		fill := r.memory.fill()
		n, err := r.readEmpty()
		if err != nil {
			return err
		}
		r.settle(false)
		if n > 0 && udp { // a Unix socket holds a handful, then its senders wait
			r.l.bell.rest(r.pacer.next(n, fill))
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
			if again := r.settle(false); again {
				r.l.bell.rest(maxRest)
			} else {
				r.l.bell.await(r.l.fd)
			}
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
	r.arrived = r.l.arrivals.load()
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

// settle tells the meter of drops of a still moment. The socket was just read
// empty; it was still if nothing arrived since before that, and nothing was
// dropped since the round began. It returns whether to look again soon.
func (r *reader) settle(last bool) (again bool) {
	if r.l.arrivals == nil {
		return false
	}
	var now meminfo
	if r.l.arrivals.load() != r.arrived || !now.read(r.l.fd) {
		return true
	}
	dropped := now[meminfoDrops] != r.memory[meminfoDrops]
	r.memory = now
	if dropped && !last {
		return true
	}
	return r.l.drops.settle(now[meminfoDrops], r.arrived, uint64(r.batch.given), last)
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
	r.settle(true)
	return nil
}
