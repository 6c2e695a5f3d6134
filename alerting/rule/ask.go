package rule

import (
	"context"
	"fmt"
	"time"

	"plimsoll/internal/metric"
)

// ask is the answer to expr at an instant: series of one point each. A number is
// one without labels, as it is for Prometheus' rules.
func ask(ctx context.Context, q metric.Querier, expr string, at time.Time) ([]metric.Series, error) {
	res, err := q.Query(ctx, metric.Query{Expr: expr, End: at})
	if err != nil {
		return nil, err
	}
	if res.Type != metric.Vector && res.Type != metric.Scalar {
		return nil, fmt.Errorf("%q gave a %s: %w", expr, res.Type, metric.ErrBadQuery)
	}
	series := res.Series[:0]
	for _, s := range res.Series {
		if len(s.Points) > 0 {
			series = append(series, s)
		}
	}
	return series, nil
}
