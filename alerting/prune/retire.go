package prune

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"plimsoll/alerting/rule"
	"plimsoll/internal/metric"
)

const (
	// retireConfidence and retireOccasions: 30 occasions of which nobody cared
	// for any leave less than ten in a hundred that matter.
	retireConfidence = 0.95
	retireOccasions  = 30
)

// retire finds a rule that nobody ever cared for, though people do for others:
// where nobody ever acknowledges anything, that says nothing.
func (b *book) retire(name string) (Suggestion, bool) {
	episodes := b.byRule[name]
	told := 0
	for i := range episodes {
		if episodes[i].mattered() {
			return Suggestion{}, false
		}
		told += min(1, episodes[i].Told)
	}
	n := len(occasions(episodes))
	if !b.cared || told == 0 || n < retireOccasions {
		return Suggestion{}, false
	}
	bound := Bound(n, retireConfidence)
	what := fmt.Sprintf("%d firings", len(episodes))
	if n < len(episodes) {
		what += fmt.Sprintf(" on %d occasions", n)
	}
	c := b.rules[name]
	was := string(c.WithDefaults().Severity)
	c.Severity = metric.Info
	return Suggestion{
		ID: string(Retire) + "/" + name, Rule: name, Kind: Retire,
		Text:   fmt.Sprintf("%s, nobody acknowledged: with 95 %% confidence fewer than %.1f %% of them matter", what, math.Ceil(bound*1000)/10),
		Change: ruleText(c, map[string]string{"severity": "was " + was + "; of information nobody is told unless a route says so"}),
		Evidence: evidence(slices.Clone(episodes), map[string]float64{
			"occasions": float64(n), "bound": bound, "told": float64(told),
		}),
		Confidence: retireConfidence,
	}, true
}

// stale finds the rules that did not fire and look at nothing: no series that
// they read had a point all the time. A rule that is merely quiet is not stale.
func (b *book) stale(ctx context.Context, q metric.Querier) ([]Suggestion, error) {
	from := b.now.Add(-Days * dayLength)
	old, err := anything(ctx, q, "count(up)", from, from.Add(dayLength))
	if err != nil || !old {
		return nil, err // nothing is remembered for as long
	}
	var out []Suggestion
	for name, c := range b.rules {
		if len(b.byRule[name]) > 0 {
			continue
		}
		r, err := rule.New(c.WithDefaults())
		if err != nil {
			return nil, err
		}
		presence := r.Presence()
		if presence == "" {
			continue
		}
		seen, err := anything(ctx, q, presence, from, b.now)
		if err != nil {
			return nil, err
		}
		if !seen {
			out = append(out, Suggestion{
				ID: string(Stale) + "/" + name, Rule: name, Kind: Stale,
				Text:       fmt.Sprintf("has not fired in %d days, and none of the series that it reads had a value: it looks at nothing", Days),
				Change:     commented("remove this rule, or mend its expression:", ruleText(c, nil)),
				Evidence:   evidence(nil, map[string]float64{"days": Days, "series": 0}),
				Confidence: 1,
			})
		}
	}
	return out, nil
}

// anything reports whether expr gives anything between two instants, an hour
// apart.
func anything(ctx context.Context, q metric.Querier, expr string, from, to time.Time) (bool, error) {
	for at := from; at.Before(to); at = at.Add(10 * dayLength) {
		end := at.Add(10*dayLength - time.Hour)
		if end.After(to) {
			end = to
		}
		res, err := q.Query(ctx, metric.Query{Expr: expr, Start: at, End: end, Step: time.Hour})
		if err != nil {
			return false, err
		}
		if slices.ContainsFunc(res.Series, func(s metric.Series) bool { return len(s.Points) > 0 }) {
			return true, nil
		}
	}
	return false, nil
}
