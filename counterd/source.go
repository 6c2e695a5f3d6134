package counterd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"time"
)

// maxDatagram is more than any UDP datagram holds.
const maxDatagram = 1 << 16

// datagram is one received packet; data is good until the next read.
type datagram struct {
	data []byte
	from netip.AddrPort
}

// source is where datagrams come from. read blocks for at least one; after
// interrupt it returns os.ErrDeadlineExceeded, and drain gives what is left.
type source interface {
	read() ([]datagram, error)
	drain() ([]datagram, error)
	interrupt()
	drops() uint64 // by the kernel, since the socket was opened
	close() error
	full() int // how many datagrams a read can give
}

// errorRest keeps a socket that fails from spinning.
const errorRest = 10 * time.Millisecond

// read counts what src gives until it is interrupted, and then what is left.
func read(ctx context.Context, src source, s *shard) error {
	p := pacer{batch: src.full()}
	for {
		got, err := src.read()
		s.datagrams(got)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded) && ctx.Err() != nil:
			return drainAll(src, s)
		case err != nil && errors.Is(err, net.ErrClosed):
			return err
		case err != nil: // of one call, such as ENOBUFS: not the end
			time.Sleep(errorRest)
			continue
		}
		if d := p.next(len(got)); d > 0 {
			time.Sleep(d)
		}
	}
}

// maxDrain bounds the last reading: a sender that never stops must not keep the
// daemon alive.
const maxDrain = 1 << 18

func drainAll(src source, s *shard) error {
	for n := 0; n < maxDrain; {
		got, err := src.drain()
		if err != nil || len(got) == 0 {
			return err
		}
		s.datagrams(got)
		n += len(got)
	}
	return nil
}

// datagrams counts one batch under one lock.
func (s *shard) datagrams(batch []datagram) {
	if len(batch) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range batch {
		s.datagramLocked(d.data, d.from)
	}
}

// maxRest is how long a reader rests at most while datagrams gather in the
// socket buffer, and so the latency that resting adds.
const maxRest = 1800 * time.Microsecond

// pacer decides how long a reader rests between reads. Waking for each datagram
// costs many times what counting it costs, so a busy socket is left to fill for
// a moment: so long that a read finds up to half a batch, which leaves
// room in the smallest socket buffers.
type pacer struct {
	batch int
	rest  time.Duration
}

// next returns the rest after a read that gave n datagrams.
func (p *pacer) next(n int) time.Duration {
	switch {
	case n >= p.batch:
		p.rest = 0
		return 0
	case n > p.batch/2:
		p.rest /= 2
	case n > 1: // several at once: more will come
		p.rest = min(maxRest, max(2*p.rest, maxRest/8))
	case p.rest > 0: // a lone datagram: quiet, or rested too short
		p.rest /= 2
	}
	if p.rest < maxRest/16 {
		p.rest = 0
	}
	return p.rest
}

// longAgo as a deadline ends a read that blocks, at once.
var longAgo = time.Unix(1, 0)

// packetSource reads a net.PacketConn one datagram at a time: in tests, and
// where recvmmsg is not to be had.
type packetSource struct {
	conn net.PacketConn
	buf  []byte
	one  [1]datagram
}

func newPacketSource(c net.PacketConn) *packetSource {
	return &packetSource{conn: c, buf: make([]byte, maxDatagram)}
}

func (p *packetSource) read() ([]datagram, error) {
	n, from, err := p.conn.ReadFrom(p.buf)
	if err != nil {
		return nil, err
	}
	p.one[0] = datagram{data: p.buf[:n]}
	if a, ok := from.(*net.UDPAddr); ok {
		p.one[0].from = a.AddrPort()
	}
	return p.one[:], nil
}

func (p *packetSource) drain() ([]datagram, error) { return nil, nil }
func (p *packetSource) interrupt()                 { _ = p.conn.SetReadDeadline(longAgo) }
func (p *packetSource) drops() uint64              { return 0 }
func (p *packetSource) close() error               { return p.conn.Close() }
func (p *packetSource) full() int                  { return 1 }

// listen makes the sources.
func (s *Server) listen() error {
	if c := s.config.Conn; c != nil {
		s.sources, s.addrs = []source{newPacketSource(c)}, []net.Addr{c.LocalAddr()}
		return nil
	}
	for _, addr := range s.config.Listen {
		for i := range s.config.Readers {
			conn, err := listenUDP(addr, s.config.Readers > 1)
			if err != nil {
				s.closeSources()
				return fmt.Errorf("listen on UDP %s: %w", addr, err)
			}
			if i == 0 {
				s.addrs = append(s.addrs, conn.LocalAddr())
				addr = conn.LocalAddr().String() // port 0 is known now
			}
			src, err := newUDPSource(conn, s.config.ReadBuffer)
			if err != nil {
				s.closeSources()
				return fmt.Errorf("set up UDP %s: %w", addr, err)
			}
			s.sources = append(s.sources, src)
			if got := src.granted(); got < s.config.ReadBuffer && i == 0 {
				s.config.Logger.Warn("the kernel grants a smaller socket buffer than asked; raise net.core.rmem_max",
					"address", addr, "asked_bytes", s.config.ReadBuffer, "granted_bytes", got)
			}
		}
	}
	return nil
}
