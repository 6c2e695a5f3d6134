// Package self is the agent that measures the program itself: its own metrics, so
// that what was dropped or refused can be graphed and can page like all else.
package self

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
)

// Agent samples the metrics of a program.
type Agent struct{ gatherer prometheus.Gatherer }

// New returns an Agent for what g gathers.
func New(g prometheus.Gatherer) Agent { return Agent{g} }

// Name implements agents.Agent.
func (Agent) Name() string { return "self" }

// Sample implements agents.Agent. Histograms are left to /metrics.
func (s Agent) Sample(_ context.Context, at time.Time) ([]metric.Sample, error) {
	families, err := s.gatherer.Gather()
	if err != nil {
		return nil, fmt.Errorf("gather own metrics: %w", err)
	}
	var samples []metric.Sample
	for _, f := range families {
		if !strings.HasPrefix(f.GetName(), "plimsoll_") && !strings.HasPrefix(f.GetName(), "process_") {
			continue
		}
		for _, m := range f.GetMetric() {
			if one, ok := sampleOf(f, m); ok {
				one.At = at.UnixMilli()
				samples = append(samples, one)
			}
		}
	}
	return samples, nil
}

// sampleOf converts a counter or a gauge.
func sampleOf(f *dto.MetricFamily, m *dto.Metric) (metric.Sample, bool) {
	s := metric.Sample{}
	switch f.GetType() {
	case dto.MetricType_COUNTER:
		s.Kind, s.Value = metric.Counter, m.GetCounter().GetValue()
	case dto.MetricType_GAUGE:
		s.Value = m.GetGauge().GetValue()
	default:
		return s, false
	}
	b := labels.NewScratchBuilder(1 + len(m.GetLabel()))
	b.Add(metric.NameLabel, f.GetName())
	for _, l := range m.GetLabel() {
		b.Add(l.GetName(), l.GetValue())
	}
	b.Sort()
	s.Labels = b.Labels()
	return s, true
}

// Meta describes the program's own metrics.
func (s Agent) Meta() (all []metric.Meta) {
	families, err := s.gatherer.Gather()
	if err != nil {
		return nil // /metrics reports it
	}
	for _, f := range families {
		all = append(all, metric.Meta{Name: f.GetName(), Type: strings.ToLower(f.GetType().String()), Help: f.GetHelp()})
	}
	return all
}
