package collector

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"plimsoll/internal/metric"
)

// sink remembers what it was given; refuse and err make it refuse.
type sink struct {
	mu      sync.Mutex
	samples []metric.Sample
	refuse  func(metric.Sample) string
	err     error
}

func (s *sink) Put(_ context.Context, batch []metric.Sample) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	var refused *metric.RefusedError
	for _, m := range batch {
		if s.refuse != nil && s.refuse(m) != "" {
			refused = refused.Refuse(m, s.refuse(m))
			continue
		}
		s.samples = append(s.samples, m)
	}
	return refused.OrNil()
}

// text writes the samples one a line, in the order they came.
func (s *sink) text() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []string{}
	for _, m := range s.samples {
		out = append(out, fmt.Sprint(m.Labels, " ", m.Kind, " ", m.Value, " @", m.At, " since ", m.Start))
	}
	return out
}

func newCollector(t *testing.T, edit func(*Config)) (*Collector, *sink, *prometheus.Registry) {
	t.Helper()
	stored, reg := &sink{}, prometheus.NewPedanticRegistry()
	cfg := Default()
	cfg.Limits.MaxAge = 100 * 366 * 24 * time.Hour // tests stamp with what they like
	cfg.Dir, cfg.Sink, cfg.Registerer = t.TempDir(), stored, reg
	if edit != nil {
		edit(&cfg)
	}
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c, stored, reg
}

// metricValue returns the value of a metric of which one label has the given value.
func metricValue(t *testing.T, reg prometheus.Gatherer, name, label string) float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() != name || (label != "" && m.GetLabel()[0].GetValue() != label) {
				continue
			}
			return m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	return 0
}

func TestConfigReportsAllProblems(t *testing.T) {
	err := Config{}.Validate()
	for _, key := range []string{
		"max_body_bytes", "max_decoded_bytes", "max_samples", "max_sources",
		"limits.series", "limits.max_age", "max_requests", "max_hosts", "request_timeout", "retire", "forget",
		"watch_silence",
	} {
		if err == nil || !strings.Contains(err.Error(), key+":") {
			t.Errorf("%s is not in %v", key, err)
		}
	}
	if err := Default().Validate(); err != nil {
		t.Error(err)
	}
}

func TestSinkNotAvailableNotesNoHost(t *testing.T) {
	c, stored, _ := newCollector(t, nil)
	stored.err = errors.New("disk full")
	if err := c.Put(t.Context(), heartbeat("web1", 10)); !errors.Is(err, stored.err) {
		t.Errorf("got %v", err)
	}
	if hosts := c.Hosts(); len(hosts) != 0 {
		t.Errorf("hosts are %v", hosts)
	}
}
