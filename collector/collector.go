package collector

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"plimsoll/collector/inbound"
	"plimsoll/internal/metric"
)

// Collector receives samples and watches hosts.
type Collector struct {
	cfg     Config
	log     *slog.Logger
	metrics *metrics
	hosts   hosts
	ages    ages
	types   types
	sources sources
	gate    *inbound.Gate
	streams streams

	cumulatives cumulatives
}

// New returns a Collector that knows the hosts and types of its files. A file
// that cannot be read is set aside.
func New(cfg Config) (*Collector, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.Sink == nil {
		return nil, errors.New("collector has no sink")
	}
	c := &Collector{
		cfg:     cfg,
		log:     cfg.Logger,
		hosts:   hosts{limit: cfg.MaxHosts, silence: cfg.Retire, by: map[hostKey]*host{}, from: map[string]int{}, changed: make(chan struct{})},
		ages:    newAges(cfg),
		types:   types{of: map[string]metric.Kind{}},
		sources: newSources(cfg),
		gate:    inbound.NewGate(cfg.MaxRequests),
		streams: streams{by: map[string]*stream{}},

		cumulatives: cumulatives{began: metric.Millis(time.Now()), by: map[string]cumulative{}, from: map[string]int{}},
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	err := c.orAside(stateName, c.hosts.load(cfg.Dir, time.Now()))
	if err != nil {
		return nil, fmt.Errorf("load known hosts: %w", err)
	}
	if err := c.orAside(agesName, c.ages.load(cfg.Dir, c.Hosts())); err != nil {
		return nil, fmt.Errorf("load the age of data: %w", err)
	}
	if err := c.orAside(typesName, c.types.load(cfg.Dir)); err != nil {
		return nil, fmt.Errorf("load learnt types: %w", err)
	}
	if err := c.orAside(streamsName, c.streams.load(cfg.Dir)); err != nil {
		return nil, fmt.Errorf("load how far senders have come: %w", err)
	}
	if c.metrics, err = newMetrics(cfg.Registerer, c); err != nil {
		return nil, fmt.Errorf("register metrics of collector: %w", err)
	}
	return c, nil
}

// orAside sets a file aside that err says cannot be read.
func (c *Collector) orAside(name string, err error) error {
	if err == nil {
		return nil
	}
	if asideErr := setAside(c.cfg.Dir, name); asideErr != nil {
		return errors.Join(err, asideErr)
	}
	c.log.Error("file set aside", "name", name, "err", err)
	return nil
}

// Sink returns the Sink for what the service itself makes, without limits.
func (c *Collector) Sink() metric.Sink { return c }

// Sources returns what is known of the sources of samples, sorted by name.
func (c *Collector) Sources() []Source { return c.sources.shown(time.Now()) }

// Ages returns the data age of all hosts, retired ones too, sorted by instance
// and job.
func (c *Collector) Ages() []Age { return c.agesAt(time.Now()) }

// Watched returns all hosts whose up is written here: Hosts, and those that are
// watched by their samples (Config.Watch).
func (c *Collector) Watched() []metric.Host {
	return append(c.Hosts(), c.ages.hostsBySamples(time.Now(), c.cfg.WatchSilence, c.hosts.beats)...)
}

// Retire takes a host out of the live view until it sends again, of all its jobs
// when job is empty, and returns of how many it did.
func (c *Collector) Retire(instance, job string) int {
	n := c.ages.retire(instance, job, time.Now())
	c.hosts.retire(instance, job)
	return n
}

// Put implements metric.Sink: it puts samples into Config.Sink and takes note of
// the hosts that they come from.
func (c *Collector) Put(ctx context.Context, samples []metric.Sample) error {
	return c.keep(ctx, samples, "")
}

// keep puts the samples of a source and takes note of their hosts.
func (c *Collector) keep(ctx context.Context, samples []metric.Sample, source string) error {
	err := c.cfg.Sink.Put(ctx, samples)
	var refused *metric.RefusedError
	if err == nil || errors.As(err, &refused) {
		now := time.Now()
		c.hosts.seen(samples, source, now)
		c.ages.seen(samples, source, now)
	}
	return err
}

// saveEvery is how often the instants at which hosts were seen are saved, and
// the types that were learnt.
const saveEvery = time.Minute

// Run judges each second who is silent, until ctx ends.
func (c *Collector) Run(ctx context.Context) error {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	saved := time.Now()
	for {
		select {
		case <-ctx.Done():
			return c.save(true)
		case now := <-ticker.C:
			c.tick(ctx, now)
			due := now.Sub(saved) >= saveEvery
			if due {
				saved = now
			}
			if err := c.save(due); err != nil {
				c.log.Error("collector", "err", err)
			}
		}
	}
}

// save saves changes of hosts at once, and all when that is due.
func (c *Collector) save(due bool) error {
	var errs []error
	if due || c.hosts.isDirty() {
		errs = append(errs, c.hosts.save(c.cfg.Dir))
	}
	if due {
		errs = append(errs, c.types.save(c.cfg.Dir), c.ages.save(c.cfg.Dir, time.Now()),
			c.streams.save(c.cfg.Dir, time.Now(), c.cfg.Forget))
	}
	return errors.Join(errs...)
}

// tick judges the hosts and puts the samples of up that are due. One that could
// not be put is not put later: the next one says what holds then.
func (c *Collector) tick(ctx context.Context, now time.Time) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.RequestTimeout)
	defer cancel()
	c.sources.tidy(now, c.cfg.Retire, maxTracked)
	c.ages.retireSilent(now, c.cfg.Retire, c.cfg.Forget)
	c.metrics.offenders.keep(c.sources.has)
	due := append(c.hosts.judge(now), c.ages.ups(now, c.cfg.WatchSilence, c.hosts.beats)...)
	if len(due) == 0 {
		return
	}
	if err := c.cfg.Sink.Put(ctx, due); err != nil {
		c.metrics.upErrors.Inc()
	}
}
