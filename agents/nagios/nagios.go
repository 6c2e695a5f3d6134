package nagios

import (
	"context"
	"errors"
	"time"

	"plimsoll/agents/batch"
	"plimsoll/internal/metric"
	"plimsoll/internal/plugin"
)

// Agent runs one check at each tick.
type Agent struct {
	cfg    Config
	host   string
	labels map[string]string
	names  batch.Names
	checks metric.CheckSink // nil: nobody is told
}

// New returns an agent that runs nothing before Sample.
func New(c Config) (*Agent, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return &Agent{cfg: c.withDefaults()}, nil
}

// Name implements agents.Agent.
func (*Agent) Name() string { return "nagios" }

// TellTo has the result of each run told to checks too, so that it becomes an
// alert and its end. It is called before the first Sample.
func (a *Agent) TellTo(checks metric.CheckSink) {
	if !a.cfg.Quiet {
		a.checks = checks
	}
}

// Sample implements agents.Agent.
func (a *Agent) Sample(ctx context.Context, at time.Time) ([]metric.Sample, error) {
	b := a.names.Batch(at)
	if a.cfg.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, a.cfg.Timeout)
		defer cancel()
	}
	r, err := plugin.Run(ctx, plugin.Command{Args: a.cfg.Command, Env: a.cfg.Env, TimeoutState: a.cfg.TimeoutState})
	b.Gauge("nagios_check_state", float64(plugin.Codes()[r.State]))
	for _, p := range r.Perf {
		name, kind, value, pairs := p.Series()
		b.Add(kind, name, value, pairs...)
	}
	if a.checks != nil {
		err = errors.Join(err, a.checks.PutCheck(ctx, metric.CheckResult{
			Name: a.cfg.Check, State: r.State, At: at, Host: a.host, Message: r.Says(), Labels: a.labels,
		}))
	}
	return b.Samples, err
}

// Meta describes the series of this package.
func Meta() []metric.Meta {
	return []metric.Meta{
		{Name: "nagios_check_state", Type: "gauge", Help: "What the check found: 0 is OK, 1 warning, 2 critical, 3 unknown."},
		{Name: "nagios_perfdata", Type: "gauge", Help: "A number that the check told."},
		{Name: "nagios_perfdata_percent", Type: "gauge", Help: "A share that the check told, percent."},
		{Name: "nagios_perfdata_seconds", Type: "gauge", Unit: "seconds", Help: "A time that the check told."},
		{Name: "nagios_perfdata_bytes", Type: "gauge", Unit: "bytes", Help: "A size that the check told."},
		{Name: "nagios_perfdata_total", Type: "counter", Help: "A counter that the check told."},
	}
}
