package app

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

// self is the agent that measures the service itself: its own metrics, so that
// what was dropped or refused can be graphed and can page like all else.
type self struct{ gatherer prometheus.Gatherer }

func (self) Name() string { return "self" }

// Sample implements agents.Agent. Histograms are left to /metrics.
func (s self) Sample(_ context.Context, at time.Time) ([]metric.Sample, error) {
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

// meta describes the service's own metrics.
func (s self) meta() (all []metric.Meta) {
	families, err := s.gatherer.Gather()
	if err != nil {
		return nil // /metrics reports it
	}
	for _, f := range families {
		all = append(all, metric.Meta{Name: f.GetName(), Type: strings.ToLower(f.GetType().String()), Help: f.GetHelp()})
	}
	return all
}
