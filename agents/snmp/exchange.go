package snmp

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// exchange sends the requests of all polls through one socket that is connected
// to nobody, and gives each answer to the request with its id, wherever it comes
// from: a device with several addresses may answer from another one.
type exchange struct {
	socket *net.UDPConn
	strays atomic.Uint64 // datagrams that answer no request that waits
	last   atomic.Uint32 // id

	mu      sync.Mutex // guards waiting
	waiting map[uint32]*line
}

const (
	maxDatagram   = 65535
	receiveBuffer = 4 << 20
)

func newExchange() (*exchange, error) {
	socket, err := net.ListenUDP("udp", nil)
	if err != nil {
		return nil, err
	}
	_ = socket.SetReadBuffer(receiveBuffer) // as much as the kernel gives
	x := &exchange{socket: socket, waiting: map[uint32]*line{}}
	x.last.Store(rand.Uint32())
	return x, nil
}

// run reads answers until the socket is closed.
func (x *exchange) run() {
	buf := make([]byte, maxDatagram)
	for {
		n, _, err := x.socket.ReadFromUDPAddrPort(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // such as a port that nobody listens on: the request times out
		}
		x.give(buf[:n])
	}
}

func (x *exchange) give(datagram []byte) {
	id, ok := id(datagram)
	x.mu.Lock()
	l := x.waiting[id]
	x.mu.Unlock()
	if !ok || l == nil {
		x.strays.Add(1)
		return
	}
	select {
	case l.answers <- append([]byte(nil), datagram...):
	default: // whoever waits has enough to read
		x.strays.Add(1)
	}
}

// next returns an id that is not in use, of 31 bits as RFC 3412 has it.
func (x *exchange) next() uint32 { return x.last.Add(1) & 0x7fffffff }

// line is one poll's end of the exchange. It is a net.Conn, so that gosnmp can
// do the talking of version 3. One goroutine uses it.
type line struct {
	x        *exchange
	to       netip.AddrPort
	ids      []uint32
	answers  chan []byte
	deadline time.Time
	ctx      context.Context //nolint:containedctx // a net.Conn has no other way
}

func (x *exchange) line(ctx context.Context, to netip.AddrPort) *line {
	return &line{x: x, to: to, answers: make(chan []byte, 4), ctx: ctx}
}

var errInUse = errors.New("request id is in use")

// Write sends a request, and takes the answers to it from now on.
func (l *line) Write(request []byte) (int, error) {
	id, ok := id(request)
	if !ok {
		return 0, errors.New("no SNMP message")
	}
	l.x.mu.Lock()
	other := l.x.waiting[id]
	if other == nil {
		l.x.waiting[id] = l
		l.ids = append(l.ids, id)
	}
	l.x.mu.Unlock()
	if other != nil && other != l {
		return 0, errInUse
	}
	return l.x.socket.WriteToUDPAddrPort(request, l.to)
}

// receive waits for an answer until the deadline or the end of the poll.
func (l *line) receive() ([]byte, error) {
	timer := time.NewTimer(time.Until(l.deadline))
	defer timer.Stop()
	select {
	case b := <-l.answers:
		return b, nil
	case <-timer.C:
		return nil, os.ErrDeadlineExceeded
	case <-l.ctx.Done():
		return nil, l.ctx.Err()
	}
}

// Read implements net.Conn: one answer, cut to the length of b.
func (l *line) Read(b []byte) (int, error) {
	answer, err := l.receive()
	return copy(b, answer), err
}

// Close takes no more answers.
func (l *line) Close() error {
	l.x.mu.Lock()
	defer l.x.mu.Unlock()
	for _, id := range l.ids {
		delete(l.x.waiting, id)
	}
	l.ids = nil
	return nil
}

func (l *line) LocalAddr() net.Addr              { return l.x.socket.LocalAddr() }
func (l *line) RemoteAddr() net.Addr             { return net.UDPAddrFromAddrPort(l.to) }
func (l *line) SetDeadline(t time.Time) error    { l.deadline = t; return nil }
func (l *line) SetReadDeadline(time.Time) error  { return nil }
func (l *line) SetWriteDeadline(time.Time) error { return nil }
