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
	"syscall"
	"time"

	"plimsoll/collector/datagram"
	"plimsoll/collector/outbox"
	"plimsoll/internal/metric"
)

const (
	// flushEvery is how long samples wait for others at most.
	flushEvery = time.Second
	putTimeout = 10 * time.Second
	// maxWaitingPerSource is what a source may have waiting to be stored: a poll
	// of a large cluster, and what comes in an outage of the store.
	maxWaitingPerSource, maxWaitingAll = 200_000, 1_000_000
	// retryEvery is how often an address is tried that another has.
	retryEvery = time.Second
)

// Ganglia receives, polls and serves.
type Ganglia struct {
	config   Config
	allow    []netip.Prefix
	group    netip.Addr // valid if there is one
	table    *table
	stats    *ledger
	resolver *resolver
	outbox   *outbox.Outbox
	metrics  *metrics
	socket   atomic.Pointer[datagram.Socket] // nil: none, or not yet
	servers  []*server
	own      own
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
	g.allow, _ = parseAllow(c.Allow)      // Validate took it
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
func (g *Ganglia) bind() error {
	g.servers = []*server{
		{g: g, key: "xml", addr: g.config.XML, answer: g.serveXML},
		{g: g, key: "interactive", addr: g.config.Interactive, answer: g.serveQuery},
	}
	err := g.listen()
	for _, s := range g.servers {
		if err == nil && s.addr != "" {
			err = s.listen()
		}
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
	s, err := datagram.Listen(datagram.Config{Address: c.Listen, Group: c.Group, Interface: c.Interface, BufferBytes: c.ReadBuffer})
	if err != nil {
		return g.excuse("listen", c.Listen, err)
	}
	g.socket.Store(s)
	return nil
}

// excuse returns nil for an address that another has and that is not needed.
func (g *Ganglia) excuse(key, addr string, err error) error {
	if g.config.Optional && errors.Is(err, syscall.EADDRINUSE) {
		g.config.Logger.Info("not there as long as somebody else listens there", "key", "ganglia."+key, "address", addr)
		return nil
	}
	return fmt.Errorf("ganglia.%s: listen on %s: %w", key, addr, err)
}

// Close frees the addresses of a Ganglia that was not run.
func (g *Ganglia) Close() error {
	var errs []error
	if s := g.socket.Load(); s != nil {
		errs = append(errs, s.Close())
	}
	for _, s := range g.servers {
		if s.ln != nil {
			errs = append(errs, s.ln.Close())
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

// XMLAddr is where all is served; nil if nowhere. It is for before Run.
func (g *Ganglia) XMLAddr() net.Addr { return g.servers[0].address() }

// InteractiveAddr is where queries are answered; as XMLAddr.
func (g *Ganglia) InteractiveAddr() net.Addr { return g.servers[1].address() }

// Run works until ctx ends, then stores what came before and returns.
func (g *Ganglia) Run(ctx context.Context) error {
	defer func() { _ = g.Close() }()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var inputs sync.WaitGroup
	inputs.Go(func() { g.receive(ctx) })
	inputs.Go(func() { g.resolver.run(ctx) })
	inputs.Go(func() { g.ticks(ctx) })
	for _, d := range g.config.DataSources {
		inputs.Go(func() { (&poller{g: g, source: d}).run(ctx) })
	}
	for _, s := range g.servers {
		if s.addr != "" {
			inputs.Go(func() { s.run(ctx) })
		}
	}
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
		if !pause(ctx, next.Sub(now)) {
			return
		}
		for source, samples := range g.table.tick(next) {
			g.outbox.Add(sourceName(source), samples...)
		}
		g.stats.sweep(next)
	}
}

// pause waits, and says whether ctx goes on.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
