package prune_test

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/alerting/prune"
	"plimsoll/alerting/rule"
	"plimsoll/internal/metric"
)

func TestNoisy(t *testing.T) {
	report := func(days, missing, episodes int) prune.Report {
		r := prune.Report{From: begin, To: begin.Add(time.Duration(days) * day), Episodes: make([]prune.Episode, episodes)}
		if missing > 0 {
			r.Missing = []prune.Span{{From: begin, Until: begin.Add(time.Duration(missing) * day)}}
		}
		return r
	}
	for _, c := range []struct {
		report prune.Report
		hosts  int
		want   bool
	}{
		{report(28, 0, 20), 3, false},
		{report(28, 0, 21), 3, true},
		{report(28, 0, 21), 20, false},
		{report(28, 14, 11), 0, true}, // two weeks of data
		{report(2, 0, 5), 0, false},   // a part of a week is a week
		{report(2, 0, 6), 0, true},
		{report(30, 30, 100), 0, false}, // nothing to tell by
	} {
		if got := prune.Noisy(c.report, prune.DefaultBudget(c.hosts)); got != c.want {
			t.Errorf("%d episodes, %d hosts: %v", len(c.report.Episodes), c.hosts, got)
		}
	}
}

func TestNoisyRulesStartAsInfo(t *testing.T) {
	h, now := &history{}, begin.Add(40*day)
	for _, host := range []string{"a", "b"} {
		h.add(labels.FromStrings("__name__", "up", "instance", host), begin, now, minute, spikes(0))
	}
	var often []time.Duration
	for n := range 200 {
		often = append(often, 11*day+time.Duration(n)*3*time.Hour)
	}
	h.add(load("a"), begin.Add(11*day), now, minute, spikes(30*minute, often...))
	h.add(load("b"), begin.Add(11*day), now, minute, spikes(30*minute, often[7]))
	rules := []rule.Config{
		{Name: "Noisy", Expr: "load > 8", Interval: 5 * minute},
		{Name: "Calm", Expr: `load{instance="b"} > 8`, Interval: 5 * minute},
		{Name: "Absent", Expr: "other > 8", Interval: 5 * minute},
	}
	got, err := prune.StartAsInfo(t.Context(), h.querier(), rules, now)
	if diff := cmp.Diff([]string{"Noisy"}, slices.Sorted(maps.Keys(got))); err != nil || diff != "" || len(got["Noisy"].Episodes) != 201 {
		t.Errorf("%v\n%s", err, diff)
	}
	// A hundred hosts may make ten times as much noise.
	if got, err := prune.StartAsInfo(t.Context(), crowd{h.querier()}, rules[:1], now); err != nil || len(got) != 0 {
		t.Errorf("of a hundred hosts: %v, %v", got, err)
	}
}

// crowd has a hundred hosts.
type crowd struct{ metric.Querier }

func (crowd) LabelValues(context.Context, string, metric.Selection) ([]string, error) {
	return make([]string, 100), nil
}
