package listen

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// acceptor is what TCP and Unix listeners have in common.
type acceptor interface {
	net.Listener
	SetDeadline(t time.Time) error
	syscall.Conn
}

// streamListener accepts connections, each with its own goroutine and buffer, so
// that a slow one or a hostile one is nobody else's.
type streamListener struct {
	address  address
	acceptor acceptor
	gate     gate
	maxConns int
	idle     time.Duration
	maxLine  int
	file     *socketFile

	counters
	handed atomic.Bool // what waits to be accepted is the successor's

	mu     sync.Mutex // guards all below
	ending time.Time  // when the last reading must be over; zero before the end of Run
	conns  map[net.Conn]struct{}
	closed bool
	open   sync.WaitGroup // a count for each of conns, and for Run
}

func (o *opener) openStream(inherited *os.File) (Listener, error) {
	ln, err := o.bindStream(inherited)
	if err != nil {
		return nil, err
	}
	a, is := ln.(acceptor)
	if !is || ln.Addr().Network() != o.address.network {
		_ = ln.Close()
		return nil, inheritedWrong(o.address, ln.Addr().Network())
	}
	l := &streamListener{
		address: o.address, acceptor: a, gate: o.gate(), maxConns: o.config.MaxConns,
		idle: o.config.IdleTimeout, maxLine: o.config.MaxLine, conns: map[net.Conn]struct{}{},
	}
	if u, is := ln.(*net.UnixListener); is {
		u.SetUnlinkOnClose(false) // l.file knows when
		l.file = newSocketFile(o.address.at, inherited != nil)
	} else {
		l.address.at = ln.Addr().String()
	}
	return l, nil
}

func (o *opener) bindStream(inherited *os.File) (net.Listener, error) {
	switch {
	case inherited != nil:
		return net.FileListener(inherited)
	case o.address.isUnix():
		return bindUnix(o.address, o.config.Mode, func() (net.Listener, error) {
			return net.Listen(unixSock, o.address.at)
		})
	}
	return net.Listen(tcp, o.address.at)
}

// Run implements Listener.
func (l *streamListener) Run(ctx context.Context, take func([]Datagram)) error {
	if !l.begin() {
		return net.ErrClosed
	}
	l.file.own()
	release := context.AfterFunc(ctx, l.finish)
	defer release()
	err := l.accept(take)
	l.open.Done()
	l.open.Wait()
	return err
}

func (l *streamListener) begin() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		l.open.Add(1)
	}
	return !l.closed
}

// accept returns nil when Run is to end.
func (l *streamListener) accept(take func([]Datagram)) error {
	for {
		c, err := l.acceptor.Accept()
		switch {
		case err == nil:
			l.admit(c, take)
		case l.isEnding():
			return nil
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("accept on %s: %w", l, err)
		default: // of one connection, or of too many open files: not the end
			l.errors.Add(1)
			time.Sleep(errorRest)
		}
	}
}

// admit reads a connection, or closes it at once.
func (l *streamListener) admit(c net.Conn, take func([]Datagram)) {
	from, _ := c.RemoteAddr().(*net.TCPAddr)
	s := &stream{listener: l, conn: c, framer: newFramer(l.maxLine), take: take}
	if from != nil {
		s.from = from.AddrPort()
		s.from = unmapped(s.from)
	}
	switch {
	case !l.gate.allowed(s.from.Addr()):
		l.notAllowed.Add(1)
		_ = c.Close()
	case !l.enter(c):
		l.refusedConns.Add(1)
		_ = c.Close()
	default:
		l.accepted.Add(1)
		go s.run() // Run and Close wait for it
	}
}

func (l *streamListener) enter(c net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || len(l.conns) >= l.maxConns {
		return false
	}
	l.conns[c] = struct{}{}
	l.connections.Add(1)
	l.open.Add(1)
	return true
}

func (l *streamListener) leave(c net.Conn) {
	_ = c.Close()
	l.mu.Lock()
	delete(l.conns, c)
	l.mu.Unlock()
	l.connections.Add(-1)
	l.open.Done()
}

// Addr implements Listener.
func (l *streamListener) Addr() net.Addr { return l.acceptor.Addr() }

// String implements Listener.
func (l *streamListener) String() string { return l.address.String() }

// Drops implements Listener: a stream waits.
func (l *streamListener) Drops() uint64 { return 0 }

// Stats implements Listener.
func (l *streamListener) Stats() Stats { return l.stats() }

// File implements Listener.
func (l *streamListener) File() (*os.File, error) {
	return Duplicate(l.acceptor, l.String())
}

// Alone implements Listener: what waits to be accepted is told apart already.
func (l *streamListener) Alone() {}

// HandOver implements Listener.
func (l *streamListener) HandOver() {
	l.file.handOver()
	l.handed.Store(true)
}

// Close implements Listener.
func (l *streamListener) Close() error {
	l.mu.Lock()
	was := l.closed
	l.closed = true
	if l.ending.IsZero() {
		l.ending = time.Unix(0, 1) // long ago: nothing more is read
	}
	for c := range l.conns {
		_ = c.Close()
	}
	l.mu.Unlock()
	if was {
		return nil
	}
	err := l.acceptor.Close()
	l.open.Wait()
	l.file.remove()
	return err
}
