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

// identify returns the labels of a series without its name, which a comparison
// keeps and arithmetic drops, and the key of an instance that they make.
func identify(series labels.Labels) (string, labels.Labels) {
	lbls := labels.NewBuilder(series).Del(model.MetricNameLabel).Labels()
	return lbls.String(), lbls
}

// vector is the answer to an instant query.
type vector struct {
	inOrder []element
	byKey   map[string]element
}

func (v vector) each(do func(element)) {
	for _, e := range v.inOrder {
		do(e)
	}
}

func (v vector) find(key string) (element, bool) {
	e, ok := v.byKey[key]
	return e, ok
}

// fetch asks expr about an instant.
func fetch(ctx context.Context, q metric.Querier, expr string, at time.Time) (answer, error) {
	res, err := q.Query(ctx, metric.Query{Expr: expr, End: at})
	if err != nil {
		return nil, err
	}
	if res.Type != metric.Vector {
		return nil, fmt.Errorf("%q gave a %s: %w", expr, res.Type, metric.ErrBadQuery)
	}
	a := vector{byKey: make(map[string]element, len(res.Series))}
	for _, s := range res.Series {
		if len(s.Points) == 0 {
			continue
		}
		key, lbls := identify(s.Labels)
		e := element{key: key, labels: lbls, value: s.Points[len(s.Points)-1].Value}
		if _, twice := a.byKey[e.key]; twice {
			return nil, twiceError(expr, key)
		}
		a.byKey[e.key] = e
		a.inOrder = append(a.inOrder, e)
	}
	return a, nil
}

func twiceError(expr, key string) error {
	return fmt.Errorf("%q gave %s twice: %w", expr, key, metric.ErrBadQuery)
}
