package syslog

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Server receives at one address.
type Server struct {
	cfg   Config
	allow []netip.Prefix
	udp   *net.UDPConn     // nil: not asked for
	tcp   *net.TCPListener // nil: not asked for
	conns chan struct{}    // a place for each connection

	received, tooLong, broken, notAllowed, refusedConns atomic.Uint64
}

// Stats counts since the start.
type Stats struct {
	Received     uint64 `json:"received"`      // messages
	TooLong      uint64 `json:"too_long"`      // messages
	Broken       uint64 `json:"broken"`        // connections whose frames could not be followed
	NotAllowed   uint64 `json:"not_allowed"`   // datagrams and connections
	RefusedConns uint64 `json:"refused_conns"` // beyond MaxConns
	Connections  int    `json:"connections"`   // open now
}

// New binds the address.
func New(c Config) (*Server, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	allow, err := parseAllow(c.Allow)
	if err != nil {
		return nil, fmt.Errorf("allow%w", err)
	}
	s := &Server{cfg: c, allow: allow, conns: make(chan struct{}, c.MaxConns)}
	for range bindTries {
		err = s.bindAll()
		_, address := c.Split()
		if err == nil || !strings.HasSuffix(address, ":0") {
			break
		}
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

// bindTries is how often a free port is looked for that UDP and TCP both have.
const bindTries = 10

func (s *Server) bindAll() error {
	networks, address := s.cfg.Split()
	for _, network := range networks {
		if err := s.bind(network, address); err != nil {
			err = errors.Join(err, s.Close())
			s.udp, s.tcp = nil, nil
			return err
		}
		if s.udp != nil { // TCP has the port that UDP got
			address = s.udp.LocalAddr().String()
		}
	}
	return nil
}

func (s *Server) bind(network, address string) error {
	if network == "tcp" {
		l, err := net.Listen("tcp", address)
		if err != nil {
			return fmt.Errorf("listen for syslog: %w", err)
		}
		s.tcp = l.(*net.TCPListener)
		return nil
	}
	c, err := net.ListenPacket("udp", address)
	if err != nil {
		return fmt.Errorf("listen for syslog: %w", err)
	}
	s.udp = c.(*net.UDPConn)
	_ = s.udp.SetReadBuffer(s.cfg.ReadBuffer) // the kernel gives what it may
	return nil
}

// Addr is where the server listens.
func (s *Server) Addr() net.Addr {
	if s.tcp != nil {
		return s.tcp.Addr()
	}
	return s.udp.LocalAddr()
}

// Stats may be called at any time.
func (s *Server) Stats() Stats {
	return Stats{
		s.received.Load(), s.tooLong.Load(), s.broken.Load(), s.notAllowed.Load(), s.refusedConns.Load(), len(s.conns),
	}
}

// Close closes the sockets. It may be called again.
func (s *Server) Close() error {
	var errs []error
	if s.udp != nil {
		errs = append(errs, unlessClosed(s.udp.Close()))
	}
	if s.tcp != nil {
		errs = append(errs, unlessClosed(s.tcp.Close()))
	}
	return errors.Join(errs...)
}

func unlessClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// drainTime is how long, after the context of Run has ended, is read what was
// sent before.
const drainTime = 200 * time.Millisecond

// Run gives take the messages that come, from several goroutines at once, until
// ctx ends; then what is there still, and closes the sockets.
func (s *Server) Run(ctx context.Context, take func(Message)) error {
	var wg sync.WaitGroup
	if s.udp != nil {
		wg.Go(func() { s.datagrams(take) })
	}
	if s.tcp != nil {
		wg.Go(func() { s.accept(ctx, take) })
	}
	<-ctx.Done()
	deadline := time.Now().Add(drainTime)
	if s.udp != nil {
		_ = s.udp.SetReadDeadline(deadline) // a socket of ours takes one
	}
	if s.tcp != nil {
		_ = s.tcp.SetDeadline(deadline)
	}
	wg.Wait()
	return s.Close()
}

// datagrams ends at the deadline that Run sets.
func (s *Server) datagrams(take func(Message)) {
	buf := make([]byte, 64<<10)
	for {
		n, from, err := s.udp.ReadFromUDPAddrPort(buf)
		if err != nil {
			var timeout net.Error
			if errors.Is(err, net.ErrClosed) || errors.As(err, &timeout) && timeout.Timeout() {
				return
			}
			continue // an ICMP error of some other datagram
		}
		switch {
		case !s.allowed(from.Addr()):
			s.notAllowed.Add(1)
		case n > s.cfg.MaxLine:
			s.tooLong.Add(1)
		default:
			s.give(string(buf[:n]), from.Addr(), take)
		}
	}
}

func (s *Server) give(text string, from netip.Addr, take func(Message)) {
	s.received.Add(1)
	m := Parse(text)
	if m.Host == "" || m.Host == "localhost" { // as HAProxy says unless told its name
		m.Host = from.Unmap().WithZone("").String()
	}
	take(m)
}

func (s *Server) allowed(a netip.Addr) bool {
	if len(s.allow) == 0 {
		return true
	}
	a = a.Unmap().WithZone("")
	for _, p := range s.allow {
		if p.Contains(a) {
			return true
		}
	}
	return false
}
