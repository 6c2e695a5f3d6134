package listen

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"time"
)

const (
	// drainTime bounds the last reading of connections.
	drainTime = 500 * time.Millisecond
	// quietTime without anything ends the last reading of one connection. It is
	// also how long connections that wait are still accepted.
	quietTime = 20 * time.Millisecond
)

// stream is one connection.
type stream struct {
	listener *streamListener
	conn     net.Conn
	from     netip.AddrPort
	framer   *framer
	take     func([]Datagram)
}

// run reads the connection until its end, its idle timeout or that of Run.
func (s *stream) run() {
	defer s.listener.leave(s.conn)
	for s.listener.setDeadline(s.conn) {
		n, err := s.conn.Read(s.framer.space())
		if n > 0 {
			s.listener.reads.Add(1)
			s.listener.bytes.Add(uint64(n))
			s.give(s.framer.add(n))
			s.framer.settle()
		}
		if err != nil {
			s.end(err)
			return
		}
	}
	s.listener.unfinished.Add(1)
	s.end(os.ErrDeadlineExceeded)
}

// give adds the sender to pieces and hands them on.
func (s *stream) give(pieces []Datagram) {
	if len(pieces) == 0 {
		return
	}
	for i := range pieces {
		pieces[i].From = s.from
	}
	s.take(pieces)
	s.listener.datagrams.Add(uint64(len(pieces)))
	s.listener.batches.Add(1)
	s.listener.longLines.Add(s.framer.long)
	s.framer.long = 0
}

// end gives the last line, which counts only when the sender closed behind it.
func (s *stream) end(err error) {
	if errors.Is(err, os.ErrDeadlineExceeded) && !s.listener.isEnding() {
		s.listener.idleConns.Add(1)
	}
	closed := errors.Is(err, io.EOF)
	last := s.framer.end(closed)
	if len(last) > 0 && !closed {
		s.listener.brokenLines.Add(1)
	}
	s.give(last)
}

// setDeadline bounds the next read of c; false when there is to be none. It holds
// the mutex, so that finish never shortens a deadline that is then made longer.
func (l *streamListener) setDeadline(c net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	at := now.Add(l.idle)
	if !l.ending.IsZero() {
		if !now.Before(l.ending) {
			return false
		}
		at = now.Add(quietTime)
		if at.After(l.ending) {
			at = l.ending
		}
	}
	_ = c.SetReadDeadline(at) // fails only when c is closed; then the read says so
	return true
}

// finish ends Run: connections that wait are accepted, unless a successor does it,
// and what was sent already is read.
func (l *streamListener) finish() {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if l.ending.IsZero() {
		l.ending = now.Add(drainTime)
	}
	accept := now.Add(quietTime)
	if l.handed.Load() {
		accept = now
	}
	_ = l.acceptor.SetDeadline(accept)
	for c := range l.conns {
		_ = c.SetReadDeadline(now.Add(quietTime))
	}
}

func (l *streamListener) isEnding() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.ending.IsZero()
}

// unmapped makes an IPv4 address of one that is written as IPv6.
func unmapped(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap().WithZone(""), a.Port())
}
