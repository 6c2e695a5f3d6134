package collector

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"plimsoll/internal/metric"
)

// Collector receives samples and watches hosts.
type Collector struct {
	cfg     Config
	log     *slog.Logger
	metrics *metrics
	hosts   hosts
	types   types
	senders senders
	gate    gate
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
		hosts:   hosts{limit: cfg.MaxHosts, forget: cfg.Forget, by: map[hostKey]*host{}, changed: make(chan struct{})},
		types:   types{of: map[string]metric.Kind{}},
		senders: senders{by: map[string]*Sender{}},
		gate:    gate{limit: cfg.MaxRequests, from: map[string]int{}},
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	err := c.orAside(stateName, c.hosts.load(cfg.Dir, time.Now()))
	if err != nil {
		return nil, fmt.Errorf("load known hosts: %w", err)
	}
	if err := c.orAside(typesName, c.types.load(cfg.Dir)); err != nil {
		return nil, fmt.Errorf("load learnt types: %w", err)
	}
	if c.metrics, err = newMetrics(cfg.Registerer, &c.hosts); err != nil {
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

// Sink returns the Sink that all samples of agents are to pass through.
func (c *Collector) Sink() metric.Sink { return c }

// Put implements metric.Sink: it puts samples into Config.Sink and takes note of
// the hosts that they come from.
func (c *Collector) Put(ctx context.Context, samples []metric.Sample) error {
	err := c.cfg.Sink.Put(ctx, samples)
	var refused *metric.RefusedError
	if err == nil || errors.As(err, &refused) {
		c.hosts.seen(samples, time.Now())
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
		errs = append(errs, c.types.save(c.cfg.Dir))
	}
	return errors.Join(errs...)
}

// tick judges the hosts and puts the samples of up that are due. One that could
// not be put is not put later: the next one says what holds then.
func (c *Collector) tick(ctx context.Context, now time.Time) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.RequestTimeout)
	defer cancel()
	due := c.hosts.judge(now)
	if len(due) == 0 {
		return
	}
	if err := c.cfg.Sink.Put(ctx, due); err != nil {
		c.metrics.upErrors.Inc()
	}
}
