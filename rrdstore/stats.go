package rrdstore

import (
	"github.com/prometheus/client_golang/prometheus"

	"plimsoll/internal/durable"
	"plimsoll/internal/metric"
)

// Stats is what the store tells of itself.
type Stats struct {
	Series        int        `json:"series"`
	Files         int        `json:"files"`
	BufferedBytes int        `json:"buffered_bytes"`
	JournalBytes  int64      `json:"journal_bytes"`
	Cache         CacheStats `json:"cache"`
	// AheadSeconds is how far the newest sample lies ahead of the clock. All
	// that is older in the same series is refused as late.
	AheadSeconds float64 `json:"ahead_seconds"`
	// RetiredSeries are on disk only, in so many files.
	RetiredSeries int `json:"retired_series"`
	RetiredFiles  int `json:"retired_files"`
	// Offenders are those that a quota refused series of.
	Offenders []Offender `json:"offenders"`
	// DiskFull tells that the room kept for the journal is in use.
	DiskFull bool           `json:"disk_full"`
	Samples  uint64         `json:"samples"` // accepted since the start
	Refused  map[string]int `json:"refused"` // since the start, by reason
}

// stats counts for Prometheus. Store.mu guards samples and reasons.
type stats struct {
	samples uint64
	reasons map[string]int

	accepted    prometheus.Counter
	refused     *prometheus.CounterVec
	putErrors   prometheus.Counter
	flushed     prometheus.Counter
	flushErrors prometheus.Counter
	readErrors  prometheus.Counter
	runErrors   prometheus.Counter
	lateForTier prometheus.Counter
	badFiles    prometheus.Counter
	notAdopted  prometheus.Counter
	lostSamples prometheus.Counter
	badSegments prometheus.Counter
	kindChanges prometheus.Counter
	gauges      []prometheus.Collector
}

func newStats() stats {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "plimsoll_rrdstore_" + name, Help: help})
	}
	return stats{
		reasons:  map[string]int{},
		accepted: counter("samples_total", "Samples accepted."),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "plimsoll_rrdstore_refused_samples_total", Help: "Samples refused, by reason.",
		}, []string{"reason"}),
		putErrors:   counter("put_errors_total", "Batches not acknowledged, as the journal could not be written."),
		flushed:     counter("flushed_points_total", "Points written to archives."),
		flushErrors: counter("flush_errors_total", "Updates of an archive that failed and will be tried again."),
		readErrors:  counter("read_errors_total", "Archives that were missing, not permitted or not to be understood when read."),
		runErrors:   counter("run_errors_total", "Rounds of background work that failed."),
		lateForTier: counter("late_for_tier_total", "Timings that came after a coarse interval of theirs was closed."),
		badFiles:    counter("files_set_aside_total", "Files that could not be understood and were renamed to .bad."),
		notAdopted:  counter("archives_left_alone_total", "Archives found at start that are no series."),
		lostSamples: counter("journal_lost_samples_total", "Samples that stood in damaged records of the journal, and in no archive."),
		kindChanges: counter("kind_changes_total", "Series that began anew, as a gauge became a counter or the other way round."),
		badSegments: counter("journal_bad_segments_total", "Journal segments with damage, kept as .bad."),
	}
}

func (t *stats) all() []prometheus.Collector {
	return append([]prometheus.Collector{
		t.accepted, t.refused, t.putErrors, t.flushed, t.flushErrors, t.readErrors, t.runErrors,
		t.lateForTier, t.badFiles, t.notAdopted, t.lostSamples, t.badSegments, t.kindChanges,
	}, t.gauges...)
}

func (t *stats) register(s *Store) {
	if s.cfg.Registerer == nil {
		return
	}
	gauge := func(name, help string, read func(Stats) float64) {
		t.gauges = append(t.gauges, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "plimsoll_rrdstore_" + name, Help: help,
		}, func() float64 { return read(s.Stats()) }))
	}
	gauge("series", "Series known.", func(t Stats) float64 { return float64(t.Series) })
	gauge("files", "Archives on disk.", func(t Stats) float64 { return float64(t.Files) })
	gauge("retired_series", "Series that were silent and are on disk only.", func(t Stats) float64 { return float64(t.RetiredSeries) })
	gauge("retired_files", "Archives of retired series.", func(t Stats) float64 { return float64(t.RetiredFiles) })
	gauge("buffered_bytes", "Memory of the points that wait to be written to archives.", func(t Stats) float64 { return float64(t.BufferedBytes) })
	gauge("journal_bytes", "Size of the journal.", func(t Stats) float64 { return float64(t.JournalBytes) })
	gauge("disk_full", "1 while the disk is full and the room kept for the journal is in use.", func(t Stats) float64 {
		if t.DiskFull {
			return 1
		}
		return 0
	})
	gauge("ahead_seconds", "How far the newest sample lies ahead of the clock.", func(t Stats) float64 { return t.AheadSeconds })
	t.gauges = append(append(t.gauges, s.quotas.refused), s.files.collectors()...)
	s.cfg.Registerer.MustRegister(t.all()...)
}

func (t *stats) unregister(s *Store) {
	if s.cfg.Registerer == nil {
		return
	}
	for _, c := range t.all() {
		s.cfg.Registerer.Unregister(c)
	}
}

// count notes the outcome of a Put.
func (t *stats) count(accepted int, refused *metric.RefusedError) {
	t.samples += uint64(accepted)
	t.accepted.Add(float64(accepted))
	if refused == nil {
		return
	}
	for reason, n := range refused.Reasons {
		t.reasons[reason] += n
		t.refused.WithLabelValues(reason).Add(float64(n))
	}
}

func (t *stats) replayed(d durable.Replayed, r *replayer) {
	t.badSegments.Add(float64(d.BadSegments + r.damaged))
	t.lostSamples.Add(float64(r.lost))
}

// Stats returns the present figures.
func (s *Store) Stats() Stats {
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := Stats{
		Series: len(s.index.series), BufferedBytes: s.buffered, JournalBytes: s.journal.Bytes(),
		Cache: s.files.stats(), AheadSeconds: s.aheadLocked().Seconds(), DiskFull: s.reserve.full(),
		Offenders:     s.quotas.offenders(),
		RetiredSeries: len(s.shelf.last), RetiredFiles: s.shelf.files,
		Samples: s.stats.samples, Refused: map[string]int{},
	}
	for reason, n := range s.stats.reasons {
		out.Refused[reason] = n
	}
	for _, sr := range s.index.series {
		for i := range sr.archives {
			if sr.archives[i].exists {
				out.Files++
			}
		}
	}
	return out
}
