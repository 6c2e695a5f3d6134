package rule

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
)

// finite returns v, or nil if JSON has no word for it.
func finite(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}

type element struct {
	key    string
	labels labels.Labels
	value  float64
}

type answer struct {
	inOrder []element
	byKey   map[string]element
}

// fetch asks expr and identifies the elements by their labels without the name,
// which a comparison keeps and arithmetic drops.
func fetch(ctx context.Context, q metric.Querier, expr string, at time.Time) (answer, error) {
	res, err := q.Query(ctx, metric.Query{Expr: expr, End: at})
	if err != nil {
		return answer{}, err
	}
	if res.Type != metric.Vector {
		return answer{}, fmt.Errorf("%q gave a %s: %w", expr, res.Type, metric.ErrBadQuery)
	}
	a := answer{byKey: make(map[string]element, len(res.Series))}
	for _, s := range res.Series {
		if len(s.Points) == 0 {
			continue
		}
		lbls := labels.NewBuilder(s.Labels).Del(model.MetricNameLabel).Labels()
		e := element{key: lbls.String(), labels: lbls, value: s.Points[len(s.Points)-1].Value}
		if _, twice := a.byKey[e.key]; twice {
			return answer{}, fmt.Errorf("%q gave %s twice: %w", expr, e.key, metric.ErrBadQuery)
		}
		a.byKey[e.key] = e
		a.inOrder = append(a.inOrder, e)
	}
	return a, nil
}
