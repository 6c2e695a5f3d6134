package listen

import (
	"fmt"
	"runtime"
	"syscall"
	"time"

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

	unscheduled time.Duration // rests since the last call of the scheduler
}

// run reads in rounds: rest, then read until little is left, having waited until
// there is something.
func (r *reader) run() error {
	udp := r.l.file == nil // a Unix socket holds a handful, then its senders wait
	if udp && r.memory.read(r.l.fd) {
		r.pacer = newPacer(int(r.memory[meminfoSize]))
	}
	for !r.l.stop.Load() {
		udp = udp && r.memory.read(r.l.fd)
		fill := r.memory.fill()
		n, waited, err := r.readEmpty()
		if err != nil {
			return err
		}
		r.settle(false)
		if n > 0 && udp {
			r.rest(r.pacer.next(fill, !waited))
		}
	}
	return r.drain()
}

// schedulerPatience is less than the 10 ms after which the runtime takes its
// processor from a goroutine that was not scheduled anew: then every rest would
// cost several switches of threads. System calls do not count as scheduling.
const schedulerPatience = 5 * time.Millisecond

// rest leaves the socket alone for d.
func (r *reader) rest(d time.Duration) {
	r.unscheduled += d
	if r.unscheduled >= schedulerPatience {
		runtime.Gosched()
		r.unscheduled = 0
	}
	r.l.bell.rest(d)
}

// readEmpty returns how much there was, and whether it had to wait for it.
func (r *reader) readEmpty() (total int, waited bool, err error) {
	for !r.l.stop.Load() {
		n, errno := r.read()
		total += n
		switch {
		case errno == unix.EAGAIN:
			if total > 0 {
				return total, waited, nil
			}
			waited = true
			r.await()
		case errno == unix.EBADF || errno == unix.ENOTSOCK:
			return total, waited, fmt.Errorf("receive on %s: %w", r.l, errno)
		case errno != 0: // of one call, such as ENOBUFS: not the end
			r.l.errors.Add(1)
			r.l.bell.rest(errorRest)
		case n < batchSize:
			return total, waited, nil
		}
	}
	return total, waited, nil
}

// await blocks until something comes, or until the meter of drops wants to look
// once more.
func (r *reader) await() {
	if again := r.settle(false); again {
		r.l.bell.rest(maxRest)
		return
	}
	r.l.bell.await(r.l.fd)
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
	if r.l.file.isOurs() {
		// Whoever sends to a Unix socket is told from now that nobody reads: what was
		// taken from him before is here.
		_ = unix.Shutdown(r.l.fd, unix.SHUT_RD)
	}
	for end := r.batch.given + maxDrain; r.batch.given < end; {
		n, errno := r.read()
		if errno != 0 && errno != unix.EAGAIN {
			return fmt.Errorf("receive on %s: %w", r.l, errno)
		}
		if n == 0 {
			r.settle(true)
			break
		}
	}
	return nil
}
