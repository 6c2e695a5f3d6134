package counterd

import (
	"context"
	"math"
	"testing"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
)

// FuzzDatagram sends anything at all: nothing may panic, the account must close,
// and what goes out must be fit for the store.
func FuzzDatagram(f *testing.F) {
	for _, c := range conformance {
		f.Add([]byte(c.lines))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		b := newBench(t, func(c *Config) { c.MaxSeries = 50 })
		before := string(data)
		b.lines(string(data))
		b.ticker.tick(context.Background(), at(10), goesOn)
		st := b.Stats()
		sum := uint64(0)
		for r, n := range st.Bad {
			if r == "" {
				t.Error("a bad line without a reason")
			}
			sum += n
		}
		if st.Lines != st.Parsed+sum || string(data) != before {
			t.Errorf("%d lines, %d parsed, %d bad", st.Lines, st.Parsed, sum)
		}
		for _, s := range b.live.take() {
			check(t, s)
		}
	})
}

func check(t *testing.T, s metric.Sample) {
	t.Helper()
	if s.Labels.Has("") || !plain(s.Name(), true) {
		t.Errorf("labels %v", s.Labels)
	}
	s.Labels.Range(func(l labels.Label) {
		if !plain(l.Name, false) || l.Value == "" {
			t.Errorf("label %q=%q", l.Name, l.Value)
		}
	})
	if math.IsNaN(s.Value) || math.IsInf(s.Value, 0) {
		t.Errorf("%v is %v", s.Labels, s.Value)
	}
	if s.Kind == metric.Timing && (math.IsInf(s.Sketch.Sum(), 0) || math.IsInf(s.Sketch.Stddev(), 0)) {
		t.Errorf("timing %v: %+v", s.Labels, s.Sketch)
	}
	if s.Kind == metric.Counter && s.Value < 0 {
		t.Errorf("counter %v is %v", s.Labels, s.Value)
	}
}

// plain is the grammar of metric and label names, written anew.
func plain(name string, colon bool) bool {
	for i, c := range name {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == ':' && colon
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return name != ""
}
