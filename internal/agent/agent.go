package agent

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/agents/handler"
	"plimsoll/agents/remote"
	"plimsoll/agents/spool"
	"plimsoll/counterd"
	"plimsoll/counterd/admin"
	counterspool "plimsoll/counterd/spool"
	"plimsoll/internal/durable"
	"plimsoll/internal/metric"
)

// Options are what New needs besides the configuration.
type Options struct {
	Version string
	Logger  *slog.Logger
}

// Agent is the whole program.
type Agent struct {
	options  Options
	log      *slog.Logger
	registry *prometheus.Registry // of what lives as long as the program

	sending  sending
	spool    *spool.Spool // nil: samples wait in memory
	counterd *counterd.Server
	admin    *admin.Server
	logs     logs
	book     *handler.Book // of the orders of event handlers
	sink     metric.Sink   // where all samples go

	// Of follow, once that runs.
	config  Config
	fleet   *fleet // what measures
	fetcher fetcher

	refusing atomic.Bool // the fetched configuration

	reloads chan reload    // from Reload to follow
	changed chan *fleet    // from follow to runFleets
	close   []func() error // to be called last first, once nothing runs
}

// New opens what outlives the program's parts and binds the counter daemon's
// sockets. Run must follow, or Close.
func New(c Config, o Options) (*Agent, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	a := &Agent{options: o, log: o.Logger, registry: prometheus.NewRegistry(), book: handler.NewBook(rand.Text()), reloads: make(chan reload), changed: make(chan *fleet)}
	a.fetcher = fetcher{agent: a, base: c}
	a.config = a.fetcher.restore()
	a.registry.MustRegister(collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), info(o.Version, c.Role), a.refused())
	for _, open := range []func() error{a.openSending, a.openSpool, a.openCounterd, a.openLogs, a.openFleet} {
		if err := open(); err != nil {
			return nil, errors.Join(err, a.Close())
		}
	}
	return a, nil
}

// info is a gauge whose labels tell the version and, if there is one, the role.
func info(version, role string) prometheus.Collector {
	told := prometheus.Labels{"version": version}
	if role != "" {
		told["role"] = role
	}
	g := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "plimsoll_agent_info", Help: "Always 1; the labels tell the program's version and the role of its host.",
		ConstLabels: told,
	})
	g.Set(1)
	return g
}

// refused tells whether a fetched configuration is refused.
func (a *Agent) refused() prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "plimsoll_agent_config_refused", Help: "Whether the configuration that the collector gives is refused (1).",
	}, func() float64 {
		if a.refusing.Load() {
			return 1
		}
		return 0
	})
}

// Close closes what New opened and no Run closes by itself.
func (a *Agent) Close() error {
	var errs []error
	for i := len(a.close) - 1; i >= 0; i-- {
		errs = append(errs, a.close[i]())
	}
	a.close = nil
	return errors.Join(errs...)
}

func (a *Agent) openSending() error {
	sink, err := a.newSink(a.config)
	if err != nil {
		return err
	}
	a.sending.use(sink)
	return a.registry.Register(remoteMetrics{&a.sending})
}

func (a *Agent) newSink(c Config) (*remote.Sink, error) {
	sink, err := remote.New(a.remote(c))
	if err != nil {
		return nil, fmt.Errorf("remote_write: %w", err)
	}
	return sink, nil
}

// remote says how the collectors are reached.
func (a *Agent) remote(c Config) remote.Config {
	rc := c.RemoteWrite
	rc.URLs, rc.Logger, rc.UserAgent = c.Collectors, a.log, "plimsoll-agent/"+a.options.Version
	return rc
}

func (a *Agent) openSpool() (err error) {
	a.sink = &a.sending
	if a.config.Data == "" {
		return nil
	}
	c := a.config.Spool
	c.Instance = a.config.Instance
	c.Dir, c.Next, c.Registerer, c.Logger = filepath.Join(a.config.Data, "spool"), &a.sending, a.registry, a.log
	a.spool, err = spool.Open(c)
	if errors.Is(err, durable.ErrLocked) {
		return fmt.Errorf("%w: stop that one, or choose another directory with data", err)
	}
	if err != nil {
		return err
	}
	a.sink = a.spool
	a.close = append(a.close, a.spool.Close)
	return nil
}

func (a *Agent) openCounterd() error {
	if !a.config.Counterd.Enabled {
		return nil
	}
	c := a.config.Counterd.Config
	c.Flush, c.Registerer, c.Logger = a.config.Counterd.Flush, a.registry, a.log
	if a.config.Data == "" {
		c.Live = c.Flush // nobody looks each second, and nothing is kept over a crash
	}
	c.Sink = &labelled{
		add:  []labels.Label{{Name: "instance", Value: a.config.Instance}, {Name: "job", Value: a.config.Counterd.Job}},
		next: a.sink,
	}
	if a.config.Data != "" {
		sc := counterspool.Default()
		sc.Dir, sc.Logger = filepath.Join(a.config.Data, "counterd"), a.log
		sp, err := counterspool.Open(sc)
		if err != nil {
			return err
		}
		a.close = append(a.close, sp.Close)
		c.Spool = sp
	}
	var err error
	if a.counterd, err = counterd.New(c); err != nil {
		return err
	}
	a.close = append(a.close, a.counterd.Close)
	ac := c.Admin
	ac.Daemon, ac.Now, ac.Logger = a.counterd.Admin(time.Now), time.Now, a.log
	a.admin, err = admin.New(ac)
	return err
}

func (a *Agent) openFleet() (err error) {
	a.fleet, err = a.newFleet(a.config)
	return err
}

// Run works until ctx ends, then drains and closes all.
func (a *Agent) Run(ctx context.Context) error {
	base := context.WithoutCancel(ctx)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var inputs, output sync.WaitGroup
	errs := make(chan error, 6) // one for each part
	part := func(wg *sync.WaitGroup, ctx context.Context, name string, run func(context.Context) error) {
		wg.Go(func() {
			err := run(ctx)
			stop() // a part that ended early ends the others
			if err != nil {
				errs <- fmt.Errorf("%s: %w", name, err)
			}
		})
	}
	spooling, stopSpooling := context.WithCancel(base)
	defer stopSpooling()
	if a.spool != nil {
		part(&output, spooling, "spool", a.spool.Run)
	}
	if a.counterd != nil {
		part(&inputs, ctx, "counterd", a.counterd.Run)
		part(&inputs, ctx, "admin", a.admin.Run)
	}
	part(&inputs, ctx, "access logs", a.logs.run)
	part(&inputs, ctx, "targets", a.runFleets)
	part(&inputs, ctx, "configuration", a.follow)
	inputs.Wait()
	stopSpooling()
	output.Wait()
	close(errs)
	var all []error
	for err := range errs {
		all = append(all, err)
	}
	return errors.Join(append(all, a.Close())...)
}
