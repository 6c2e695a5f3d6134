package rule

import (
	"context"
	"fmt"
	"time"

	"plimsoll/alerting/state"
	"plimsoll/internal/metric"
)

// lookAsPrometheus is Rule.lookAsPrometheus in the past. The texts of an instance
// are those of its first look. Where a look would have failed for too many
// instances, nothing is seen.
func (p *Past) lookAsPrometheus(ctx context.Context, at time.Time, known map[string]map[string]string) ([]Sighting, error) {
	r := p.rule
	t, err := p.track(ctx, r.Expr, at)
	if err != nil {
		return nil, fmt.Errorf("expr: %w", err)
	}
	seen := map[string]bool{}
	var found []Sighting
	var tooMany error
	moment{t, at.UnixMilli()}.each(func(e element) {
		s := p.sightOf(ctx, e, at)
		if seen[s.Key] {
			err = errTwins
			return
		}
		seen[s.Key] = true
		if _, old := known[s.Key]; !old && len(found) >= MaxFileInstances {
			tooMany = fmt.Errorf("%w: %d is the limit", ErrTooMany, MaxFileInstances)
			return
		}
		found = append(found, s)
	})
	if err != nil {
		return nil, err
	}
	if limit := r.Prometheus.Limit; limit > 0 && len(seen) > limit {
		return nil, fmt.Errorf("%w: %d, and the limit of the group is %d", ErrTooMany, len(seen), limit)
	}
	for key, lbls := range known {
		if !seen[key] {
			found = append(found, Sighting{Key: key, Labels: lbls, Verdict: state.Good, Absent: true})
		}
	}
	return found, tooMany
}

func (p *Past) sightOf(ctx context.Context, e element, at time.Time) Sighting {
	s, ok := p.seen[e.key]
	if !ok {
		one := metric.Series{Labels: e.labels, Points: []metric.Point{{At: at.UnixMilli(), Value: e.value}}}
		s = p.rule.sight(ctx, p.q, one, at)
		p.seen[e.key] = s
	}
	s.Value = finite(e.value)
	return s
}
