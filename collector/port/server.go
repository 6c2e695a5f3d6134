package port

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// RetryEvery is how often an address is tried that another has.
const RetryEvery = time.Second

// Why a connection is refused.
const (
	NotAllowed = "not allowed"
	TooMany    = "too many connections"
)

// ServerConfig says where to listen, and for whom.
type ServerConfig struct {
	Key      string // of the address in the configuration, for messages
	Address  string // host:port; empty: nowhere
	Optional bool   // it is no error that another has the address
	Allow    Allow
	// MaxConns bounds the connections, MaxPerSource those from one address.
	MaxConns, MaxPerSource int
	Logger                 *slog.Logger
	// Serve answers a connection, which is closed when it returns, or when ctx ends.
	Serve func(ctx context.Context, conn net.Conn, from netip.Addr)
	// Count hears of each connection: why it is refused, or "" if it is not.
	Count func(reason string, from netip.Addr)
}

// Server accepts connections.
type Server struct {
	config ServerConfig

	mu    sync.Mutex   // guards what follows
	ln    net.Listener // nil: none, or not yet
	open  int
	from  map[netip.Addr]int
	conns sync.WaitGroup
}

// NewServer binds the address.
func NewServer(c ServerConfig) (*Server, error) {
	s := &Server{config: c, from: map[netip.Addr]int{}}
	if c.Address == "" {
		return s, nil
	}
	ln, err := net.Listen("tcp", c.Address)
	if err = Excuse(c.Key, c.Address, c.Optional, c.Logger, err); err == nil && ln != nil {
		s.ln = ln
	}
	return s, err
}

// Excuse returns nil if there is no error, or one that only says that another has an
// address which is optional; that is logged.
func Excuse(key, addr string, optional bool, log *slog.Logger, err error) error {
	switch {
	case err == nil:
		return nil
	case optional && errors.Is(err, syscall.EADDRINUSE):
		log.Info("not there as long as somebody else listens there", "key", key, "address", addr)
		return nil
	}
	return fmt.Errorf("%s: listen on %s: %w", key, addr, err)
}

// IsHostPort says whether an address can be listened on.
func IsHostPort(addr string) bool {
	_, p, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	_, err = strconv.ParseUint(p, 10, 16)
	return err == nil
}

func (s *Server) listener() net.Listener {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ln
}

// Addr is where the server is; nil if nowhere, or not yet.
func (s *Server) Addr() net.Addr {
	if ln := s.listener(); ln != nil {
		return ln.Addr()
	}
	return nil
}

// Close frees the address of a Server that was not run.
func (s *Server) Close() error {
	if ln := s.listener(); ln != nil {
		return ln.Close()
	}
	return nil
}

// Pause waits, and says whether ctx goes on.
func Pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// Run accepts connections until ctx ends, and returns when all are closed.
func (s *Server) Run(ctx context.Context) {
	if s.config.Address == "" {
		return
	}
	ln := s.takeOver(ctx)
	if ln == nil {
		return
	}
	stop := context.AfterFunc(ctx, func() { _ = ln.Close() })
	defer stop()
	defer s.conns.Wait() // they end with ctx
	for {
		conn, err := ln.Accept()
		switch {
		case ctx.Err() != nil || errors.Is(err, net.ErrClosed):
			if err == nil {
				_ = conn.Close()
			}
			return
		case err != nil: // too many open files, perhaps
			Pause(ctx, 100*time.Millisecond)
		default:
			s.admit(ctx, conn)
		}
	}
}

// takeOver waits until the address is ours; nil if ctx ends before.
func (s *Server) takeOver(ctx context.Context) net.Listener {
	for s.listener() == nil {
		if !Pause(ctx, RetryEvery) {
			return nil
		}
		if ln, err := net.Listen("tcp", s.config.Address); err == nil {
			s.mu.Lock()
			s.ln = ln
			s.mu.Unlock()
		}
	}
	return s.listener()
}

// admit serves a connection, or closes it at once.
func (s *Server) admit(ctx context.Context, conn net.Conn) {
	var from netip.Addr
	if a, is := conn.RemoteAddr().(*net.TCPAddr); is {
		from = a.AddrPort().Addr().Unmap()
	}
	reason := s.enter(from)
	s.config.Count(reason, from)
	if reason != "" {
		_ = conn.Close()
		return
	}
	s.conns.Go(func() {
		defer s.leave(from)
		defer conn.Close()
		stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
		defer stop()
		s.config.Serve(ctx, conn, from)
	})
}

// enter says why a connection may not be served; after "" leave must follow.
func (s *Server) enter(from netip.Addr) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case !s.config.Allow.Has(from):
		return NotAllowed
	case s.open >= s.config.MaxConns || s.from[from] >= s.config.MaxPerSource:
		return TooMany
	}
	s.open++
	s.from[from]++
	return ""
}

func (s *Server) leave(from netip.Addr) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open--
	if s.from[from]--; s.from[from] == 0 {
		delete(s.from, from)
	}
}

// Open is how many connections there are.
func (s *Server) Open() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open
}
