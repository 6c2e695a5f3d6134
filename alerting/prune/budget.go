package prune

import (
	"context"
	"errors"
	"fmt"
	"time"

	"plimsoll/alerting/rule"
	"plimsoll/internal/metric"
)

// Budget is how much noise a rule may make.
type Budget struct {
	// PerWeek are the episodes of a rule in a week that ten hosts may have.
	PerWeek float64
	Hosts   int // fewer than ten count as ten
}

// DefaultBudget is five episodes a week for each ten hosts: about what people
// still look at, if a handful of rules use it up.
func DefaultBudget(hosts int) Budget { return Budget{PerWeek: 5, Hosts: hosts} }

// leastData is how much history it takes to tell.
const leastData = dayLength

// Noisy reports whether a rule was over the budget in the time that there was
// data. With less than a day of it none is.
func Noisy(r Report, b Budget) bool {
	data := r.To.Sub(r.From)
	for _, m := range r.Missing {
		data -= m.Until.Sub(m.From)
	}
	if data < leastData {
		return false
	}
	weeks := data.Hours() / weekLength.Hours()
	allowed := b.PerWeek * max(1, float64(b.Hosts)/10) * max(1, weeks)
	return float64(len(r.Episodes)+r.Dropped) > allowed
}

// startSpan is how far back rules are replayed that are new.
const startSpan = 30 * dayLength

// StartAsInfo replays rules on what history there is, and returns the reports of
// those that are over the budget: until the user sets them himself, they tell
// nobody. Rules whose replay is too much to ask for are left as they are.
func StartAsInfo(ctx context.Context, q metric.Querier, rules []rule.Config, now time.Time) (map[string]Report, error) {
	hosts, err := hostsAt(ctx, q, now)
	if err != nil {
		return nil, err
	}
	noisy := map[string]Report{}
	for _, c := range rules {
		r, err := Replay(ctx, q, c, now.Add(-startSpan), now)
		if errors.Is(err, metric.ErrTooMuch) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if Noisy(r, DefaultBudget(hosts)) {
			noisy[c.Name] = r
		}
	}
	return noisy, nil
}

// hostsAt counts the hosts that there are series of, whoever brought them.
func hostsAt(ctx context.Context, q metric.Querier, now time.Time) (int, error) {
	hosts, err := q.LabelValues(ctx, "instance", metric.Selection{Start: now.Add(-startSpan), End: now})
	if err != nil {
		return 0, fmt.Errorf("count hosts: %w", err)
	}
	return len(hosts), nil
}
