package spool

import (
	"errors"
	"maps"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"plimsoll/internal/metric"
)

// stats are the counts of this process alone.
type stats struct {
	putErrors, diskErrors, repeated, passed atomic.Int64
	failing                                 atomic.Bool // an error of the disk was logged
}

// Stats is what a Spool tells of itself. Put = Delivered + Dropped + Damaged +
// the sum of Refused + Waiting, since the spool was made.
type Stats struct {
	Put, Delivered, Dropped, Damaged, Waiting uint64
	Refused                                   map[string]uint64
	Bytes                                     int64
	// Lag is how old the oldest sample is that waits.
	Lag time.Duration
}

// Stats returns what is known now.
func (s *Spool) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := Stats{
		Delivered: s.state.delivered, Dropped: s.state.dropped, Damaged: s.state.damaged,
		Waiting: s.waitingLocked(), Refused: maps.Clone(s.state.refused), Bytes: s.journal.Bytes(),
	}
	out.Put = out.Delivered + out.Dropped + out.Damaged + out.Waiting
	for _, n := range out.Refused {
		out.Put += n
	}
	if s.oldest > 0 {
		out.Lag = max(0, s.cfg.Now().Sub(metric.Time(s.oldest)))
	}
	return out
}

// waitingLocked is how many samples are kept and not settled.
func (s *Spool) waitingLocked() uint64 {
	return s.next - s.state.first - (s.state.hole.to - s.state.hole.from)
}

func (s *Spool) register(reg prometheus.Registerer) error {
	if reg == nil {
		return nil
	}
	counter := func(name, help string, f func() float64) prometheus.Collector {
		return prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "plimsoll_agent_spool_" + name, Help: help}, f)
	}
	gauge := func(name, help string, f func(Stats) float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "plimsoll_agent_spool_" + name, Help: help}, func() float64 { return f(s.Stats()) })
	}
	of := func(f func(Stats) uint64) func() float64 { return func() float64 { return float64(f(s.Stats())) } }
	process := func(n *atomic.Int64) func() float64 { return func() float64 { return float64(n.Load()) } }
	var errs []error
	for _, c := range []prometheus.Collector{
		counter("put_samples_total", "Samples that were ever kept.", of(func(s Stats) uint64 { return s.Put })),
		counter("delivered_samples_total", "Samples that the collector has.", of(func(s Stats) uint64 { return s.Delivered })),
		counter("dropped_samples_total", "Samples dropped unsent because the spool was full.", of(func(s Stats) uint64 { return s.Dropped })),
		counter("damaged_samples_total", "Samples that could not be read back from the disk.", of(func(s Stats) uint64 { return s.Damaged })),
		counter("refused_samples_total", "Samples that the collector refused for good.", of(func(s Stats) uint64 {
			return s.Put - s.Delivered - s.Dropped - s.Damaged - s.Waiting
		})),
		counter("repeated_samples_total", "Samples put again that were kept already.", process(&s.stats.repeated)),
		counter("passed_samples_total", "Samples sent without being kept, because the disk took nothing.", process(&s.stats.passed)),
		counter("errors_total", "Errors of the disk.", process(&s.stats.diskErrors)),
		gauge("samples", "Samples that wait to be sent.", func(s Stats) float64 { return float64(s.Waiting) }),
		gauge("bytes", "Size of the spool on disk.", func(s Stats) float64 { return float64(s.Bytes) }),
		gauge("lag_seconds", "Age of the oldest sample that waits.", func(s Stats) float64 { return s.Lag.Seconds() }),
	} {
		errs = append(errs, reg.Register(c))
	}
	return errors.Join(errs...)
}
