package rule

import (
	"context"
	"fmt"
	"time"

	"plimsoll/internal/metric"
)

// Present returns the labels of all series that the rule looks at and that are
// there at an instant, bad or not, by key; of a rule that can tell what is absent.
func (r *Rule) Present(ctx context.Context, q metric.Querier, at time.Time) (map[string]map[string]string, error) {
	there, err := fetch(ctx, q, r.bare, at)
	if err != nil {
		return nil, fmt.Errorf("presence: %w", err)
	}
	present := map[string]map[string]string{}
	there.each(func(e element) { present[e.key] = r.allLabels(e) })
	return present, nil
}
