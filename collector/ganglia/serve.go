package ganglia

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"
)

const (
	writeTimeout = 30 * time.Second // of a whole document
	queryTimeout = 10 * time.Second // until a query has come
	maxQuery     = 2048             // bytes, gmetad's own
)

// server answers on one port.
type server struct {
	g      *Ganglia
	key    string // of the configuration
	addr   string
	answer func(ctx context.Context, conn net.Conn)
	ln     net.Listener // nil: none, or not yet
}

func (s *server) listen() error {
	ln, err := net.Listen("tcp", s.addr)
	if err != nil {
		return s.g.excuse(s.key, s.addr, err)
	}
	s.ln = ln
	return nil
}

func (s *server) address() net.Addr {
	if s.ln == nil {
		return nil
	}
	return s.ln.Addr()
}

// run answers until ctx ends.
func (s *server) run(ctx context.Context) {
	for s.ln == nil {
		if !pause(ctx, retryEvery) {
			return
		}
		_ = s.listen() // New has told of what is wrong
	}
	stop := context.AfterFunc(ctx, func() { _ = s.ln.Close() })
	defer stop()
	var conns sync.WaitGroup
	defer conns.Wait() // they end with ctx
	places := make(chan struct{}, s.g.config.MaxConnections)
	for {
		conn, err := s.ln.Accept()
		switch {
		case ctx.Err() != nil || errors.Is(err, net.ErrClosed):
			if err == nil {
				_ = conn.Close()
			}
			return
		case err != nil: // too many open files, perhaps
			pause(ctx, 100*time.Millisecond)
			continue
		}
		if !s.admit(conn, places) {
			_ = conn.Close()
			continue
		}
		conns.Go(func() {
			defer func() { <-places }()
			s.serve(ctx, conn)
		})
	}
}

// admit takes a place for a connection, if it may have one.
func (s *server) admit(conn net.Conn, places chan struct{}) bool {
	count := s.g.metrics.conns
	if a, is := conn.RemoteAddr().(*net.TCPAddr); is && !allowed(s.g.allow, addrOf(a)) {
		count.WithLabelValues(s.key, reasonNotAllowed).Inc()
		return false
	}
	select {
	case places <- struct{}{}:
		count.WithLabelValues(s.key, "accepted").Inc()
		return true
	default:
		count.WithLabelValues(s.key, "too many").Inc()
		return false
	}
}

func addrOf(a *net.TCPAddr) netip.Addr { return a.AddrPort().Addr().Unmap() }

func (s *server) serve(ctx context.Context, conn net.Conn) {
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	s.answer(ctx, conn)
}

// serveXML writes all that is known, as gmond does: without being asked.
func (g *Ganglia) serveXML(ctx context.Context, conn net.Conn) {
	g.write(conn, g.document(ctx))
}

// serveQuery answers one query, as gmetad does.
func (g *Ganglia) serveQuery(ctx context.Context, conn net.Conn) {
	_ = conn.SetReadDeadline(g.config.Now().Add(queryTimeout))
	line, err := bufio.NewReaderSize(conn, maxQuery).ReadSlice('\n')
	if err != nil && len(line) == 0 || errors.Is(err, bufio.ErrBufferFull) {
		return
	}
	if q, ok := parseQuery(string(line)); ok {
		g.write(conn, g.answer(ctx, q))
	}
}

func (g *Ganglia) write(conn net.Conn, data []byte) {
	_ = conn.SetWriteDeadline(g.config.Now().Add(writeTimeout))
	_, _ = conn.Write(data) // the reader is gone otherwise
}
