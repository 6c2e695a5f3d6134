package remote

import (
	"github.com/prometheus/client_golang/prometheus"
)

func (s *Sink) makeMetrics() {
	opts := func(name, help string) prometheus.CounterOpts {
		return prometheus.CounterOpts{Name: "plimsoll_agent_remote_" + name, Help: help}
	}
	s.sent = prometheus.NewCounter(opts("sent_samples_total", "Samples that the collector accepted."))
	s.retries = prometheus.NewCounter(opts("retries_total", "Requests made again after a failure."))
	s.moves = prometheus.NewCounter(opts("failovers_total", "Changes to another collector, or back to the first."))
	s.refused = prometheus.NewCounterVec(opts("refused_samples_total", "Samples that the collector refused for good."), []string{"reason"})
	s.place = prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "plimsoll_agent_remote_collector", Help: "The collector in use, by its place in the configuration, from 0 on.",
	}, func() float64 { return float64(s.route.place()) })
	s.failing = prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "plimsoll_agent_remote_failing", Help: "Whether the last request failed (1).",
	}, func() float64 {
		if s.bad.Load() {
			return 1
		}
		return 0
	})
}

// Describe implements prometheus.Collector.
func (s *Sink) Describe(out chan<- *prometheus.Desc) { prometheus.DescribeByCollect(s, out) }

// Collect implements prometheus.Collector.
func (s *Sink) Collect(out chan<- prometheus.Metric) {
	for _, c := range []prometheus.Collector{s.sent, s.retries, s.moves, s.refused, s.place, s.failing} {
		c.Collect(out)
	}
}
