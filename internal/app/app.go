package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"reflect"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/prometheus/storage"

	"plimsoll/agents"
	"plimsoll/agents/handler"
	"plimsoll/agents/scrape"
	"plimsoll/agents/snmp"
	"plimsoll/agents/weblog"
	"plimsoll/alerting"
	"plimsoll/collector"
	"plimsoll/collector/farm"
	"plimsoll/collector/ganglia"
	"plimsoll/collector/graphite"
	"plimsoll/collector/handout"
	"plimsoll/collector/otlp"
	"plimsoll/collector/push"
	"plimsoll/collector/trap"
	"plimsoll/counterd"
	"plimsoll/counterd/admin"
	"plimsoll/dashboard"
	"plimsoll/internal/live"
	"plimsoll/internal/metric"
	"plimsoll/internal/query"
	"plimsoll/rrdstore"
)

// drainTime is what each stage gets at most to drain: three stages fit into the
// ten seconds that a service manager grants. Each part's own limits are shorter.
const drainTime = 3 * time.Second

// liveLookback is how old a value may be to be shown as live: sources that
// report each ten seconds are, and a dead one soon is not.
const liveLookback = 30 * time.Second

// Options are what New needs besides the configuration.
type Options struct {
	Version string
	Logger  *slog.Logger
	// Inherited is what the process before hands over; nil: there is none.
	Inherited *Inherited
}

// App is the whole service.
type App struct {
	given    atomic.Pointer[Config] // as it was last read
	config   Config                 // as it was at the start, with what is shared handed to the sections
	options  Options
	logger   *slog.Logger
	registry *prometheus.Registry
	reporter *reporter
	started  time.Time

	store     store
	archives  *rrdstore.Store // nil: an engine remembers
	window    *live.Window
	farm      *farm.Farm // nil: nothing is merged
	collector *collector.Collector
	handout   *handout.Handout // nil: agents have their own files
	otlp      *otlp.Receiver
	push      *push.Gateway
	counterd  *counterd.Server
	admin     *admin.Server
	ganglia   *ganglia.Ganglia
	graphite  *graphite.Server
	runner    *agents.Runner  // nil: no agent for this host
	handlers  *handler.Shelf  // nil: no event handlers of this host
	poller    *snmp.Poller    // nil: no devices
	scraper   *scrape.Scraper // nil: nothing to scrape
	traps     *trap.Receiver
	weblog    *weblog.Analyzer
	engine    *alerting.Engine
	dashboard *dashboard.Server
	adviser   *adviser

	history, live metric.Querier
	raw           storage.Queryable // what history reads
	readers       []part            // of what others keep
	storageStats  func() any
	pushDown      func(metric.Querier) metric.Querier // nil: our own engine answers all

	http        net.Listener
	samples     lateSink // of the counter daemon, which is bound before the store is open,
	shown       lateSink // each second,
	inbox       lateInbox
	runCounterd func(context.Context) error

	close []func() error // to be called last first, once nothing runs
	undo  []func() error // the same, should New fail; before those of close
}

// New binds the sockets, and opens the store and the history. Nothing is
// answered before Run, which must follow; but in a process that follows another
// counters are read as soon as the sockets are bound.
func New(c Config, o Options) (*App, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	a := &App{config: c.spread(), options: o, registry: prometheus.NewRegistry(), started: time.Now(), adviser: newAdviser()}
	a.given.Store(&c)
	a.registry.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	var err error
	if a.reporter, err = newReporter(c.Sentry, o.Version, nil, time.Now); err != nil {
		return nil, err
	}
	a.logger = slog.New(reportingHandler{o.Logger.Handler(), a.reporter})
	for _, open := range []func() error{
		a.bindHTTP, a.bindCounterd, a.follow,
		a.openStore, a.openFarm, a.openCollector, a.openAlerting, a.openCounterd, a.openAdmin, a.openGanglia, a.openAgent,
		a.openGraphite, a.openSNMP, a.openTraps, a.openWeblog, a.openOTLP, a.openPush, a.openScrape, a.openHandout, a.openHandlers,
		a.openDashboard,
	} {
		if err := open(); err != nil {
			return nil, errors.Join(err, a.undoAll(), a.closeAll())
		}
	}
	return a, nil
}

// closeAll closes what New opened and no Run closes by itself.
func (a *App) closeAll() error {
	var errs []error
	for i := len(a.close) - 1; i >= 0; i-- {
		errs = append(errs, a.close[i]())
	}
	a.close = nil
	return errors.Join(errs...)
}

func (a *App) openStore() error {
	q := a.config.Query
	q.Logger, q.Now = a.logger, time.Now
	if err := a.openStorage(&q); err != nil {
		return err
	}
	a.close = append(a.close, a.store.Close)

	window := a.config.Live
	window.Now, window.Registerer = time.Now, a.registry
	a.window = live.New(window)

	all, err := a.withImports(a.store)
	if err != nil {
		return err
	}
	a.raw, a.history = all, query.New(all, q)
	q.Lookback, q.Resolution = liveLookback, nil
	a.live = query.New(a.window, q)
	return nil
}

