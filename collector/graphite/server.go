package graphite

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"plimsoll/collector/outbox"
	"plimsoll/collector/port"
	"plimsoll/internal/metric"
)

const (
	// flushEvery is how long samples wait for others at most.
	flushEvery = time.Second
	putTimeout = 10 * time.Second
	// maxWaitingPerSource is what a source may have waiting to be stored.
	maxWaitingPerSource, maxWaitingAll = 100_000, 1_000_000
	// batch is how many samples of a connection are queued at once.
	batch = 1000
	// maxDatagram is the longest that there is.
	maxDatagram = 64 << 10
)

// Server receives lines.
type Server struct {
	config  Config
	allow   port.Allow
	paths   *paths
	ledger  *ledger
	outbox  *outbox.Outbox
	tcp     *port.Server // nil only if New fails
	socket  atomic.Pointer[port.Socket]
	metrics *metrics
}

// New binds the addresses. Nothing is read before Run, which must follow, or Close.
func New(c Config) (*Server, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if c.SinkFor == nil {
		return nil, errors.New("graphite has no sink")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Server{config: c, paths: newPaths(c.Templates)}
	s.allow, _ = port.ParseAllow(c.Allow) // Validate took it
	s.outbox = outbox.New(outbox.Config{
		SinkFor: c.SinkFor, MaxPerSource: maxWaitingPerSource, Max: maxWaitingAll, Every: flushEvery, Timeout: putTimeout,
	})
	var err error
	if s.metrics, err = newMetrics(c.Registerer, s); err != nil {
		return nil, fmt.Errorf("register metrics of graphite: %w", err)
	}
	s.ledger = newLedger(s.metrics, c.Now)
	return s, s.bind()
}

func (s *Server) bind() (err error) {
	if err = s.listen(); err == nil {
		c := &s.config
		s.tcp, err = port.NewServer(port.ServerConfig{
			Key: "graphite.tcp", Address: c.TCP, Optional: c.Optional, Allow: s.allow, Logger: c.Logger,
			MaxConns: c.MaxConnections, MaxPerSource: c.MaxConnectionsPerSource, Serve: s.serve,
			Count: func(reason string, from netip.Addr) { s.ledger.connected(reason, from.String()) },
		})
	}
	if err != nil {
		return errors.Join(err, s.Close())
	}
	return nil
}

// listen opens the socket of the datagrams.
func (s *Server) listen() error {
	c := &s.config
	if c.UDP == "" {
		return nil
	}
	socket, err := c.listenUDP()
	if err != nil {
		return port.Excuse("graphite.udp", c.UDP, c.Optional, c.Logger, err)
	}
	s.socket.Store(socket)
	return nil
}

func (c *Config) listenUDP() (*port.Socket, error) {
	return port.ListenUDP(port.SocketConfig{Address: c.UDP, BufferBytes: c.ReadBuffer})
}

// Close frees the addresses of a Server that was not run.
func (s *Server) Close() error {
	var errs []error
	if socket := s.socket.Load(); socket != nil {
		errs = append(errs, socket.Close())
	}
	if s.tcp != nil {
		errs = append(errs, s.tcp.Close())
	}
	return errors.Join(errs...)
}

// TCPAddr is where connections are accepted; nil if nowhere, or not yet.
func (s *Server) TCPAddr() net.Addr { return s.tcp.Addr() }

// UDPAddr is where datagrams come; nil if nowhere, or not yet.
func (s *Server) UDPAddr() net.Addr {
	if socket := s.socket.Load(); socket != nil {
		return socket.LocalAddr()
	}
	return nil
}

// Run receives until ctx ends, then stores what came before and returns.
func (s *Server) Run(ctx context.Context) error {
	defer func() { _ = s.Close() }()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var inputs sync.WaitGroup
	inputs.Go(func() { s.tcp.Run(ctx) })
	inputs.Go(func() { s.receive(ctx) })
	inputs.Go(func() { <-ctx.Done() }) // there may be no address at all
	draining, drained := context.WithCancel(context.WithoutCancel(ctx))
	go func() { // Run waits for the outbox, which ends with draining
		inputs.Wait()
		drained()
	}()
	return s.outbox.Run(draining)
}

// sourceName is how a sender is called among all sources of samples.
func sourceName(from netip.Addr) string { return "graphite " + from.String() }

// serve reads the lines of a connection.
func (s *Server) serve(ctx context.Context, conn net.Conn, from netip.Addr) {
	source := sourceName(from)
	in := bufio.NewReaderSize(conn, max(s.config.MaxLineBytes, 32<<10))
	var ready []metric.Sample
	defer func() { s.queue(ctx, source, ready) }()
	for first := true; ; first = false {
		if len(ready) >= batch || len(ready) > 0 && !hasLine(in) {
			s.queue(ctx, source, ready)
			ready = ready[:0]
		}
		// A line must be whole in this time, however slowly its bytes come.
		_ = conn.SetReadDeadline(s.config.Now().Add(s.config.IdleTimeout))
		if first && s.isPickle(in, source) {
			return
		}
		text, err := in.ReadSlice('\n')
		switch {
		case errors.Is(err, bufio.ErrBufferFull) || len(text) > s.config.MaxLineBytes+1:
			s.ledger.refuse(reasonLong, source, text)
			if s.skip(in, err) != nil {
				return
			}
		case err != nil:
			if len(bytes.TrimSpace(text)) > 0 && errors.Is(err, io.EOF) {
				s.ledger.refuse(reasonCut, source, text)
			}
			return
		default:
			ready = s.line(ready, text[:len(text)-1], source)
		}
	}
}

// hasLine says whether a whole line can be read without waiting.
func hasLine(in *bufio.Reader) bool {
	held, _ := in.Peek(in.Buffered())
	return bytes.IndexByte(held, '\n') >= 0
}

// isPickle looks at the first byte of a connection: a pickle of carbon's has its
// length in four bytes before it, of which the first is 0.
func (s *Server) isPickle(in *bufio.Reader, source string) bool {
	begin, err := in.Peek(1)
	if err != nil || !looksPickled(begin) {
		return false
	}
	more, _ := in.Peek(min(in.Buffered(), 16))
	s.ledger.refuse(reasonPickle, source, more)
	return true
}

// looksPickled says whether text begins as no line of text does.
func looksPickled(text []byte) bool { return len(text) > 0 && (text[0] == 0 || text[0] == 0x80) }

// skip reads on to the end of a line that is too long, of which err is how far it was
// read.
func (s *Server) skip(in *bufio.Reader, err error) error {
	for errors.Is(err, bufio.ErrBufferFull) {
		_, err = in.ReadSlice('\n')
	}
	return err
}

// queue hands samples on, and waits while there is no room for them. What there is no
// room for at the end is counted by the outbox.
func (s *Server) queue(ctx context.Context, source string, samples []metric.Sample) {
	_ = s.outbox.AddAll(ctx, source, samples)
}

// receive reads datagrams until ctx ends.
func (s *Server) receive(ctx context.Context) {
	if s.config.UDP == "" {
		return
	}
	for s.socket.Load() == nil {
		if !port.Pause(ctx, port.RetryEvery) {
			return
		}
		if socket, err := s.config.listenUDP(); err == nil { // New has told of what is wrong
			s.socket.Store(socket)
		}
	}
	socket := s.socket.Load()
	stop := context.AfterFunc(ctx, func() { _ = socket.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	buf := make([]byte, maxDatagram)
	var ready []metric.Sample
	for {
		n, from, err := socket.Read(buf)
		switch {
		case err == nil:
			ready = s.datagram(ready[:0], buf[:n], from.Addr())
		case ctx.Err() != nil, errors.Is(err, net.ErrClosed):
			return
		}
	}
}

// datagram takes the lines of one datagram.
func (s *Server) datagram(ready []metric.Sample, data []byte, from netip.Addr) []metric.Sample {
	source := sourceName(from)
	if !s.allow.Has(from) {
		s.ledger.refuse(port.NotAllowed, source, data)
		return ready
	}
	if looksPickled(data) {
		s.ledger.refuse(reasonPickle, source, data)
		return ready
	}
	for len(data) > 0 {
		text, rest, _ := bytes.Cut(data, []byte("\n"))
		data = rest
		if len(text) > s.config.MaxLineBytes {
			s.ledger.refuse(reasonLong, source, text)
			continue
		}
		ready = s.line(ready, text, source)
	}
	if n := s.outbox.Add(source, ready...); n < len(ready) {
		s.ledger.drop(source, len(ready)-n)
	}
	return ready
}

// line adds what a line tells.
func (s *Server) line(ready []metric.Sample, text []byte, source string) []metric.Sample {
	if len(bytes.TrimSpace(text)) == 0 {
		return ready // an empty one is none
	}
	s.metrics.lines.Inc()
	l, reason := Parse(text, s.config.Now())
	if reason != "" {
		s.ledger.refuse(reason, source, text)
		return ready
	}
	meaning := s.paths.find(l.Path)
	switch {
	case meaning.reason != "":
		s.ledger.refuse(meaning.reason, source, text)
		return ready
	case l.None():
		s.metrics.noValue.Inc()
		return ready
	}
	return append(ready, metric.Sample{Labels: meaning.labels, Kind: meaning.kind, At: l.At, Value: l.Value})
}
