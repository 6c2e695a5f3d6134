package ganglia

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"plimsoll/collector/ganglia/cluster"
)

// query is what is asked of the interactive port: /cluster/host/metric, of which
// the end may be missing.
type query struct {
	cluster, host, metric string
	summary               bool // ?filter=summary
}

// parseQuery reads a line as gmetad does; false for one that it does not answer.
func parseQuery(line string) (q query, ok bool) {
	line = strings.TrimRight(line, "\r\n")
	if !strings.HasPrefix(line, "/") || strings.ContainsAny(line, ">!@#$%`;|\"\\'<") {
		return q, false
	}
	path, filter, _ := strings.Cut(line, "?")
	q.summary = filter == "filter=summary"
	words := strings.SplitN(strings.TrimPrefix(path, "/"), "/", 4)
	for i, to := range []*string{&q.cluster, &q.host, &q.metric} {
		if i < len(words) {
			*to = words[i]
		}
	}
	return q, true
}

// answer answers a query. As with gmetad, what is not found is answered with all
// that stands where it was looked for.
func (g *Ganglia) answer(ctx context.Context, q query) []byte {
	groups := g.groups(ctx)
	w := cluster.NewWriter("gmetad")
	w.BeginGrid(g.config.Grid, g.config.Now().Unix())
	at := slices.IndexFunc(groups, func(c group) bool { return c.head.Name == q.cluster })
	if at >= 0 {
		groups = groups[at : at+1]
		groups[0].answer(w, q)
		w.EndGrid()
		return w.Bytes()
	}
	if q.summary {
		var all group
		for _, c := range groups {
			all.hosts = append(all.hosts, c.hosts...)
		}
		all.summarize(w)
	}
	for i := range groups {
		groups[i].answer(w, query{summary: q.summary})
	}
	w.EndGrid()
	return w.Bytes()
}

// answer writes of a cluster what is asked for.
func (c *group) answer(w *cluster.Writer, q query) {
	w.BeginCluster(c.head)
	defer w.EndCluster()
	at := slices.IndexFunc(c.hosts, func(h cluster.Host) bool { return strings.EqualFold(h.Name, q.host) })
	switch {
	case at >= 0:
		c.answerHost(w, &c.hosts[at], q)
	case q.summary:
		c.summarize(w)
	default:
		for i := range c.hosts {
			w.Host(&c.hosts[i])
		}
	}
}

func (c *group) answerHost(w *cluster.Writer, h *cluster.Host, q query) {
	w.BeginHost(h)
	defer w.EndHost()
	known := slices.ContainsFunc(h.Metrics, func(m cluster.Metric) bool { return m.Name == q.metric })
	for i := range h.Metrics {
		if !known || h.Metrics[i].Name == q.metric {
			w.Metric(&h.Metrics[i])
		}
	}
}

// summarize writes how many hosts are up, and the sums of the numbers of these.
func (c *group) summarize(w *cluster.Writer) {
	up, sums := 0, map[string]*cluster.Summary{}
	for i := range c.hosts {
		if !c.hosts[i].Up() {
			continue
		}
		up++
		for j := range c.hosts[i].Metrics {
			add(sums, &c.hosts[i].Metrics[j])
		}
	}
	w.Hosts(up, len(c.hosts)-up)
	sorted := make([]*cluster.Summary, 0, len(sums))
	for _, s := range sums {
		sorted = append(sorted, s)
	}
	slices.SortFunc(sorted, func(a, b *cluster.Summary) int { return cmp.Compare(a.Name, b.Name) })
	for _, s := range sorted {
		w.Summary(s)
	}
}

func add(sums map[string]*cluster.Summary, m *cluster.Metric) {
	n, err := strconv.ParseFloat(m.Value, 64)
	if err != nil || m.Type == "string" || m.Type == "timestamp" {
		return
	}
	s := sums[m.Name]
	if s == nil {
		s = &cluster.Summary{Name: m.Name, Units: m.Units, Slope: m.Slope, Extra: m.Extra}
		sums[m.Name] = s
	}
	s.Sum += n
	s.Num++
}
