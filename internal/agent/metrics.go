package agent

import "github.com/prometheus/client_golang/prometheus"

// remoteMetrics passes on the metrics of the remote sink in use: they begin
// again when a reload replaces it, as after a restart.
type remoteMetrics struct{ sending *sending }

// Describe implements prometheus.Collector: nothing is told in advance.
func (remoteMetrics) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (m remoteMetrics) Collect(out chan<- prometheus.Metric) {
	sink, _ := m.sending.now()
	sink.Collect(out)
}
