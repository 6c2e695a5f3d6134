package syslog

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// accept ends at the deadline that Run sets, when all connections have.
func (s *Server) accept(ctx context.Context, take func(Message)) {
	var wg sync.WaitGroup
	defer wg.Wait()
	for {
		c, err := s.tcp.AcceptTCP()
		if err != nil {
			if ctx.Err() != nil || errors.Is(err, net.ErrClosed) {
				return
			}
			select { // no descriptors, for a moment
			case <-ctx.Done():
			case <-time.After(100 * time.Millisecond):
			}
			continue
		}
		wg.Go(func() { s.connection(ctx, c, take) })
	}
}

func (s *Server) connection(ctx context.Context, c *net.TCPConn, take func(Message)) {
	defer func() { _ = c.Close() }()
	from := c.RemoteAddr().(*net.TCPAddr).AddrPort().Addr()
	if !s.allowed(from) {
		s.notAllowed.Add(1)
		return
	}
	select {
	case s.conns <- struct{}{}:
		defer func() { <-s.conns }()
	default:
		s.refusedConns.Add(1)
		return
	}
	stop := context.AfterFunc(ctx, func() { _ = c.SetReadDeadline(time.Now().Add(drainTime)) })
	defer stop()
	f := newFrames(idle{ctx, c, s.cfg.IdleTimeout}, s.cfg.MaxLine, func() { s.tooLong.Add(1) })
	for {
		msg, err := f.next()
		if err != nil {
			if !errors.Is(err, io.EOF) && ctx.Err() == nil {
				s.broken.Add(1)
			}
			return
		}
		s.give(msg, from, take)
	}
}

// idle gives each read of a connection its deadline, until ctx ends.
type idle struct {
	ctx     context.Context
	conn    *net.TCPConn
	timeout time.Duration
}

func (i idle) Read(b []byte) (int, error) {
	if i.ctx.Err() == nil {
		if err := i.conn.SetReadDeadline(time.Now().Add(i.timeout)); err != nil {
			return 0, err
		}
		if i.ctx.Err() != nil { // it ended meanwhile, and set another
			_ = i.conn.SetReadDeadline(time.Now().Add(drainTime))
		}
	}
	return i.conn.Read(b)
}
