package ganglia

import (
	"cmp"
	"context"
	"slices"
	"time"

	"plimsoll/collector/ganglia/cluster"
)

// group is a cluster with its hosts.
type group struct {
	head  cluster.Head
	hosts []cluster.Host
}

// document is all that is known, as gmond writes it.
func (g *Ganglia) document(ctx context.Context) []byte {
	w := cluster.NewWriter("gmond")
	for _, c := range g.groups(ctx) {
		w.BeginCluster(c.head)
		for i := range c.hosts {
			w.Host(&c.hosts[i])
		}
		w.EndCluster()
	}
	return w.Bytes()
}

// groups returns all clusters and hosts, sorted by their names. Of a host that comes
// by two ways the one is taken that was heard of last.
func (g *Ganglia) groups(ctx context.Context) []group {
	now := g.config.Now()
	by := map[string][]cluster.Host{}
	g.table.mu.Lock()
	for _, h := range g.table.hosts {
		if h.name != "" {
			name := cmp.Or(h.cluster, "unspecified")
			by[name] = append(by[name], h.export(now))
		}
	}
	g.table.mu.Unlock()
	if own := g.own.hosts(ctx, now); len(own) > 0 {
		by[g.config.OwnCluster] = append(by[g.config.OwnCluster], own...)
	}
	out := make([]group, 0, len(by))
	for name, hosts := range by {
		slices.SortFunc(hosts, func(a, b cluster.Host) int {
			return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.TN, b.TN))
		})
		hosts = slices.CompactFunc(hosts, func(a, b cluster.Host) bool { return a.Name == b.Name })
		out = append(out, group{head: cluster.Head{Name: name, LocalTime: now.Unix()}, hosts: hosts})
	}
	slices.SortFunc(out, func(a, b group) int { return cmp.Compare(a.head.Name, b.head.Name) })
	return out
}

// export is a host as XML has it.
func (h *host) export(now time.Time) cluster.Host {
	out := cluster.Host{
		Name: h.name, IP: h.ip, Location: cmp.Or(h.location, "unspecified"), Started: h.started,
		Reported: h.heard.Unix(), TN: whole(now.Sub(h.heard)), TMAX: whole(h.tmax), DMAX: whole(h.dmax),
	}
	for _, r := range h.readings {
		if r.described && !r.heard.IsZero() {
			out.Metrics = append(out.Metrics, r.export(now))
		}
	}
	slices.SortFunc(out.Metrics, func(a, b cluster.Metric) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

func (r *reading) export(now time.Time) cluster.Metric {
	m := cluster.Metric{
		Name: r.name, Value: r.text, Type: r.info.Type, Units: r.info.Units, Slope: r.info.Slope.String(),
		TN: whole(now.Sub(r.heard)), TMAX: int64(r.info.TMAX), DMAX: int64(r.info.DMAX),
	}
	if !knownType(m.Type) {
		m.Type = "string"
	}
	for i := len(r.info.Extra) - 1; i >= 0; i-- {
		m.Extra = append(m.Extra, cluster.Extra(r.info.Extra[i]))
	}
	return m
}

// knownType says whether the DTD has a type.
func knownType(t string) bool {
	switch t {
	case "string", "int8", "uint8", "int16", "uint16", "int32", "uint32", "float", "double", "timestamp":
		return true
	}
	return false
}

// whole is a duration in whole seconds, rounded down.
func whole(d time.Duration) int64 { return int64(max(d, 0) / time.Second) }
