package rule

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/alerting/state"
	"plimsoll/alerting/trend"
	"plimsoll/internal/metric"
)

// ForecastName is the series in which the capacity planner says when something
// runs out, in Unix time: for each quantile 0.1, 0.5 and 0.9 one, with the labels
// of what it is about and, as `rule`, the name of the rule that asks.
const ForecastName = "plimsoll_runout_timestamp_seconds"

// lookAhead is Look of a rule that says when something runs out.
func (r *Rule) lookAhead(ctx context.Context, q metric.Querier, at time.Time, known map[string]map[string]string) ([]Sighting, error) {
	past, err := r.past(ctx, q, at)
	if err != nil {
		return nil, fmt.Errorf("of: %w", err)
	}
	limit, err := r.limits(ctx, q, at)
	if err != nil {
		return nil, fmt.Errorf("limit: %w", err)
	}
	planned, err := r.forecasts(ctx, q, at)
	if err != nil {
		return nil, fmt.Errorf("forecast: %w", err)
	}
	var found []Sighting
	var tooMany error
	seen := map[string]bool{}
	for _, s := range past {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		key, lbls := identify(s.Labels)
		_, old := known[key]
		v, limited := limit(key)
		if !limited || len(s.Points) == 0 || s.Points[len(s.Points)-1].At < at.UnixMilli() {
			continue
		}
		seen[key] = true
		out, ok := planned[key]
		if !ok {
			out, ok = r.outlook(s.Points, v)
		}
		one := r.foresee(element{key: key, labels: lbls}, out, ok, at)
		switch {
		case old:
			found = append(found, one)
		case one.Verdict == state.Bad && len(found) >= MaxInstances:
			tooMany = fmt.Errorf("%w: more than %d", ErrTooMany, MaxInstances)
		case one.Verdict == state.Bad:
			found = append(found, one)
		}
	}
	for key, lbls := range known {
		if !seen[key] {
			found = append(found, Sighting{Key: key, Labels: lbls, Verdict: state.Missing, Absent: true})
		}
	}
	return found, tooMany
}

// past asks for the history of all series, whose last point is now.
func (r *Rule) past(ctx context.Context, q metric.Querier, at time.Time) ([]metric.Series, error) {
	step := r.RunsOut.step()
	start := at.Add(-r.RunsOut.History.Truncate(step))
	res, err := q.Query(ctx, metric.Query{Expr: r.RunsOut.Of, Start: start, End: at, Step: step})
	if err != nil {
		return nil, err
	}
	if res.Type != metric.Matrix {
		return nil, fmt.Errorf("%q gave a %s: %w", r.RunsOut.Of, res.Type, metric.ErrBadQuery)
	}
	return res.Series, nil
}

// limits returns the limit of each series. Of what is left it is 0.
func (r *Rule) limits(ctx context.Context, q metric.Querier, at time.Time) (func(key string) (float64, bool), error) {
	if r.RunsOut.Limit == "" {
		return func(string) (float64, bool) { return 0, true }, nil
	}
	res, err := q.Query(ctx, metric.Query{Expr: r.RunsOut.Limit, End: at})
	if err != nil {
		return nil, err
	}
	if res.Type == metric.Scalar {
		v := res.Series[0].Points[0].Value
		return func(string) (float64, bool) { return v, true }, nil
	}
	byKey := map[string]float64{}
	for _, s := range res.Series {
		if key, _ := identify(s.Labels); len(s.Points) > 0 {
			byKey[key] = s.Points[len(s.Points)-1].Value
		}
	}
	return func(key string) (float64, bool) {
		v, ok := byKey[key]
		return v, ok && !math.IsNaN(v)
	}, nil
}

// forecasts are what the planner says, by the key of what it is about. It must
// give the first tenth and the middle.
func (r *Rule) forecasts(ctx context.Context, q metric.Querier, at time.Time) (map[string]trend.RunOut, error) {
	res, err := q.Query(ctx, metric.Query{Expr: fmt.Sprintf("%s{rule=%q}", ForecastName, r.Name), End: at})
	if err != nil {
		return nil, err
	}
	quantiles := map[string]map[string]float64{}
	for _, s := range res.Series {
		key, _ := identify(labels.NewBuilder(s.Labels).Del("quantile", "rule").Labels())
		if quantiles[key] == nil {
			quantiles[key] = map[string]float64{}
		}
		if v := s.Points[len(s.Points)-1].Value; !math.IsNaN(v) {
			quantiles[key][s.Labels.Get("quantile")] = v
		}
	}
	planned := map[string]trend.RunOut{}
	for key, of := range quantiles {
		early, hasEarly := of["0.1"]
		middle, hasMiddle := of["0.5"]
		late, hasLate := of["0.9"]
		if !hasLate {
			late = math.Inf(1)
		}
		if hasEarly && hasMiddle {
			planned[key] = trend.RunOut{Early: early, At: middle, Late: late, Significant: true}
		}
	}
	return planned, nil
}

// outlook is what the past says. What is left runs out as what is used grows.
func (r *Rule) outlook(points []metric.Point, limit float64) (trend.RunOut, bool) {
	sign := 1.0
	if r.RunsOut.Limit == "" {
		sign = -1
	}
	var used []trend.Point
	for _, p := range points {
		if v := sign * p.Value; !math.IsNaN(v) && !math.IsInf(v, 0) {
			used = append(used, trend.Point{At: float64(p.At) / 1000, Value: v})
		}
	}
	return trend.Forecast(used, limit)
}

// foresee makes a verdict of an outlook. Between near and far, and where the
// past does not tell, a trouble that is known stays.
func (r *Rule) foresee(e element, out trend.RunOut, ok bool, at time.Time) Sighting {
	all := r.allLabels(e)
	s := Sighting{Key: e.key, Labels: all, Verdict: state.Held}
	if !ok {
		return s
	}
	within := r.RunsOut.Within.Seconds()
	e.value = max(out.Early-seconds(at), 0)
	s.Value = finite(e.value)
	switch {
	case out.Significant && e.value <= within:
		s.Verdict, s.Runbook = state.Bad, r.runbook(all, e.value)
		s.Summary = r.summary(Values{Labels: all, Value: e.value, When: r.RunsOut.when(out, at)})
	case e.value > clearFactor*within:
		s.Verdict = state.Good
		s.Summary = "does not run out " + r.RunsOut.until(out, at)
		return s
	}
	if r.grade != nil {
		s.Severity = r.grade(e.value)
	}
	return s
}

func seconds(at time.Time) float64 { return float64(at.UnixMilli()) / 1000 }
