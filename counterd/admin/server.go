package admin

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	maxLine      = 4096             // bytes of a word with its arguments
	writeTimeout = 10 * time.Second // of a whole answer
	// maxAnswers bounds the answers under way, each of which may be a copy of
	// all names.
	maxAnswers = 4
	// retryEvery is how often a port is tried that another has: the program that
	// this one takes over from, perhaps.
	retryEvery = time.Second
)

// Server is the port.
type Server struct {
	config  Config
	ln      net.Listener // nil: none, or not yet
	allow   []netip.Prefix
	answers chan struct{} // holds one token for each answer under way
	down    atomic.Bool   // what health answers
	started time.Time
}

// New binds the address. Nothing is answered before Run.
func New(c Config) (*Server, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	allow, err := parseAllow(c.Allow)
	if err != nil {
		return nil, err
	}
	s := &Server{config: c, allow: allow, answers: make(chan struct{}, maxAnswers), started: c.Now()}
	if c.Address == "" {
		return s, nil
	}
	s.ln, err = net.Listen("tcp", c.Address)
	switch {
	case err == nil:
	case c.Optional && errors.Is(err, syscall.EADDRINUSE):
		c.Logger.Info("no admin port as long as somebody else listens there", "address", c.Address)
	default:
		return nil, fmt.Errorf("listen for admin words on %s: %w", c.Address, err)
	}
	return s, nil
}

// Addr is where the port is; nil when there is none. It is for before Run.
func (s *Server) Addr() net.Addr {
	if s.ln == nil {
		return nil
	}
	return s.ln.Addr()
}

// Close frees the port of a Server that was never run.
func (s *Server) Close() error {
	if s.ln == nil {
		return nil
	}
	return s.ln.Close()
}

// Run answers until ctx ends.
func (s *Server) Run(ctx context.Context) error {
	if s.config.Address == "" {
		<-ctx.Done()
		return nil
	}
	for s.ln == nil {
		if pause(ctx, retryEvery); ctx.Err() != nil {
			return nil
		}
		if ln, err := net.Listen("tcp", s.config.Address); err == nil {
			s.ln = ln
		}
	}
	return s.accept(ctx)
}

// accept answers on the port until ctx ends.
func (s *Server) accept(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = s.ln.Close() })
	defer stop()
	var conns sync.WaitGroup
	defer conns.Wait() // they end with ctx
	open := make(chan struct{}, s.config.MaxConns)
	for {
		conn, err := s.ln.Accept()
		switch {
		case ctx.Err() != nil:
			if err == nil {
				_ = conn.Close()
			}
			return nil
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("accept admin connections on %s: %w", s.ln.Addr(), err)
		case err != nil:
			s.config.Logger.Warn("admin port", "error", err)
			pause(ctx, 100*time.Millisecond) // out of descriptors, most likely
			continue
		}
		if !allowed(s.allow, conn.RemoteAddr()) {
			_ = conn.Close()
			continue
		}
		select {
		case open <- struct{}{}:
			conns.Go(func() {
				defer func() { <-open }()
				s.serve(ctx, conn)
			})
		default:
			s.refuse(conn, "ERROR too many connections\n")
		}
	}
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// refuse says why, if that needs no waiting, and hangs up.
func (s *Server) refuse(conn net.Conn, why string) {
	_ = conn.SetWriteDeadline(s.config.Now().Add(10 * time.Millisecond))
	_, _ = io.WriteString(conn, why)
	_ = conn.Close()
}

// tooLong says so and hangs up. What is on its way is read, or else the answer
// would be lost with it.
func (s *Server) tooLong(conn net.Conn) {
	_ = conn.SetDeadline(s.config.Now().Add(100 * time.Millisecond))
	_, _ = io.WriteString(conn, "ERROR line too long\n")
	_, _ = io.CopyN(io.Discard, conn, 1<<20)
}

// serve answers one connection until it ends, by either side.
func (s *Server) serve(ctx context.Context, conn net.Conn) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	in := bufio.NewReaderSize(conn, maxLine)
	for {
		_ = conn.SetReadDeadline(s.config.Now().Add(s.config.IdleTimeout))
		text, err := in.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			s.tooLong(conn)
			return
		}
		words := strings.Fields(string(text)) // the last one may end without a newline
		if len(words) > 0 && (err == nil || errors.Is(err, io.EOF)) && !s.answer(ctx, conn, words) {
			return
		}
		if err != nil {
			return
		}
	}
}

// answer writes the answer to one line and reports whether to go on.
func (s *Server) answer(ctx context.Context, conn net.Conn, words []string) bool {
	if words[0] == "quit" {
		return false
	}
	select {
	case s.answers <- struct{}{}:
		defer func() { <-s.answers }()
	case <-ctx.Done():
		return false
	}
	out := bufio.NewWriterSize(&deadlined{conn: conn, now: s.config.Now}, 32<<10)
	s.say(ctx, out, words)
	return out.Flush() == nil
}

// deadlined gives a whole answer writeTimeout, from its first byte on: how long
// the daemon takes is not the reader's fault.
type deadlined struct {
	conn net.Conn
	now  func() time.Time
	set  bool
}

func (d *deadlined) Write(p []byte) (int, error) {
	if !d.set {
		d.set = true
		if err := d.conn.SetWriteDeadline(d.now().Add(writeTimeout)); err != nil {
			return 0, err
		}
	}
	return d.conn.Write(p)
}
