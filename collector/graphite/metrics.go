package graphite

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are Graphite's own.
type metrics struct {
	lines, noValue prometheus.Counter
	refused, conns *prometheus.CounterVec
}

// newMetrics makes the metrics and registers them; a nil reg registers nothing.
func newMetrics(reg prometheus.Registerer, s *Server) (*metrics, error) {
	opts := func(name, help string) prometheus.CounterOpts {
		return prometheus.CounterOpts{Name: "plimsoll_graphite_" + name, Help: help}
	}
	m := &metrics{
		lines:   prometheus.NewCounter(opts("lines_total", "Whole lines that were read.")),
		noValue: prometheus.NewCounter(opts("no_value_total", "Lines whose value is NaN or infinite.")),
		refused: prometheus.NewCounterVec(opts("refused_total", "Lines, connections and samples refused."), []string{"reason"}),
		conns:   prometheus.NewCounterVec(opts("connections_total", "Connections of senders."), []string{"result"}),
	}
	if reg == nil {
		return m, nil
	}
	all := []prometheus.Collector{
		m.lines, m.noValue, m.refused, m.conns,
		prometheus.NewCounterFunc(opts("samples_total", "Samples stored."), func() float64 { return float64(s.outbox.Stats().Put) }),
		prometheus.NewCounterFunc(opts("dropped_samples_total", "Samples for which there was no room while the store was away."), func() float64 { return float64(s.outbox.Stats().Dropped) }),
		prometheus.NewCounterFunc(opts("kernel_drops_total", "Datagrams dropped for want of room in the socket's buffer."), func() float64 { return float64(s.drops()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "plimsoll_graphite_connections", Help: "Open connections."}, func() float64 { return float64(s.tcp.Open()) }),
	}
	var errs []error
	for _, c := range all {
		errs = append(errs, reg.Register(c))
	}
	return m, errors.Join(errs...)
}
