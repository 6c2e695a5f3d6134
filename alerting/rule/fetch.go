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
	series, err := ask(ctx, q, expr, at)
	if err != nil {
		return nil, err
	}
	a := vector{byKey: make(map[string]element, len(series))}
	for _, s := range series {
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
