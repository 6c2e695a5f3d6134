package push

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/prometheus/model/value"

	"plimsoll/collector/inbound"
	"plimsoll/internal/metric"
)

// Gateway takes pushes and samples the groups.
type Gateway struct {
	cfg    Config
	log    *slog.Logger
	gate   *inbound.Gate
	files  files
	pushes *prometheus.CounterVec
	lost   prometheus.Counter

	mu     sync.Mutex        // guards what follows, and the files
	groups map[string]*group // by their labels as text

	shown map[uint64]shown // Run's own: the series of the last sampling, by hash
}

// shown is a series that was sampled.
type shown struct {
	sample metric.Sample
	source string
}

// New returns a Gateway with the groups of its files. A file that cannot be read
// is set aside.
func New(cfg Config) (*Gateway, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.SinkFor == nil || cfg.Now == nil {
		return nil, errors.New("push: SinkFor or Now is missing")
	}
	g := &Gateway{
		cfg: cfg, log: cfg.Logger, gate: inbound.NewGate(cfg.MaxRequests), files: files{cfg.Dir}, shown: map[uint64]shown{},
		pushes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "plimsoll_push_requests_total", Help: "Pushes by method and how they were answered.",
		}, []string{"method", "code"}),
		lost: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "plimsoll_push_put_errors_total", Help: "Samplings of a source's groups that could not be stored.",
		}),
	}
	if g.log == nil {
		g.log = slog.New(slog.DiscardHandler)
	}
	var err error
	if g.groups, err = g.files.load(g.log); err != nil {
		return nil, fmt.Errorf("load pushed groups: %w", err)
	}
	return g, g.register(cfg.Registerer)
}

func (g *Gateway) register(reg prometheus.Registerer) error {
	if reg == nil {
		return nil
	}
	gauge := func(name, help string, of func() int) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "plimsoll_push_" + name, Help: help}, func() float64 {
			g.mu.Lock()
			defer g.mu.Unlock()
			return float64(of())
		})
	}
	return errors.Join(
		reg.Register(g.pushes), reg.Register(g.lost),
		reg.Register(gauge("groups", "Groups of pushed metrics that live.", func() int { return len(g.groups) })),
		reg.Register(gauge("series", "Series of all groups.", func() int { return g.seriesLocked("") })),
	)
}

// seriesLocked returns how many series a source's groups have, or all.
func (g *Gateway) seriesLocked(source string) (n int) {
	for _, it := range g.groups {
		if source == "" || it.source == source {
			n += len(it.series)
		}
	}
	return n
}

// groupsLocked returns how many groups a source has.
func (g *Gateway) groupsLocked(source string) (n int) {
	for _, it := range g.groups {
		if it.source == source {
			n++
		}
	}
	return n
}

// Run samples all groups at each multiple of the interval, until ctx ends.
func (g *Gateway) Run(ctx context.Context) error {
	for {
		now := g.cfg.Now()
		next := now.Truncate(g.cfg.Interval).Add(g.cfg.Interval)
		timer := time.NewTimer(next.Sub(now))
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
			g.tick(ctx, next)
		}
	}
}

// tick puts what all groups have, and stale markers of what is gone. What could
// not be put is not put later: the next one says what holds then.
func (g *Gateway) tick(ctx context.Context, at time.Time) {
	now, bySource := map[uint64]shown{}, map[string][]metric.Sample{}
	for _, it := range g.living(at) {
		for _, s := range it.sample(at.UnixMilli()) {
			hash := s.Labels.Hash()
			if _, twice := now[hash]; !twice { // two groups may come to the same labels
				now[hash] = shown{s, it.source}
				bySource[it.source] = append(bySource[it.source], s)
			}
		}
	}
	for hash, was := range g.shown {
		if _, is := now[hash]; !is {
			s := was.sample
			s.At, s.Value = at.UnixMilli(), math.Float64frombits(value.StaleNaN)
			bySource[was.source] = append(bySource[was.source], s)
		}
	}
	g.shown = now
	for source, samples := range bySource {
		g.put(ctx, source, samples)
	}
}

func (g *Gateway) put(ctx context.Context, source string, samples []metric.Sample) {
	ctx, cancel := context.WithTimeout(ctx, g.cfg.RequestTimeout)
	defer cancel()
	err := g.cfg.SinkFor(source).Put(ctx, samples)
	var refused *metric.RefusedError // which the sink counts, and names
	if err != nil && !errors.As(err, &refused) {
		g.lost.Inc()
	}
}

// living removes the groups that have expired and returns the others, in order.
func (g *Gateway) living(at time.Time) []*group {
	g.mu.Lock()
	defer g.mu.Unlock()
	for key, it := range g.groups {
		if at.Sub(it.pushed) <= g.cfg.Expire {
			continue
		}
		if err := g.removeLocked(key); err != nil {
			g.log.Error("a group of pushed metrics that expired stays in its file", "group", key, "err", err)
		}
	}
	return sorted(g.groups)
}

func (g *Gateway) removeLocked(key string) error {
	err := g.files.remove(key)
	delete(g.groups, key)
	return err
}
