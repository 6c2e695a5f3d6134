package collector

import (
	"errors"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"plimsoll/internal/metric"
)

// metrics are the collector's own.
type metrics struct {
	samples           prometheus.Counter
	refused, requests *prometheus.CounterVec
	upErrors          prometheus.Counter
	offenders         *offenders
}

// newMetrics makes the metrics and registers them; a nil reg registers nothing.
func newMetrics(reg prometheus.Registerer, of *Collector) (*metrics, error) {
	opts := func(name, help string) prometheus.CounterOpts {
		return prometheus.CounterOpts{Name: "plimsoll_collector_" + name, Help: help}
	}
	m := &metrics{
		samples: prometheus.NewCounter(opts("samples_total", "Samples received from others and stored.")),
		refused: prometheus.NewCounterVec(opts("refused_samples_total",
			"Samples received from others and refused."), []string{"reason"}),
		requests: prometheus.NewCounterVec(opts("failed_requests_total",
			"Requests of remote write that were not answered by success."), []string{"reason"}),
		offenders: newOffenders(opts("source_refused_samples_total",
			"Samples refused by source and reason: of the first 100 sources that had any refused, others under source others.")),
		upErrors: prometheus.NewCounter(opts("up_put_errors_total", "Puts of up that failed.")),
	}
	if reg == nil {
		return m, nil
	}
	h := &of.hosts
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
	retired := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "plimsoll_collector_retired_hosts", Help: "Hosts, by instance and job, that are out of the live view.",
	}, func() float64 { return float64(of.ages.retired()) })
	sources := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "plimsoll_collector_sources", Help: "Sources of samples that are known.",
	}, func() float64 { return float64(len(of.sources.all())) })
	forgotten := prometheus.NewCounterFunc(opts("forgotten_sources_total", "Sources forgotten: silent for long, or beyond max_sources."),
		func() float64 {
			of.sources.mu.Lock()
			defer of.sources.mu.Unlock()
			return float64(of.sources.forgotten)
		})
	var errs []error
	for _, c := range []prometheus.Collector{
		m.samples, m.refused, m.requests, m.upErrors, ignored, m.offenders.counts, sources, forgotten, retired,
		gauge("up", true), gauge("down", false),
	} {
		errs = append(errs, reg.Register(c))
	}
	return m, errors.Join(errs...)
}

// maxOffenders bounds the sources that have metrics of their own.
const maxOffenders = 100

// offenders counts refused samples by source.
type offenders struct {
	counts *prometheus.CounterVec

	mu    sync.Mutex // guards named
	named map[string]bool
}

func newOffenders(o prometheus.CounterOpts) *offenders {
	return &offenders{counts: prometheus.NewCounterVec(o, []string{"source", "reason"}), named: map[string]bool{}}
}

func (o *offenders) add(source, reason string, n int) {
	o.mu.Lock()
	switch {
	case o.named[source]:
	case len(o.named) < maxOffenders:
		o.named[source] = true
	default:
		source = "others"
	}
	o.mu.Unlock()
	o.counts.WithLabelValues(source, reason).Add(float64(n))
}

// keep drops the counts of sources that are no longer known, so that others have
// room.
func (o *offenders) keep(known func(source string) bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for name := range o.named {
		if !known(name) {
			delete(o.named, name)
			o.counts.DeletePartialMatch(prometheus.Labels{"source": name})
		}
	}
}

// Meta describes the series that a Collector makes.
func Meta() []metric.Meta {
	return []metric.Meta{{
		Name: "up", Type: "gauge",
		Help: "Whether the host reported within its last three intervals (1) or is silent (0).",
	}}
}
