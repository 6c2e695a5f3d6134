package agent

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"plimsoll/agents"
	"plimsoll/agents/handler"
	"plimsoll/agents/host"
	"plimsoll/agents/remote"
	"plimsoll/agents/scrape"
	"plimsoll/agents/self"
	"plimsoll/agents/snmp"
	"plimsoll/agents/weblog"
	"plimsoll/internal/metric"
	"plimsoll/internal/targets"
)

// fleet is all that measures, as one configuration has it.
type fleet struct {
	targets []agents.Target
	// parts run side by side: what asks the targets, what tells of what checks
	// find, what scrapes, what polls by SNMP and what runs event handlers.
	parts []func(context.Context) error
}

// run measures until ctx ends.
func (f *fleet) run(ctx context.Context) error {
	var running sync.WaitGroup
	errs := make([]error, len(f.parts))
	for i, part := range f.parts {
		running.Go(func() { errs[i] = part(ctx) })
	}
	running.Wait()
	return errors.Join(errs...)
}

// allTargets makes the targets of a configuration: this host, the servers that
// are asked, and the program itself.
func (a *Agent) allTargets(c Config, own prometheus.Gatherer) ([]agents.Target, error) {
	all, err := c.Targets.Build(c.Instance)
	if err != nil {
		return nil, err
	}
	if c.Host.Enabled {
		measured, err := host.New(c.Host.Config)
		if err != nil {
			return nil, fmt.Errorf("host: %w", err)
		}
		all = append(all, agents.Target{Agent: measured})
	}
	return append(all, agents.Target{Agent: self.New(own)}), nil
}

func (a *Agent) newFleet(c Config) (*fleet, error) {
	registry := prometheus.NewRegistry() // the next runner has metrics of the same names
	all, err := a.allTargets(c, prometheus.Gatherers{a.registry, registry})
	if err != nil {
		return nil, err
	}
	teller, err := remote.NewTeller(a.remote(c))
	if err != nil {
		return nil, fmt.Errorf("remote_write: %w", err)
	}
	registry.MustRegister(teller)
	targets.TellTo(teller, all)
	rc := c.runner()
	rc.Targets, rc.Sink, rc.Registerer, rc.Logger = all, a.sink, registry, a.log
	runner, err := agents.New(rc)
	if err != nil {
		return nil, err
	}
	f := &fleet{all, []func(context.Context) error{runner.Run, teller.Run}}
	return f, errors.Join(a.addScraper(f, c.Scrape, registry), a.addPoller(f, c.SNMP, registry), a.addHandlers(f, c, registry))
}

// addHandlers has the fleet run what event handlers may. Without any it asks for no
// orders.
func (a *Agent) addHandlers(f *fleet, c Config, registry prometheus.Registerer) error {
	if len(c.Handlers) == 0 {
		return nil
	}
	desk, err := remote.NewOrders(a.remote(c), time.Now)
	if err != nil {
		return fmt.Errorf("remote_write: %w", err)
	}
	shelf, err := handler.New(c.Handlers, handler.Options{
		Instance: c.Instance, Book: a.book, Desk: desk, Now: time.Now, Registerer: registry, Logger: a.log,
	})
	if err != nil {
		return err
	}
	f.parts = append(f.parts, shelf.Run)
	return nil
}

func (a *Agent) addScraper(f *fleet, c scrape.Config, registry prometheus.Registerer) error {
	if len(c.Jobs) == 0 {
		return nil
	}
	c.SinkFor, c.Registerer, c.Logger = func(string) metric.Sink { return a.sink }, registry, a.log
	s, err := scrape.New(c)
	if err != nil {
		return fmt.Errorf("scrape: %w", err)
	}
	f.parts = append(f.parts, s.Run)
	return nil
}

func (a *Agent) addPoller(f *fleet, c snmp.Config, registry prometheus.Registerer) error {
	if len(c.Devices) == 0 {
		return nil
	}
	c.SinkFor, c.Registerer, c.Logger = func(string) metric.Sink { return a.sink }, registry, a.log
	p, err := snmp.New(c)
	if err != nil {
		return fmt.Errorf("snmp: %w", err)
	}
	f.parts = append(f.parts, p.Run)
	return nil
}

// runFleets runs what measures, and what follows it after a reload, until ctx
// ends.
func (a *Agent) runFleets(ctx context.Context) error {
	f := a.fleet // follow changes it only when it was taken from a.changed
	for {
		running, stop := context.WithCancel(ctx)
		ended := make(chan error, 1)
		go func(f *fleet) { ended <- f.run(running) }(f) // awaited below
		select {
		case next := <-a.changed:
			stop()
			if err := <-ended; err != nil {
				return err
			}
			f = next
		case err := <-ended: // with ctx
			stop()
			return err
		}
	}
}

// Meta describes what the agent measures.
func Meta() []metric.Meta {
	return slices.Concat(host.Meta(), targets.Meta(), agents.Meta(), weblog.Meta())
}
