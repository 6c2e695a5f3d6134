package remote

import (
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"plimsoll/internal/metric"
)

// Stats is what the sink tells of itself.
type Stats struct {
	URL            string         `json:"url"`
	Series         int            `json:"series"`
	JournalBytes   int64          `json:"journal_bytes"`
	WaitingSamples int64          `json:"waiting_samples"` // that the engine does not have yet
	BehindSeconds  float64        `json:"behind_seconds"`  // age of the newest that it has, if any wait
	Samples        uint64         `json:"samples"`         // accepted since the start
	Refused        map[string]int `json:"refused"`         // since the start, by reason, before the journal
	// EngineRefused is how many the engine refused for good, and LastRefusal what
	// it said to the last of them.
	EngineRefused uint64 `json:"engine_refused"`
	LastRefusal   string `json:"last_refusal,omitempty"`
}

// stats counts for Prometheus and for people.
type stats struct {
	mu            sync.Mutex // guards what follows
	samples       uint64
	reasons       map[string]int
	engineRefused uint64
	lastRefusal   string

	accepted, sent, dropped           prometheus.Counter
	retries, rewinds                  prometheus.Counter
	putErrors, runErrors              prometheus.Counter
	badFiles, badSegments, badRecords prometheus.Counter
	refused, refusals                 *prometheus.CounterVec
	gauges                            []prometheus.Collector
}

func newStats() stats {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "plimsoll_remote_" + name, Help: help})
	}
	vec := func(name, help, label string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "plimsoll_remote_" + name, Help: help}, []string{label})
	}
	return stats{
		reasons:     map[string]int{},
		accepted:    counter("samples_total", "Samples accepted into the journal."),
		sent:        counter("sent_samples_total", "Samples that the engine accepted; a timing is several."),
		dropped:     counter("dropped_samples_total", "Samples that the engine never gets, as the journal was full: the oldest."),
		retries:     counter("retries_total", "Requests to be made again, as the engine did not take them."),
		rewinds:     counter("rewinds_total", "Times that what the engine had answered of late was sent again, as a connection broke."),
		putErrors:   counter("put_errors_total", "Batches not acknowledged, as the journal could not be written."),
		runErrors:   counter("run_errors_total", "Rounds of background work that failed."),
		badFiles:    counter("files_set_aside_total", "Files that could not be understood and were renamed to .bad."),
		badSegments: counter("journal_bad_segments_total", "Journal segments with damage, kept as .bad."),
		badRecords:  counter("journal_bad_records_total", "Places in the journal that could not be read."),
		refused:     vec("refused_samples_total", "Samples refused before the journal, by reason.", "reason"),
		refusals:    vec("engine_refused_samples_total", "Samples that the engine refused for good, by status.", "status"),
	}
}

func (t *stats) all() []prometheus.Collector {
	return append([]prometheus.Collector{
		t.accepted, t.sent, t.dropped, t.retries, t.rewinds, t.putErrors, t.runErrors,
		t.badFiles, t.badSegments, t.badRecords, t.refused, t.refusals,
	}, t.gauges...)
}

func (t *stats) register(s *Sink) {
	if s.cfg.Registerer == nil {
		return
	}
	gauge := func(name, help string, read func(Stats) float64) {
		t.gauges = append(t.gauges, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "plimsoll_remote_" + name, Help: help,
		}, func() float64 { return read(s.Stats()) }))
	}
	gauge("series", "Series known.", func(t Stats) float64 { return float64(t.Series) })
	gauge("journal_bytes", "Size of the journal.", func(t Stats) float64 { return float64(t.JournalBytes) })
	gauge("waiting_samples", "Samples that the engine does not have yet.", func(t Stats) float64 { return float64(t.WaitingSamples) })
	gauge("behind_seconds", "Age of the newest sample that the engine has, if any wait.", func(t Stats) float64 { return t.BehindSeconds })
	s.cfg.Registerer.MustRegister(t.all()...)
}

func (t *stats) unregister(s *Sink) {
	if s.cfg.Registerer == nil {
		return
	}
	for _, c := range t.all() {
		s.cfg.Registerer.Unregister(c)
	}
}

// count notes the outcome of a Put.
func (t *stats) count(n int, r *metric.RefusedError) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.samples += uint64(n)
	t.accepted.Add(float64(n))
	if r == nil {
		return
	}
	for reason, n := range r.Reasons {
		t.reasons[reason] += n
		t.refused.WithLabelValues(reason).Add(float64(n))
	}
}

// refuse notes n samples that the engine does not want, of which s is one.
func (t *stats) refuse(s metric.Sample, a answer, n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.engineRefused += uint64(n)
	t.lastRefusal = s.Labels.String() + ": " + a.text()
	t.refusals.WithLabelValues(strconv.Itoa(a.status)).Add(float64(n))
}

// Stats returns the present figures.
func (s *Sink) Stats() Stats {
	s.mu.Lock()
	out := Stats{URL: s.cfg.writeURL(), Series: s.count, WaitingSamples: s.waiting, Refused: map[string]int{}}
	if s.waiting > 0 {
		age := s.cfg.Now().Sub(time.UnixMilli(s.newest))
		out.BehindSeconds = max(0, age.Seconds())
	}
	s.mu.Unlock()
	out.JournalBytes = s.journal.Bytes()
	t := &s.stats
	t.mu.Lock()
	defer t.mu.Unlock()
	out.Samples, out.EngineRefused, out.LastRefusal = t.samples, t.engineRefused, t.lastRefusal
	for reason, n := range t.reasons {
		out.Refused[reason] = n
	}
	return out
}
