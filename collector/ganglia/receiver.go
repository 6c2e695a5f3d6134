package ganglia

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"time"

	"plimsoll/collector/ganglia/xdr"
	"plimsoll/collector/port"
)

// maxDatagram is more than gmond sends; what is longer is refused.
const maxDatagram = 2048

// sourceIdle is the silence after which a sender is no longer listed.
const sourceIdle = 10 * time.Minute

// receive reads datagrams until ctx ends.
func (g *Ganglia) receive(ctx context.Context) {
	if g.config.Listen == "" {
		return
	}
	for g.socket.Load() == nil {
		if !port.Pause(ctx, port.RetryEvery) {
			return
		}
		if s, err := g.config.listenUDP(); err == nil { // New has told of what is wrong
			g.socket.Store(s)
		}
	}
	socket := g.socket.Load()
	stop := context.AfterFunc(ctx, func() { _ = socket.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	buf := make([]byte, maxDatagram+1)
	for {
		n, from, err := socket.Read(buf)
		switch {
		case err == nil:
			g.datagram(buf[:n], from.Addr(), g.config.Now())
		case ctx.Err() != nil, errors.Is(err, net.ErrClosed):
			return
		default: // of one datagram, an ICMP error perhaps
			g.metrics.readErrors.Inc()
		}
	}
}

// datagram takes one datagram.
func (g *Ganglia) datagram(data []byte, from netip.Addr, now time.Time) {
	g.metrics.packets.Inc()
	if !g.allow.Has(from) {
		g.stats.refuse(reasonNotAllowed, from.String(), "")
		return
	}
	if !g.stats.admit(from, now) {
		return
	}
	p, err := xdr.Parse(data)
	switch {
	case len(data) > maxDatagram:
		g.stats.refuse(reasonMalformed, from.String(), "more than "+strconv.Itoa(maxDatagram)+" bytes: "+quote(data))
	case errors.Is(err, xdr.ErrOld):
		g.stats.refuse(reasonOld, from.String(), quote(data))
	case err != nil:
		g.stats.refuse(reasonMalformed, from.String(), err.Error()+": "+quote(data))
	case p.ID == xdr.Request: // for other receivers of the group
	default:
		samples, ask := g.table.packet(&p, from, now)
		g.outbox.Add(sourceName(from.String()), samples...)
		if ask {
			g.ask(&p, from)
		}
	}
}

// quote shows the begin of a datagram.
func quote(data []byte) string {
	const enough = 48
	return strconv.QuoteToASCII(string(data[:min(len(data), enough)]))
}

// sourceName is how a sender is called among all sources of samples.
func sourceName(source string) string { return "ganglia " + source }

// ask asks for the metadata of a packet's metric. Nobody is sent more bytes than
// came from there.
func (g *Ganglia) ask(p *xdr.Packet, from netip.Addr) {
	socket := g.socket.Load()
	if g.config.AskPort == 0 || socket == nil {
		return
	}
	to := netip.AddrPortFrom(from, uint16(g.config.AskPort))
	if g.group.IsValid() {
		to = netip.AddrPortFrom(g.group, portOf(socket.LocalAddr()))
	}
	request := xdr.Append(nil, xdr.Packet{ID: xdr.Request, Host: p.Host, Name: p.Name, Spoofed: p.Spoofed})
	if _, err := socket.WriteToUDPAddrPort(request, to); err == nil {
		g.metrics.requests.Inc()
	}
}

// portOf is the port of a UDP address.
func portOf(a net.Addr) uint16 {
	if a, is := a.(*net.UDPAddr); is {
		return uint16(a.Port)
	}
	return usualPort
}
