package ganglia

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"net"
	"net/netip"
	"time"

	"plimsoll/collector/port"
)

const (
	writeTimeout = 30 * time.Second // of a whole document
	queryTimeout = 10 * time.Second // until a query has come
	maxQuery     = 2048             // bytes, gmetad's own
)

// server answers on one port.
func (g *Ganglia) server(key, addr string, answer func(context.Context, net.Conn)) (*port.Server, error) {
	c := &g.config
	return port.NewServer(port.ServerConfig{
		Key: "ganglia." + key, Address: addr, Optional: c.Optional, Allow: g.allow, Logger: c.Logger,
		MaxConns: c.MaxConnections, MaxPerSource: c.MaxConnections,
		Serve: func(ctx context.Context, conn net.Conn, _ netip.Addr) { answer(ctx, conn) },
		Count: func(reason string, _ netip.Addr) {
			g.metrics.conns.WithLabelValues(key, cmp.Or(reason, "accepted")).Inc()
		},
	})
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
