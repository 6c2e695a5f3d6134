package farm

import (
	"errors"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"plimsoll/internal/metric"
)

// maxNames bounds the names that are told apart.
const maxNames = 100

type metrics struct {
	shares, put, lateByStore prometheus.Counter
	late, refused            *prometheus.CounterVec

	mu    sync.Mutex // guards names
	names map[string]bool
}

func newMetrics(reg prometheus.Registerer, f *Farm) (*metrics, error) {
	opts := func(name, help string) prometheus.CounterOpts {
		return prometheus.CounterOpts{Name: "plimsoll_farm_" + name, Help: help}
	}
	m := &metrics{
		shares:      prometheus.NewCounter(opts("timings_total", "Timings of single hosts that were merged.")),
		put:         prometheus.NewCounter(opts("merged_total", "Merged timings that were put.")),
		lateByStore: prometheus.NewCounter(opts("merged_refused_total", "Merged timings that the store refused.")),
		late: prometheus.NewCounterVec(opts("late_timings_total",
			"Timings that came when their interval was merged already; of the first 100 names, others under name others."), []string{"name"}),
		refused: prometheus.NewCounterVec(opts("refused_timings_total",
			"Timings that were not merged because too many intervals wait, by name."), []string{"name"}),
		names: map[string]bool{},
	}
	if reg == nil {
		return m, nil
	}
	pending := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "plimsoll_farm_pending", Help: "Merged timings that wait for more hosts.",
	}, func() float64 { f.mu.Lock(); defer f.mu.Unlock(); return float64(f.slots.pending) })
	var errs []error
	for _, c := range []prometheus.Collector{m.shares, m.put, m.lateByStore, m.late, m.refused, pending} {
		errs = append(errs, reg.Register(c))
	}
	return m, errors.Join(errs...)
}

// count counts what became of a timing of a name.
func (m *metrics) count(what fate, name string) {
	switch what {
	case merged:
		m.shares.Inc()
	case late:
		m.late.WithLabelValues(m.known(name)).Inc()
	case refused:
		m.refused.WithLabelValues(m.known(name)).Inc()
	}
}

func (m *metrics) known(name string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.names[name] && len(m.names) >= maxNames {
		return "others"
	}
	m.names[name] = true
	return name
}

// done counts what became of merged timings.
func (m *metrics) done(n int, refused *metric.RefusedError) {
	if refused != nil {
		m.lateByStore.Add(float64(refused.Count()))
		n -= refused.Count()
	}
	m.put.Add(float64(n))
}
