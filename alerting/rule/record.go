package rule

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
)

// Recording is a recording rule: what its expression gives becomes series of
// its name.
type Recording struct {
	Name, Expr  string
	Labels      map[string]string
	QueryOffset time.Duration
	Limit       int // 0: none
}

// errTwinSeries is Prometheus' ErrDuplicateRecordingLabelSet.
var errTwinSeries = errors.New("vector contains metrics with the same labelset after applying rule labels")

// Evaluate returns what the rule gives at an instant, stamped with that at which
// it looked.
func (r Recording) Evaluate(ctx context.Context, q metric.Querier, at time.Time) ([]metric.Sample, error) {
	at = at.Add(-r.QueryOffset)
	series, err := ask(ctx, q, r.Expr, at)
	if err != nil {
		return nil, err
	}
	seen := make(map[string]bool, len(series))
	out := make([]metric.Sample, 0, len(series))
	for _, s := range series {
		b := labels.NewBuilder(s.Labels).Set(model.MetricNameLabel, r.Name)
		for name, v := range r.Labels {
			b.Set(name, v)
		}
		sm := metric.Sample{Labels: b.Labels(), At: at.UnixMilli(), Value: s.Points[len(s.Points)-1].Value}
		key := sm.Labels.String()
		if seen[key] {
			return nil, errTwinSeries
		}
		seen[key] = true
		out = append(out, sm)
	}
	if n := len(out); r.Limit > 0 && n > r.Limit {
		return nil, fmt.Errorf("exceeded limit of %d with %d series", r.Limit, n)
	}
	return out, nil
}
