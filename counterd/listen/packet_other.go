//go:build !linux

package listen

import (
	"context"
	"errors"
	"net"
	"os"
	"time"
)

// errShared is what Config.Readers meets elsewhere.
var errShared = errors.New("several readers of one address need Linux")

// longAgo as a deadline ends a read that blocks, at once.
var longAgo = time.Unix(1, 0)

// arrivals is for Linux.
type arrivals struct{}

// packetListener reads one datagram a call where recvmmsg(2) is not to be had.
type packetListener struct {
	address address
	conn    net.PacketConn
	gate    gate
	asked   int
	file    *socketFile
	counters
}

func (o *opener) openPacket(inherited *os.File) (Listener, error) {
	if o.config.Readers > 1 {
		return nil, errShared
	}
	var conn net.PacketConn
	var err error
	switch {
	case inherited != nil:
		conn, err = net.FilePacketConn(inherited)
	case o.address.isUnix():
		conn, err = bindUnix(o.address, o.config.Mode, func() (net.PacketConn, error) {
			return net.ListenPacket(unixgram, o.address.at)
		})
	default:
		conn, err = net.ListenPacket(udp, o.address.at)
	}
	if err != nil {
		return nil, err
	}
	l := &packetListener{address: o.address, conn: conn, gate: o.gate()}
	if o.address.isUnix() {
		l.file = newSocketFile(o.address.at, inherited != nil)
		return l, nil
	}
	l.address.at, l.asked = conn.LocalAddr().String(), o.config.ReadBuffer
	if c, is := conn.(*net.UDPConn); is {
		_ = c.SetReadBuffer(l.asked)
	}
	return l, nil
}

// Run implements Listener.
func (l *packetListener) Run(ctx context.Context, take func([]Datagram)) error {
	l.file.own()
	release := context.AfterFunc(ctx, func() { _ = l.conn.SetReadDeadline(longAgo) })
	defer release()
	b := batch{gate: &l.gate, count: &l.counters, take: take, pending: make([]Datagram, 0, 1)}
	buf := make([]byte, maxDatagram)
	for {
		n, from, err := l.conn.ReadFrom(buf)
		switch {
		case ctx.Err() != nil || errors.Is(err, net.ErrClosed):
			return nil
		case err != nil:
			l.errors.Add(1)
			time.Sleep(errorRest)
			continue
		}
		d := Datagram{Data: buf[:n]}
		if a, is := from.(*net.UDPAddr); is {
			d.From = a.AddrPort()
		}
		b.now = l.gate.instant()
		b.add(d.Data, 0, d.From, false)
		b.flush()
		l.reads.Add(1)
		l.bytes.Add(uint64(n))
	}
}

// Addr implements Listener.
func (l *packetListener) Addr() net.Addr { return l.conn.LocalAddr() }

// String implements Listener.
func (l *packetListener) String() string { return l.address.String() }

// Drops implements Listener; it is not known here.
func (l *packetListener) Drops() uint64 { return 0 }

// Stats implements Listener.
func (l *packetListener) Stats() Stats {
	s := l.stats()
	s.Signatures = l.gate.verifier.snapshot()
	s.AskedBuffer, s.GrantedBuffer = l.asked, l.asked
	return s
}

// File implements Listener.
func (l *packetListener) File() (*os.File, error) {
	f, is := l.conn.(interface{ File() (*os.File, error) })
	if !is {
		return nil, errors.ErrUnsupported
	}
	return f.File()
}

// HandOver implements Listener.
func (l *packetListener) HandOver() { l.file.handOver() }

// Alone implements Listener.
func (l *packetListener) Alone() { l.file.alone() }

// Close implements Listener.
func (l *packetListener) Close() error {
	l.file.remove()
	return l.conn.Close()
}
