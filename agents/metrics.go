package agents

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"

	"plimsoll/internal/metric"
)

// metrics are the Runner's own.
type metrics struct {
	hung, failed, refused *prometheus.CounterVec
	putErrors, liveErrors prometheus.Counter
}

// newMetrics makes the metrics and registers them; a nil reg registers nothing.
func newMetrics(reg prometheus.Registerer, q *queue) (*metrics, error) {
	vec := func(name, help, label string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, []string{label})
	}
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	}
	m := &metrics{
		hung: vec("plimsoll_agents_hung_calls_total",
			"Interval ticks at which an agent did not return before its deadline.", "agent"),
		failed: vec("plimsoll_agents_failed_calls_total",
			"Interval ticks at which an agent returned an error or hung.", "agent"),
		refused: vec("plimsoll_agents_refused_samples_total",
			"Samples that the sink refused for good.", "reason"),
		putErrors: counter("plimsoll_agents_put_errors_total",
			"Puts that failed and are tried again."),
		liveErrors: counter("plimsoll_agents_live_put_errors_total",
			"Puts of live samples that failed."),
	}
	if reg == nil {
		return m, nil
	}
	waiting := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "plimsoll_agents_queue_samples",
		Help: "Samples that wait for the sink.",
	}, func() float64 { n, _ := q.stats(); return float64(n) })
	dropped := prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "plimsoll_agents_dropped_samples_total",
		Help: "Samples dropped because the queue was full or the program ended.",
	}, func() float64 { _, n := q.stats(); return float64(n) })
	var errs []error
	for _, c := range []prometheus.Collector{m.hung, m.failed, m.refused, m.putErrors, m.liveErrors, waiting, dropped} {
		errs = append(errs, reg.Register(c))
	}
	return m, errors.Join(errs...)
}

func (m *metrics) refuse(e *metric.RefusedError) {
	if e == nil {
		return
	}
	for reason, n := range e.Reasons {
		m.refused.WithLabelValues(reason).Add(float64(n))
	}
}

// Meta describes the series that a Runner adds to those of its agents.
func Meta() []metric.Meta {
	return []metric.Meta{
		{
			Name: "plimsoll_agent_interval_seconds", Type: "gauge", Unit: "seconds",
			Help: "How often the host reports. Its arrival shows that the host is alive.",
		},
		{
			Name: "plimsoll_agent_dropped_samples_total", Type: "counter",
			Help: "Samples that the host dropped because its queue was full.",
		},
		{
			Name: "plimsoll_agent_success", Type: "gauge",
			Help: "Whether the agent measured everything at this tick (1) or not (0).",
		},
		{
			Name: "plimsoll_agent_duration_seconds", Type: "gauge", Unit: "seconds",
			Help: "How long the agent took to measure.",
		},
		{
			Name: "plimsoll_agent_last_success_timestamp_seconds", Type: "gauge", Unit: "seconds",
			Help: "When the agent last measured everything, in seconds since the Unix epoch.",
		},
		{
			Name: "scrape_duration_seconds", Type: "gauge", Unit: "seconds",
			Help: "How long it took to ask the target.",
		},
	}
}
