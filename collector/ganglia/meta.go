package ganglia

import (
	"cmp"
	"slices"

	"plimsoll/internal/metric"
)

// Meta describes the metrics that are known now, by what their senders say of them,
// sorted by name.
func (g *Ganglia) Meta() []metric.Meta {
	all := map[string]metric.Meta{}
	g.table.mu.Lock()
	for _, h := range g.table.hosts {
		for name, r := range h.owners {
			if r.labels.IsEmpty() {
				continue
			}
			all[name] = metric.Meta{
				Name: name, Type: r.kind.String(), Unit: r.info.Units,
				Help: cmp.Or(r.info.Get("DESC"), r.info.Get("TITLE"), "Metric "+r.name+" of Ganglia."),
			}
		}
	}
	g.table.mu.Unlock()
	out := make([]metric.Meta, 0, len(all))
	for _, m := range all {
		out = append(out, m)
	}
	slices.SortFunc(out, func(a, b metric.Meta) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// Hosts returns the hosts that are known, as the live view has them, sorted by name:
// of those that come by several ways the one that was heard of last.
func (g *Ganglia) Hosts() []metric.Host {
	now := g.config.Now()
	g.table.mu.Lock()
	defer g.table.mu.Unlock()
	out := make([]metric.Host, 0, len(g.table.hosts))
	for _, h := range g.table.hosts {
		if h.name == "" {
			continue
		}
		out = append(out, metric.Host{
			Instance: h.name, Job: job, Up: h.alive(now), LastSeen: h.heard,
			IntervalSeconds: h.tmax.Seconds() * 4 / 3, // three of them are the silence that is let pass
		})
	}
	slices.SortFunc(out, func(a, b metric.Host) int {
		return cmp.Or(cmp.Compare(a.Instance, b.Instance), b.LastSeen.Compare(a.LastSeen))
	})
	return slices.CompactFunc(out, func(a, b metric.Host) bool { return a.Instance == b.Instance })
}
