package rulefile

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/query"
)

// checkAlerts compares what fires with the expectations of the instants from an
// evaluation to the next.
func (r *run) checkAlerts(trial Trial, from time.Duration) {
	for _, t := range r.test.AlertTests {
		if at := time.Duration(t.EvalTime); at < from || at-from >= time.Duration(r.file.EvaluationInterval) {
			continue
		}
		var want []string
		for _, a := range t.ExpAlerts {
			lbls := maps.Clone(a.Labels)
			if lbls == nil {
				lbls = map[string]string{}
			}
			lbls[model.AlertNameLabel] = t.Alertname
			want = append(want, Firing{lbls, a.Annotations}.String())
		}
		var got []string
		for _, f := range trial.Firing(t.Alertname) {
			got = append(got, f.String())
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(want, got) {
			r.fail("alertname: %s, time: %s\n    exp: %s\n    got: %s", t.Alertname, t.EvalTime, listed(want), listed(got))
		}
	}
}

// String writes labels and annotations.
func (f Firing) String() string {
	return "labels " + labels.FromMap(f.Labels).String() + " annotations " + labels.FromMap(f.Annotations).String()
}

func listed(all []string) string {
	if len(all) == 0 {
		return "nothing"
	}
	return strings.Join(all, "\n         ")
}

// found is an element of a vector.
type found struct {
	labels    labels.Labels
	value     float64
	histogram string // as the parser reads it; "": there is none
}

func (f found) String() string {
	if f.histogram != "" {
		return f.labels.String() + " " + f.histogram
	}
	return f.labels.String() + " " + strconv.FormatFloat(f.value, 'g', -1, 64)
}

// checkExpr asks an expression at the end of the test.
func (r *run) checkExpr(ctx context.Context, t exprTest) {
	got, err := r.ask(ctx, t)
	var want []found
	if err == nil {
		want, err = expected(t)
	}
	if err != nil {
		r.fail("expr: %q, time: %s: %v", t.Expr, t.EvalTime, err)
		return
	}
	same := slices.EqualFunc(want, got, func(a, b found) bool {
		return labels.Equal(a.labels, b.labels) && a.histogram == b.histogram && r.equal(a.value, b.value)
	})
	if !same {
		r.fail("expr: %q, time: %s\n    exp: %s\n    got: %s", t.Expr, t.EvalTime, listed(written(want)), listed(written(got)))
	}
}

func written(all []found) (out []string) {
	for _, f := range all {
		out = append(out, f.String())
	}
	return out
}

func (r *run) ask(ctx context.Context, t exprTest) ([]found, error) {
	vector, err := r.engine.Instant(ctx, t.Expr, r.start.Add(time.Duration(t.EvalTime)))
	if err != nil {
		return nil, err
	}
	var out []found
	for _, s := range vector {
		out = append(out, found{s.Metric, s.F, notation(s.H)})
	}
	return sorted(out), nil
}

func expected(t exprTest) ([]found, error) {
	var out []found
	for _, s := range t.ExpSamples {
		lbls, err := query.NewParser().ParseMetric(s.Labels)
		if err != nil {
			return nil, fmt.Errorf("labels %q: %w", s.Labels, err)
		}
		f := found{labels: lbls, value: s.Value}
		if s.Histogram != "" {
			_, values, err := query.NewParser().ParseSeriesDesc("{} " + s.Histogram)
			if err != nil {
				return nil, fmt.Errorf("histogram %q: %w", s.Histogram, err)
			}
			if len(values) != 1 || values[0].Histogram == nil {
				return nil, fmt.Errorf("%q is not one histogram", s.Histogram)
			}
			f.histogram = notation(values[0].Histogram)
		}
		out = append(out, f)
	}
	return sorted(out), nil
}

func notation(h *histogram.FloatHistogram) string {
	if h == nil {
		return ""
	}
	return h.TestExpression()
}

func sorted(all []found) []found {
	slices.SortStableFunc(all, func(a, b found) int { return labels.Compare(a.labels, b.labels) })
	return all
}
