package ganglia

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"
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
	// maxWaitingPerSource is what a source may have waiting to be stored: a poll
	// of a large cluster, and what comes in an outage of the store.
	maxWaitingPerSource, maxWaitingAll = 200_000, 1_000_000
)

// Ganglia receives, polls and serves.
type Ganglia struct {
	config           Config
	allow            port.Allow
	group            netip.Addr // valid if there is one
	table            *table
	stats            *ledger
	resolver         *resolver
	outbox           *outbox.Outbox
	metrics          *metrics
	socket           atomic.Pointer[port.Socket] // nil: none, or not yet
	xml, interactive *port.Server                // nil only if New fails
	own              own
}

// New binds the addresses. Nothing is read or answered before Run, which must
// follow, or Close.
func New(c Config) (*Ganglia, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if c.SinkFor == nil {
		return nil, errors.New("ganglia has no sink")
	}
	c.fillIn()
	g := &Ganglia{config: c, own: own{config: &c}}
	g.allow, _ = port.ParseAllow(c.Allow) // Validate took it
	g.group, _ = netip.ParseAddr(c.Group) // not valid: none
	var err error
	if g.metrics, err = newMetrics(c.Registerer, g); err != nil {
		return nil, fmt.Errorf("register metrics of ganglia: %w", err)
	}
	g.stats = newLedger(&g.config, g.metrics.refused)
	g.table = newTable(&g.config, g.stats.refuse)
	g.resolver = newResolver(&g.config, func(a netip.Addr, name string, now time.Time) {
		if source, samples := g.table.named(a, name, now); len(samples) > 0 {
			g.outbox.Add(sourceName(source), samples...)
		}
	})
	g.table.name = g.resolver.name
	g.outbox = outbox.New(outbox.Config{
		SinkFor: c.SinkFor, MaxPerSource: maxWaitingPerSource, Max: maxWaitingAll, Every: flushEvery, Timeout: putTimeout,
		Refused: g.blame,
	})
	if err := g.restore(); err != nil {
		return nil, fmt.Errorf("load the hosts of ganglia: %w", err)
	}
	return g, g.bind()
}

// fillIn completes what the wiring left open.
func (c *Config) fillIn() {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.LookupAddr == nil {
		c.LookupAddr = net.DefaultResolver.LookupAddr
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Local == "" {
		c.Local = "localhost"
	}
	sources := slices.Clone(c.DataSources)
	for i := range sources {
		sources[i] = sources[i].withDefaults()
	}
	c.DataSources = sources
}

// blame counts what the store refused of a source's samples.
func (g *Ganglia) blame(source string, err *metric.RefusedError) {
	for reason := range err.Reasons {
		g.stats.refuse("store: "+reason, source, err.Error())
	}
}

// bind opens all addresses that are free.
func (g *Ganglia) bind() (err error) {
	if err = g.listen(); err == nil {
		g.xml, err = g.server("xml", g.config.XML, g.serveXML)
	}
	if err == nil {
		g.interactive, err = g.server("interactive", g.config.Interactive, g.serveQuery)
	}
	if err != nil {
		return errors.Join(err, g.Close())
	}
	return nil
}

// listen opens the socket of the datagrams.
func (g *Ganglia) listen() error {
	c := &g.config
	if c.Listen == "" {
		return nil
	}
	s, err := c.listenUDP()
	if err != nil {
		return port.Excuse("ganglia.listen", c.Listen, c.Optional, c.Logger, err)
	}
	g.socket.Store(s)
	return nil
}

func (c *Config) listenUDP() (*port.Socket, error) {
	return port.ListenUDP(port.SocketConfig{Address: c.Listen, Group: c.Group, Interface: c.Interface, BufferBytes: c.ReadBuffer})
}

// Close frees the addresses of a Ganglia that was not run.
func (g *Ganglia) Close() error {
	var errs []error
	if s := g.socket.Load(); s != nil {
		errs = append(errs, s.Close())
	}
	for _, s := range []*port.Server{g.xml, g.interactive} {
		if s != nil {
			errs = append(errs, s.Close())
		}
	}
	return errors.Join(errs...)
}

// Addr is where datagrams come; nil if nowhere.
func (g *Ganglia) Addr() net.Addr {
	if s := g.socket.Load(); s != nil {
		return s.LocalAddr()
	}
	return nil
}

// XMLAddr is where all is served; nil if nowhere, or not yet.
func (g *Ganglia) XMLAddr() net.Addr { return g.xml.Addr() }

// InteractiveAddr is where queries are answered, as XMLAddr.
func (g *Ganglia) InteractiveAddr() net.Addr { return g.interactive.Addr() }

// Run works until ctx ends, then stores what came before and returns.
func (g *Ganglia) Run(ctx context.Context) error {
	defer func() { _ = g.Close() }()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var inputs sync.WaitGroup
	inputs.Go(func() { g.receive(ctx) })
	inputs.Go(func() { g.resolver.run(ctx) })
	inputs.Go(func() { g.ticks(ctx) })
	inputs.Go(func() { g.saves(ctx) })
	for _, d := range g.config.DataSources {
		inputs.Go(func() { (&poller{g: g, source: d}).run(ctx) })
	}
	inputs.Go(func() { g.xml.Run(ctx) })
	inputs.Go(func() { g.interactive.Run(ctx) })
	draining, drained := context.WithCancel(context.WithoutCancel(ctx))
	go func() { // Run waits for the outbox, which ends with draining
		inputs.Wait()
		drained()
	}()
	return g.outbox.Run(draining)
}

// ticks tells at each multiple of the interval who is up.
func (g *Ganglia) ticks(ctx context.Context) {
	for {
		now := g.config.Now()
		next := now.Truncate(g.config.Interval).Add(g.config.Interval)
		if !port.Pause(ctx, next.Sub(now)) {
			return
		}
		for source, samples := range g.table.tick(next) {
			g.outbox.Add(sourceName(source), samples...)
		}
		g.stats.sweep(next)
	}
}
