package main

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"time"
)

const (
	// metricsPerHost is what a gmond with a few modules has.
	metricsPerHost = 40
	// pollSeconds is how often gmetad is told to ask, so that many polls fit in
	// the time. The cluster's own clock, which gmetad files values by, goes on by
	// as much each time: one row a poll, as with gmetad's own 15 s.
	pollSeconds = 2
	// pollWait is how long gmetad may take for one poll, or for making its files.
	pollWait = 90 * time.Second
)

// gmond tells gmetad of a cluster, as a real one does: it answers each
// connection with all it knows, and ends it.
type gmond struct {
	listener *net.TCPListener
	hosts    int
	begin    int64 // seconds, of poll 0
	n        int   // polls that were answered
	waiting  net.Conn
	buf      []byte
}

// listenGmond ends what waits for a poll when ctx ends.
func listenGmond(ctx context.Context, hosts int) (*gmond, error) {
	l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, func() { _ = l.Close() })
	return &gmond{listener: l, hosts: hosts, begin: time.Now().Unix() - 3600}, nil
}

func (g *gmond) close() {
	g.hangUp()
	_ = g.listener.Close()
}

// hangUp ends a poll that waits, without an answer.
func (g *gmond) hangUp() {
	if g.waiting != nil {
		g.waiting.Close()
		g.waiting = nil
	}
}

func (g *gmond) points() int { return g.hosts * metricsPerHost }

// localTime is the cluster's clock at the last poll.
func (g *gmond) localTime() int64 { return g.begin + int64(g.n)*pollSeconds }

// await returns when gmetad asks, which it does when it has done with the answer
// before: one thread of it reads, files and sleeps.
func (g *gmond) await() error {
	if err := g.listener.SetDeadline(time.Now().Add(pollWait)); err != nil {
		return err
	}
	c, err := g.listener.Accept()
	if err != nil {
		return fmt.Errorf("gmetad does not ask: %w", err)
	}
	g.waiting = c
	return nil
}

// answer gives gmetad, which waits, fresh values.
func (g *gmond) answer() error {
	g.n++
	g.write()
	if err := g.waiting.SetDeadline(time.Now().Add(pollWait)); err != nil {
		return err
	}
	_, err := g.waiting.Write(g.buf)
	g.hangUp()
	return err
}

// polls answers so many; after is called when gmetad has done with each.
func (g *gmond) polls(count int, after func() error) error {
	for range count {
		if err := g.answer(); err != nil {
			return err
		}
		if err := g.await(); err != nil {
			return err
		}
		if err := after(); err != nil {
			return err
		}
	}
	return nil
}

// write fills the buffer with the cluster as it is at this poll.
func (g *gmond) write() {
	b := g.buf[:0]
	b = append(b, `<?xml version="1.0" encoding="ISO-8859-1" standalone="yes"?>
<GANGLIA_XML VERSION="3.7.2" SOURCE="gmond">
`...)
	b = fmt.Appendf(b, "<CLUSTER NAME=%q LOCALTIME=\"%d\" OWNER=\"\" LATLONG=\"\" URL=\"\">\n", cluster, g.localTime())
	for host := range g.hosts {
		b = fmt.Appendf(b, `<HOST NAME=%q IP="10.0.%d.%d" TAGS="" REPORTED="%d" TN="1" TMAX="20" DMAX="0" LOCATION="" GMOND_STARTED="1">
`, hostName(host), host/250, host%250+1, g.localTime())
		for m := range metricsPerHost {
			b = fmt.Appendf(b, `<METRIC NAME=%q VAL="`, metricName(m))
			b = strconv.AppendFloat(b, valueOf(host*metricsPerHost+m, g.n), 'f', -1, 64)
			b = append(b, `" TYPE="double" UNITS="1/s" TN="1" TMAX="60" DMAX="0" SLOPE="both">
<EXTRA_DATA>
<EXTRA_ELEMENT NAME="GROUP" VAL="bench"/>
<EXTRA_ELEMENT NAME="DESC" VAL="A metric of the bench"/>
<EXTRA_ELEMENT NAME="TITLE" VAL="Bench metric"/>
</EXTRA_DATA>
</METRIC>
`...)
		}
		b = append(b, "</HOST>\n"...)
	}
	b = append(b, "</CLUSTER>\n</GANGLIA_XML>\n"...)
	g.buf = b
}

const cluster = "bench"

func hostName(i int) string { return fmt.Sprintf("host%03d", i) }

func metricName(i int) string { return fmt.Sprintf("metric_%02d", i) }
