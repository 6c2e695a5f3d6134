package foreign

import "github.com/prometheus/client_golang/prometheus"

type stats struct {
	files, series, walk prometheus.Gauge
	skipped             *prometheus.GaugeVec
	failed              *prometheus.CounterVec
}

func newStats(r prometheus.Registerer) *stats {
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Namespace: "plimsoll", Subsystem: "import", Name: name, Help: help})
	}
	s := &stats{
		files:  gauge("files", "Files of imported trees that are read."),
		series: gauge("series", "Series in them."),
		walk:   gauge("walk_seconds", "How long the last walk through the trees took."),
		skipped: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Namespace: "plimsoll", Subsystem: "import", Name: "skipped",
			Help: "Files and directories of imported trees that are not shown, and series with labels that others have, by reason.",
		}, []string{"reason"}),
		failed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: "plimsoll", Subsystem: "import", Name: "read_errors_total",
			Help: "Reads for queries that failed, by reason.",
		}, []string{"reason"}),
	}
	if r != nil {
		r.MustRegister(s.files, s.series, s.walk, s.skipped, s.failed)
	}
	return s
}

func (s *stats) set(x *index, walks []*found, twice int) {
	files := 0
	for _, f := range x.files {
		if f.reason == "" {
			files++
		}
	}
	s.files.Set(float64(files))
	s.series.Set(float64(len(x.series)))
	s.skipped.Reset()
	for _, f := range walks {
		for reason, n := range f.skipped {
			s.skipped.WithLabelValues(reason).Add(float64(n))
		}
	}
	if twice > 0 {
		s.skipped.WithLabelValues("same labels").Set(float64(twice))
	}
}
