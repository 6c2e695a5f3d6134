package trap

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are the Receiver's own.
type metrics struct {
	received, refused            *prometheus.CounterVec
	answered, repeated, problems prometheus.Counter
	open                         prometheus.Gauge
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	}
	vec := func(name, help, label string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, []string{label})
	}
	m := &metrics{
		received: vec("plimsoll_traps_received_total", "Traps and informs that were taken, by version of SNMP.", "version"),
		refused:  vec("plimsoll_traps_refused_total", "Datagrams, events and results of checks that were not taken, by reason.", "reason"),
		answered: counter("plimsoll_traps_answered_total", "Informs that were answered, repetitions too."),
		repeated: counter("plimsoll_traps_repeated_total", "Informs that came again."),
		problems: counter("plimsoll_traps_save_errors_total", "Times that the state could not be saved."),
		open:     prometheus.NewGauge(prometheus.GaugeOpts{Name: "plimsoll_traps_open_problems", Help: "Problems that a trap opened and none has ended."}),
	}
	if reg == nil {
		return m, nil
	}
	var errs []error
	for _, c := range []prometheus.Collector{m.received, m.refused, m.answered, m.repeated, m.problems, m.open} {
		errs = append(errs, reg.Register(c))
	}
	return m, errors.Join(errs...)
}
