package ganglia

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"

	"plimsoll/collector/outbox"
)

// metrics are Ganglia's own.
type metrics struct {
	packets, readErrors, requests prometheus.Counter
	refused, polls, conns         *prometheus.CounterVec
}

// newMetrics makes the metrics and registers them; a nil reg registers nothing.
func newMetrics(reg prometheus.Registerer, g *Ganglia) (*metrics, error) {
	counter := func(name, help string) prometheus.CounterOpts {
		return prometheus.CounterOpts{Name: "plimsoll_ganglia_" + name, Help: help}
	}
	m := &metrics{
		packets:    prometheus.NewCounter(counter("packets_total", "Datagrams of gmond and gmetric that were read.")),
		readErrors: prometheus.NewCounter(counter("read_errors_total", "Reads of the datagram socket that failed.")),
		requests:   prometheus.NewCounter(counter("metadata_requests_total", "Datagrams sent to ask for metadata.")),
		refused:    prometheus.NewCounterVec(counter("refused_total", "Datagrams, hosts, metrics and samples refused."), []string{"reason"}),
		polls:      prometheus.NewCounterVec(counter("polls_total", "Polls of data sources."), []string{"source", "result"}),
		conns:      prometheus.NewCounterVec(counter("connections_total", "Connections of readers of XML."), []string{"port", "result"}),
	}
	if reg == nil {
		return m, nil
	}
	all := []prometheus.Collector{m.packets, m.readErrors, m.requests, m.refused, m.polls, m.conns}
	all = append(all, g.ownMetrics(counter)...)
	var errs []error
	for _, c := range all {
		errs = append(errs, reg.Register(c))
	}
	return m, errors.Join(errs...)
}

// ownMetrics are those that are asked of g when they are read.
func (g *Ganglia) ownMetrics(counter func(name, help string) prometheus.CounterOpts) (all []prometheus.Collector) {
	of := func(name, help string, v func(outbox.Stats) uint64) {
		all = append(all, prometheus.NewCounterFunc(counter(name, help), func() float64 { return float64(v(g.outbox.Stats())) }))
	}
	of("samples_total", "Samples stored.", func(s outbox.Stats) uint64 { return s.Put })
	of("dropped_samples_total", "Samples for which there was no room while the store was away.", func(s outbox.Stats) uint64 { return s.Dropped })
	all = append(all,
		prometheus.NewCounterFunc(counter("kernel_drops_total", "Datagrams dropped for want of room in the socket's buffer."),
			func() float64 { return float64(g.drops()) }),
		prometheus.NewCounterFunc(counter("texts_total", "Values of type string, which make no series."),
			func() float64 { return float64(g.table.counts().texts) }))
	gauge := func(name, help string, v func(counts) int) {
		all = append(all, prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "plimsoll_ganglia_" + name, Help: help},
			func() float64 { return float64(v(g.table.counts())) }))
	}
	gauge("hosts", "Hosts that are known.", func(c counts) int { return c.hosts })
	gauge("metrics", "Metrics of hosts that are known.", func(c counts) int { return c.metrics })
	gauge("undescribed_metrics", "Metrics whose metadata did not come yet.", func(c counts) int { return c.undescribed })
	for _, d := range g.config.DataSources {
		all = append(all, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "plimsoll_ganglia_source_up", Help: "Whether the last poll of a data source went well (1).",
			ConstLabels: prometheus.Labels{"source": d.Name},
		}, func() float64 {
			if g.stats.isUp(d.Name) {
				return 1
			}
			return 0
		}))
	}
	return all
}
