package collector

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"

	"plimsoll/internal/metric"
)

// metrics are the collector's own.
type metrics struct {
	samples           prometheus.Counter
	refused, requests *prometheus.CounterVec
	upErrors          prometheus.Counter
}

// newMetrics makes the metrics and registers them; a nil reg registers nothing.
func newMetrics(reg prometheus.Registerer, h *hosts) (*metrics, error) {
	opts := func(name, help string) prometheus.CounterOpts {
		return prometheus.CounterOpts{Name: "plimsoll_collector_" + name, Help: help}
	}
	m := &metrics{
		samples: prometheus.NewCounter(opts("samples_total", "Samples received by remote write and stored.")),
		refused: prometheus.NewCounterVec(opts("refused_samples_total",
			"Samples received by remote write and refused."), []string{"reason"}),
		requests: prometheus.NewCounterVec(opts("failed_requests_total",
			"Requests of remote write that were not answered by success."), []string{"reason"}),
		upErrors: prometheus.NewCounter(opts("up_put_errors_total", "Puts of up that failed.")),
	}
	if reg == nil {
		return m, nil
	}
	count := func(up bool) func() float64 {
		return func() float64 {
			h.mu.Lock()
			defer h.mu.Unlock()
			n := 0
			for _, it := range h.by {
				if it.up == up {
					n++
				}
			}
			return float64(n)
		}
	}
	gauge := func(state string, up bool) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "plimsoll_collector_hosts", Help: "Watched hosts.", ConstLabels: prometheus.Labels{"state": state},
		}, count(up))
	}
	ignored := prometheus.NewCounterFunc(opts("ignored_hosts_total", "Heartbeats of hosts beyond max_hosts."),
		func() float64 { h.mu.Lock(); defer h.mu.Unlock(); return float64(h.ignored) })
	var errs []error
	for _, c := range []prometheus.Collector{
		m.samples, m.refused, m.requests, m.upErrors, ignored,
		gauge("up", true), gauge("down", false),
	} {
		errs = append(errs, reg.Register(c))
	}
	return m, errors.Join(errs...)
}

// Meta describes the series that a Collector makes.
func Meta() []metric.Meta {
	return []metric.Meta{{
		Name: "up", Type: "gauge",
		Help: "Whether the host reported within its last three intervals (1) or is silent (0).",
	}}
}