// both keeps samples and shows them.
func (a *App) both() metric.Sink { return metric.Tee{Store: a.store, Live: a.window} }

func (a *App) openCollector() (err error) {
	c := a.config.Collector
	c.Sink, c.Registerer, c.Logger = a.collected(), a.registry, a.logger
	a.collector, err = collector.New(c)
	return err
}

func (a *App) openAlerting() (err error) {
	if a.engine, err = alerting.Open(a.alerting(a.config)); err == nil {
		a.close = append(a.close, a.engine.Close)
	}
	return err
}

// alerting returns the engine's part of a configuration with what it is given.
func (a *App) alerting(c Config) alerting.Config {
	given := c.Alerting
	given.Querier, given.Sink, given.Registerer, given.Logger = a.history, a.both(), a.registry, a.logger
	given.Hosts, given.Picture = a.watched, a.chart
	if given.DashboardURL == "" {
		given.DashboardURL = c.Listen.url()
	}
	return given
}

// taken says how to get out of the way of whoever has the address.
func taken(err error, choose string) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("%w: choose another with %s", err, choose)
	}
	return err
}

func (a *App) openDashboard() error {
	speaks, err := a.tls()
	if err != nil {
		return err
	}
	c := dashboard.Config{
		Auth: a.config.Auth, Limits: a.config.Dashboard, Listen: a.config.Listen.HTTP, Listener: a.http, TLS: speaks, Version: a.options.Version,
		History: a.graphed(), Samples: a.raw, Live: a.live, Alerting: a.engine, Hosts: a.hosts,
		Counters: func() any { return a.counterd.Counters() }, Processes: a.processes(), CounterViews: a.counterViews(), Logs: a.logViews(), Storage: a.works(), Rules: a.ruleWorks(),
		Status:  func() any { return a.status() },
		Running: func() ([]byte, error) { return a.given.Load().spread().shown() },
		Sources: a.sources, Retire: a.collector.Retire,
		Fetch: a.fetcher(), Render: a.renderer(), Flush: a.store.FlushAll, Ready: a.store.Ready,
		Metadata: a.metadata, Write: a.collector.Handler(), Handout: a.handsOut(), OTLP: a.otlp, Push: a.push, Orders: a.ordersFor(), Gatherer: a.registry,
		Pages: pages(), Registerer: a.registry, Logger: a.logger,
	}
	if c.AlertWork, c.AckPage, err = a.alertWorks(); err != nil {
		return err
	}
	a.dashboard, err = dashboard.New(c)
	return err
}

// HTTPAddr is where the pages and the API are.
func (a *App) HTTPAddr() net.Addr { return a.dashboard.Addr() }

// UDPAddr is where the counter daemon listens.
func (a *App) UDPAddr() net.Addr { return a.counterd.Addr() }

// Run works until ctx ends, then drains and closes all. It returns nil if
// everything that was accepted is safe.
func (a *App) Run(ctx context.Context) error {
	defer a.reporter.flush()
	err := runStages(ctx, drainTime, a.parts()...)
	return errors.Join(err, a.closeAll())
}

func (a *App) parts() [][]part {
	inputs := []part{a.part("counterd", a.runCounterd), a.part("admin", a.admin.Run), a.part("dashboard", a.dashboard.Run), a.part("access logs", a.weblog.Run), a.part("ganglia", a.ganglia.Run), a.part("graphite", a.graphite.Run)}
	inputs = append(inputs, a.part("push", a.push.Run))
	if a.runner != nil {
		inputs = append(inputs, a.part("agent", a.runner.Run))
	}
	if a.handlers != nil {
		inputs = append(inputs, a.part("event handlers", a.handlers.Run))
	}
	if a.scraper != nil {
		inputs = append(inputs, a.part("scrape", a.scraper.Run))
	}
	if a.poller != nil {
		inputs = append(inputs, a.part("snmp", a.poller.Run))
	}
	inputs = append(inputs, a.part("traps", a.traps.Run))
	passing := []part{a.part("alerting", a.engine.Run), a.part("collector", a.collector.Run)}
	if a.farm != nil {
		passing = append(passing, a.part("farm", a.farm.Run))
	}
	return [][]part{append(a.readers, a.part("storage", a.store.Run)), passing, inputs}
}

// part is run with its panics reported.
func (a *App) part(name string, run func(context.Context) error) part {
	return part{name, func(ctx context.Context) error {
		return a.reporter.recovered(func() error { return run(ctx) })
	}}
}

// Reload takes over a new configuration: checks, rules, contacts and tokens. If
// anything else differs, or anything is wrong, all stays as it is. One goroutine
// calls it.
func (a *App) Reload(c Config) error {
	if err := c.Validate(); err != nil {
		return err
	}
	if keys := a.given.Load().restartFor(c); len(keys) > 0 {
		return fmt.Errorf("a restart is needed to change %v; nothing was reloaded", keys)
	}
	if err := a.engine.Reload(a.alerting(c.spread())); err != nil {
		return err
	}
	if !reflect.DeepEqual(a.given.Load().Auth, c.Auth) {
		if err := a.dashboard.SetAuth(c.Auth); err != nil {
			return err
		}
	}
	a.given.Store(&c)
	return nil
}
