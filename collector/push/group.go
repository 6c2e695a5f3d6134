package push

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/exposition"
	"plimsoll/internal/metric"
)

// unstamped marks samples without a time of their own.
const unstamped = -1

// group is one group of metrics. It does not change once it is made.
type group struct {
	labels         labels.Labels
	source         string
	pushed, failed time.Time       // failed may be zero
	series         []metric.Sample // with the group's labels, without a time
}

// eof ends a message of OpenMetrics.
const eof = "# EOF"

// parse reads what is pushed to a group.
func parse(key labels.Labels, body []byte, contentType string, limit int) ([]metric.Sample, error) {
	if strings.HasPrefix(contentType, "application/openmetrics-text") && !strings.HasSuffix(strings.TrimSpace(string(body)), eof) {
		body = append(append(body, eof...), '\n') // client_golang's push leaves it out; HTTP told where the body ends
	}
	read, err := exposition.Parse(body, contentType, unstamped, limit)
	if err != nil {
		return nil, err
	}
	seen := map[uint64]bool{}
	for i := range read {
		s := &read[i]
		b := labels.NewBuilder(s.Labels)
		key.Range(func(l labels.Label) { b.Set(l.Name, l.Value) })
		s.Labels = b.Labels()
		switch hash := s.Labels.Hash(); {
		case s.At != unstamped:
			return nil, fmt.Errorf("%s has a time of its own: what is pushed stands for now", s.Labels)
		case s.Name() == "" || !s.Labels.IsValid(validation):
			return nil, fmt.Errorf("%s has no valid name or labels", s.Labels)
		case s.Name() == pushTime || s.Name() == failureTime:
			return nil, fmt.Errorf("%s is made here", s.Name())
		case s.Kind == metric.Counter && s.Value < 0:
			return nil, fmt.Errorf("%s is a counter and less than zero", s.Labels)
		case seen[hash]:
			return nil, fmt.Errorf("%s stands twice", s.Labels)
		default:
			seen[hash] = true
		}
		s.At, s.Start = 0, 0
	}
	return read, nil
}

// with returns the group with the metrics of its names replaced; g may be nil.
func (g *group) with(pushed *group) *group {
	if g == nil {
		return pushed
	}
	names := map[string]bool{}
	for _, s := range pushed.series {
		names[s.Name()] = true
	}
	out := *pushed
	out.series = slices.DeleteFunc(slices.Clone(g.series), func(s metric.Sample) bool { return names[s.Name()] })
	out.series = append(out.series, pushed.series...)
	return &out
}

// The series that each group has of its own.
const (
	pushTime    = "push_time_seconds"
	failureTime = "push_failure_time_seconds"
)

// sample returns all series of the group at an instant.
func (g *group) sample(at int64) []metric.Sample {
	out := make([]metric.Sample, 0, len(g.series)+2)
	for _, s := range g.series {
		s.At = at
		out = append(out, s)
	}
	seconds := func(name string, t time.Time) metric.Sample {
		s := metric.Sample{Labels: labels.NewBuilder(g.labels).Set(metric.NameLabel, name).Labels(), At: at}
		if !t.IsZero() {
			s.Value = float64(t.UnixMilli()) / 1000
		}
		return s
	}
	return append(out, seconds(pushTime, g.pushed), seconds(failureTime, g.failed))
}

// saved is a group in its file.
type saved struct {
	Version int               `json:"version"`
	Labels  map[string]string `json:"labels"`
	Source  string            `json:"source"`
	Pushed  time.Time         `json:"pushed"`
	Failed  time.Time         `json:"failed,omitzero"`
	Series  []savedSeries     `json:"series"`
}

type savedSeries struct {
	Labels  map[string]string `json:"labels"`
	Counter bool              `json:"counter,omitempty"`
	Value   exact             `json:"value"`
}

func (g *group) saved() saved {
	out := saved{Version: 1, Labels: g.labels.Map(), Source: g.source, Pushed: g.pushed, Failed: g.failed}
	for _, s := range g.series {
		out.Series = append(out.Series, savedSeries{s.Labels.Map(), s.Kind == metric.Counter, exact(s.Value)})
	}
	return out
}

func (s saved) group() (*group, error) {
	if s.Version != 1 || s.Labels["job"] == "" {
		return nil, errors.New("not a group of version 1")
	}
	g := &group{labels: labels.FromMap(maps.Clone(s.Labels)), source: s.Source, pushed: s.Pushed, failed: s.Failed}
	for _, one := range s.Series {
		m := metric.Sample{Labels: labels.FromMap(one.Labels), Value: float64(one.Value)}
		if one.Counter {
			m.Kind = metric.Counter
		}
		g.series = append(g.series, m)
	}
	return g, nil
}
