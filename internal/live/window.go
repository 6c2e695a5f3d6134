// Package live keeps the last minutes of every series in memory, at the full
// rate at which they arrive, for charts that move each second and for load
// tests. It is a Sink and a storage that PromQL reads; it forgets at exit.
//
// Two streams meet here: what sources show each second, and what was accepted
// by the store. Points must come in order per series; one that is not newer
// than the last is dropped, which also removes the overlap of the two. When the
// clock is set back, what then lies more than a minute ahead of it is dropped,
// so that a chart is dark for a minute at most.
package live

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sort"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
)

// Config bounds the window.
type Config struct {
	Span      time.Duration `yaml:"span"`       // how far back the window reaches
	MaxSeries int           `yaml:"max_series"` // more are refused and counted

	Now        func() time.Time      `yaml:"-"`
	Registerer prometheus.Registerer `yaml:"-"`
}

// Default returns a window of five minutes over 20,000 series.
func Default() Config { return Config{Span: 5 * time.Minute, MaxSeries: 20_000} }

// Validate reports every setting that cannot work.
func (c Config) Validate() error {
	var errs []error
	if c.Span < 30*time.Second || c.Span > time.Hour {
		errs = append(errs, fmt.Errorf("live.span: %s is not between 30s and 1h", c.Span))
	}
	if c.MaxSeries <= 0 {
		errs = append(errs, fmt.Errorf("live.max_series: %d is not positive", c.MaxSeries))
	}
	return errors.Join(errs...)
}

// futureLimit is how far ahead of the clock a point may be.
const futureLimit = time.Minute

// Window is the live window. It is safe for concurrent use.
type Window struct {
	config  Config
	refused *prometheus.CounterVec

	mu     sync.RWMutex         // guards all below
	series map[uint64][]*series // by hash of the labels
	count  int
	swept  int64 // when points out of bounds were last removed, in ms
}

type series struct {
	labels labels.Labels
	points []metric.Point
	total  float64 // running total of a timing's count or sum
}

// New returns an empty window.
func New(c Config) *Window {
	w := &Window{config: c, series: map[uint64][]*series{}}
	w.refused = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "plimsoll_live_refused_samples_total",
		Help: "Samples not shown in the live window, by reason.",
	}, []string{"reason"})
	size := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "plimsoll_live_series",
		Help: "Series in the live window.",
	}, func() float64 { w.mu.RLock(); defer w.mu.RUnlock(); return float64(w.count) })
	if c.Registerer != nil {
		c.Registerer.MustRegister(w.refused, size)
	}
	return w
}

// Put implements metric.Sink. It never fails: a sample too far ahead of the
// clock, or of a series too many, is counted. One that is not newer than the
// last of its series is not: the overlap of the two streams makes many of them
// each second. Nor is a NaN, which is a stale marker.
func (w *Window) Put(_ context.Context, samples []metric.Sample) error {
	now := w.config.Now().UnixMilli()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sweepLocked(now) // first, so that dead series leave room for new ones
	for _, s := range samples {
		if s.At > now+futureLimit.Milliseconds() {
			w.refused.WithLabelValues("future").Inc()
			continue
		}
		if s.Kind == metric.Timing {
			w.putTimingLocked(s)
		} else {
			w.putLocked(s.Labels, s.At, s.Value)
		}
	}
	return nil
}

// putTimingLocked adds the series that a timing is read as.
func (w *Window) putTimingLocked(s metric.Sample) {
	if s.Sketch == nil {
		return
	}
	if n := s.Sketch.Count(); n > 0 {
		for _, q := range metric.Quantiles {
			w.putLocked(metric.QuantileLabels(s.Labels, q), s.At, s.Sketch.Quantile(q))
		}
		w.putLocked(metric.SuffixLabels(s.Labels, "_min"), s.At, s.Sketch.Min())
		w.putLocked(metric.SuffixLabels(s.Labels, "_max"), s.At, s.Sketch.Max())
		w.putLocked(metric.SuffixLabels(s.Labels, "_stddev"), s.At, s.Sketch.Stddev())
	}
	w.addLocked(metric.SuffixLabels(s.Labels, "_count"), s.At, s.Sketch.Count())
	w.addLocked(metric.SuffixLabels(s.Labels, "_sum"), s.At, s.Sketch.Sum())
}

// addLocked appends the running total after an increase.
func (w *Window) addLocked(l labels.Labels, at int64, increase float64) {
	if s := w.findLocked(l); s != nil && s.accepts(at) {
		s.total += increase
		s.points = append(s.points, metric.Point{At: at, Value: s.total})
	}
}

func (w *Window) putLocked(l labels.Labels, at int64, value float64) {
	if math.IsNaN(value) {
		return
	}
	if s := w.findLocked(l); s != nil && s.accepts(at) {
		s.points = append(s.points, metric.Point{At: at, Value: value})
	}
}

func (s *series) accepts(at int64) bool {
	return len(s.points) == 0 || s.points[len(s.points)-1].At < at
}

// findLocked returns the series with labels l, made if there is room for it.
func (w *Window) findLocked(l labels.Labels) *series {
	hash := l.Hash()
	for _, s := range w.series[hash] {
		if labels.Equal(s.labels, l) {
			return s
		}
	}
	if w.count >= w.config.MaxSeries {
		w.refused.WithLabelValues("series limit").Inc()
		return nil
	}
	s := &series{labels: l}
	w.series[hash] = append(w.series[hash], s)
	w.count++
	return s
}

// sweepLocked removes the points that are out of bounds, and series without
// points: every tenth of the span, and at once when the clock was set back.
func (w *Window) sweepLocked(now int64) {
	span := w.config.Span.Milliseconds()
	if now-w.swept < span/10 && now >= w.swept {
		return
	}
	w.swept = now
	for hash, all := range w.series {
		kept := slices.DeleteFunc(all, func(s *series) bool {
			s.keep(now-span, now+futureLimit.Milliseconds())
			return len(s.points) == 0
		})
		w.count -= len(all) - len(kept)
		if len(kept) == 0 {
			delete(w.series, hash)
			continue
		}
		w.series[hash] = kept
	}
}

// keep removes the points before from and those after to. Points after to are
// of a clock that was ahead; while one is left, none of the right time is newer.
func (s *series) keep(from, to int64) {
	n := sort.Search(len(s.points), func(i int) bool { return s.points[i].At > to })
	old := sort.Search(n, func(i int) bool { return s.points[i].At >= from })
	s.points = slices.Delete(s.points[:n], 0, old)
}
