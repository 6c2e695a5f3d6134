package app

import (
	"slices"

	"plimsoll/collector/ganglia"
	"plimsoll/internal/metric"
)

// openGanglia makes what receives from Ganglia and answers its readers. Its
// addresses are optional in a process that follows another, which still has them.
func (a *App) openGanglia() (err error) {
	c := a.config.Ganglia
	c.SinkFor, c.Local = a.collector.From, a.config.Agent.Instance
	c.Dir, c.OwnHosts, c.Querier = a.config.Data, a.collector.Hosts, a.live
	c.Registerer, c.Logger = a.registry, a.logger
	c.Optional = c.Optional || a.options.Inherited != nil
	if a.ganglia, err = ganglia.New(c); err == nil {
		a.undo = append(a.undo, a.ganglia.Close)
	}
	return err
}

// hosts are those whose life is watched: by the collector, and by Ganglia's rule. One
// that has an agent of ours is not shown a second time for a gmetric that ran there.
func (a *App) hosts() []metric.Host { return a.andGanglia(a.collector.Hosts()) }

// watched are those whose up is written: hosts, and what is watched by its samples.
func (a *App) watched() []metric.Host { return a.andGanglia(a.collector.Watched()) }

func (a *App) andGanglia(all []metric.Host) []metric.Host {
	known := map[string]bool{}
	for _, h := range all {
		known[h.Instance] = true
	}
	return append(all, slices.DeleteFunc(a.ganglia.Hosts(), func(h metric.Host) bool { return known[h.Instance] })...)
}
