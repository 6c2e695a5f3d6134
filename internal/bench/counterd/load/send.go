package load

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Config says what is sent, where to and for how long.
type Config struct {
	To      netip.AddrPort // of loopback
	Packets Packets
	// GSO lets the kernel cut many datagrams out of each send.
	GSO bool
	// Rate is in datagrams a second; 0 sends as fast as it can.
	Rate float64
	// Tick is how often a paced sender sends, at most a millisecond.
	Tick time.Duration
	// Duration bounds the time, Most the datagrams; 0 for no such bound, but
	// one of them is needed.
	Duration time.Duration
	Most     uint64
	// Progress, when set, is told after each tick or call how many datagrams were
	// sent in all, and when the last of them were.
	Progress func(sent uint64, begin, end time.Time)
}

// Report is what was sent.
type Report struct {
	Packets, Lines uint64
	Elapsed        time.Duration
}

func (c Config) validate() error {
	switch {
	case !c.To.Addr().Is4() || !c.To.Addr().IsLoopback():
		return fmt.Errorf("to: %v is no IPv4 loopback address", c.To)
	case c.Duration <= 0 && c.Most == 0:
		return errors.New("neither duration nor most bounds the load")
	case c.Rate < 0:
		return fmt.Errorf("rate: %v is negative", c.Rate)
	case c.Rate > 0 && (c.Tick <= 0 || c.Tick > time.Millisecond):
		return fmt.Errorf("tick: %v is not in (0, 1ms]", c.Tick)
	}
	return nil
}

// Send sends until a bound is reached or ctx ends.
func Send(ctx context.Context, c Config) (Report, error) {
	if err := c.validate(); err != nil {
		return Report{}, err
	}
	s, err := open(c)
	if err != nil {
		return Report{}, fmt.Errorf("send to %v: %w", c.To, err)
	}
	defer s.close()
	runtime.LockOSThread() // the sender is one thread, as it would be in C
	defer runtime.UnlockOSThread()
	// Timers of this thread may otherwise be 50 µs late, for company (prctl(2)).
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
	start := time.Now()
	if c.Rate > 0 {
		err = s.paced(ctx, start)
	} else {
		err = s.flood(ctx, start)
	}
	if err != nil {
		err = fmt.Errorf("send to %v: %w", c.To, err)
	}
	return Report{Packets: s.sent, Lines: s.sent * uint64(c.Packets.lines), Elapsed: time.Since(start)}, err
}

// mmsghdr is struct mmsghdr of sendmmsg(2).
type mmsghdr struct {
	hdr unix.Msghdr
	n   uint32
}

// sender goes round and round through the headers of all packets.
type sender struct {
	Config
	fd   int
	iovs []unix.Iovec
	hdrs []mmsghdr
	per  int // datagrams in each header
	next int // header
	sent uint64
}

func open(c Config) (*sender, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	s := &sender{Config: c, fd: fd, per: 1}
	if c.GSO {
		s.per = min(segments, 65000/c.Packets.size)
		if err := unix.SetsockoptInt(fd, unix.SOL_UDP, unix.UDP_SEGMENT, c.Packets.size); err != nil {
			s.close()
			return nil, fmt.Errorf("ask for GSO: %w", err)
		}
	}
	if err := unix.Connect(fd, &unix.SockaddrInet4{Addr: c.To.Addr().As4(), Port: int(c.To.Port())}); err != nil {
		s.close()
		return nil, err
	}
	s.prepare()
	return s, nil
}

func (s *sender) prepare() {
	p := s.Packets
	n := p.count / s.per
	s.iovs, s.hdrs = make([]unix.Iovec, n), make([]mmsghdr, n)
	bytes := s.per * p.size
	for i := range n {
		s.iovs[i].Base = &p.data[i*bytes]
		s.iovs[i].SetLen(bytes)
		s.hdrs[i].hdr.Iov = &s.iovs[i]
		s.hdrs[i].hdr.SetIovlen(1)
	}
}

// close frees the socket, which holds nothing that could be lost.
func (s *sender) close() { _ = unix.Close(s.fd) }

// call sends up to n headers by one sendmmsg(2).
func (s *sender) call(n int) error {
	n = min(n, len(s.hdrs)-s.next)
	if s.Most > 0 {
		n = min(n, int(s.Most-min(s.sent, s.Most)+uint64(s.per)-1)/s.per)
	}
	done, _, errno := unix.RawSyscall6(unix.SYS_SENDMMSG, uintptr(s.fd),
		uintptr(unsafe.Pointer(&s.hdrs[s.next])), uintptr(n), 0, 0, 0)
	switch errno {
	case 0:
	case unix.EINTR, unix.EAGAIN, unix.ENOBUFS:
		return nil
	default:
		return errno
	}
	s.next = (s.next + int(done)) % len(s.hdrs)
	s.sent += uint64(int(done) * s.per)
	return nil
}

func (s *sender) over(ctx context.Context, start, now time.Time) bool {
	return s.Duration > 0 && now.Sub(start) >= s.Duration || s.Most > 0 && s.sent >= s.Most || ctx.Err() != nil
}

// atOnce is how many headers a flooding sender gives to one call.
const atOnce = 32

func (s *sender) flood(ctx context.Context, start time.Time) error {
	for now := start; !s.over(ctx, start, now); now = time.Now() {
		if err := s.call(atOnce); err != nil {
			return err
		}
		s.tell(now)
	}
	return nil
}

func (s *sender) tell(begin time.Time) {
	if s.Progress != nil {
		s.Progress(s.sent, begin, time.Now())
	}
}

// paced sends at each tick what is due by then.
func (s *sender) paced(ctx context.Context, start time.Time) error {
	for now := start; !s.over(ctx, start, now); now = time.Now() {
		due := s.Rate * now.Sub(start).Seconds()
		for n := int((due - float64(s.sent)) / float64(s.per)); n > 0; {
			before := s.sent
			if err := s.call(n); err != nil {
				return err
			}
			if s.sent == before {
				break // the kernel took none: what is due is sent at the next tick
			}
			n -= int(s.sent-before) / s.per
		}
		s.tell(now)
		sleepUntil(now.Add(s.Tick))
	}
	return nil
}

// sleepUntil sleeps by the kernel's timer rather than Go's, whose poller rounds
// up to a millisecond.
func sleepUntil(t time.Time) {
	if d := time.Until(t); d > 0 {
		ts := unix.NsecToTimespec(d.Nanoseconds())
		_ = unix.Nanosleep(&ts, nil) // interrupted: a little early
	}
}
