package app

import (
	"context"
	"io/fs"
	"slices"
	"time"

	"plimsoll/agents"
	"plimsoll/agents/host"
	"plimsoll/agents/self"
	"plimsoll/agents/snmp"
	"plimsoll/agents/weblog"
	"plimsoll/alerting/check"
	"plimsoll/collector"
	"plimsoll/dashboard"
	"plimsoll/dashboard/web"
	"plimsoll/internal/metric"
	"plimsoll/internal/targets"
	"plimsoll/rrdstore"
)

func pages() fs.FS { return web.Pages() }

// openAgent sets up the agent for this host, and what it asks besides. Its
// samples pass through the collector, so that its silence is noticed like any
// other host's.
func (a *App) openAgent() error {
	c := a.config.Agent.Config
	var err error
	if c.Targets, err = a.config.Targets.Build(c.Instance); err != nil {
		return err
	}
	targets.TellTo(a.engine, c.Targets)
	if a.config.Agent.Enabled {
		measured, err := host.New(a.config.Agent.Host)
		if err != nil {
			return err
		}
		live := agents.Options{Live: true}
		c.Targets = append(c.Targets, agents.Target{Agent: measured, Options: live}, agents.Target{Agent: self.New(a.registry), Options: live})
	}
	if len(c.Targets) == 0 {
		return nil
	}
	c.Sink, c.LiveSink = a.collector.From("local agent"), a.window
	c.DrainTimeout = min(c.DrainTimeout, drainTime/2)
	c.Registerer, c.Logger = a.registry, a.logger
	a.runner, err = agents.New(c)
	return err
}

// metadata describes the metrics that the service makes itself.
func (a *App) metadata() []metric.Meta {
	all := slices.Concat(host.Meta(), targets.Meta(), snmp.Meta(), agents.Meta(), weblog.Meta(), collector.Meta(), a.ganglia.Meta(), check.Meta())
	return append(all, self.New(a.registry).Meta()...)
}

// Status is what the service tells of itself.
type Status struct {
	Version       string    `json:"version"`
	Start         time.Time `json:"start"`
	UptimeSeconds float64   `json:"uptime_seconds"`
	Data          string    `json:"data"`
	Storage       any       `json:"storage"`
}

func (a *App) status() Status {
	return Status{
		Version: a.options.Version, Start: a.started, UptimeSeconds: time.Since(a.started).Seconds(),
		Data: a.config.Data, Storage: a.storageStats(),
	}
}

// sources is who sends, how old the data of each host is, and what the receivers of
// other systems tell of themselves.
func (a *App) sources() any {
	return map[string]any{
		"sources": a.collector.Sources(), "hosts": a.collector.Ages(), "agent_configs": a.configured(),
		"access_logs": a.weblog.Stats(), "ganglia": a.ganglia.Stats(), "graphite": a.graphite.Stats(), "traps": a.traps.Stats(),
	}
}

// fetcher is how stored rows are fetched, nil where there are none.
func (a *App) fetcher() func(context.Context, dashboard.FetchRequest) (any, error) {
	if a.archives == nil {
		return nil
	}
	return a.fetch
}

// fetch passes a request for stored rows on to the archives.
func (a *App) fetch(ctx context.Context, r dashboard.FetchRequest) (any, error) {
	series, err := a.archives.Fetch(ctx, rrdstore.FetchRequest{
		Matchers: r.Matchers, CF: r.CF, Resolution: int64(r.Resolution / time.Second),
		Start: r.Start.Unix(), End: r.End.Unix(),
	})
	return map[string]any{"series": series}, err
}
