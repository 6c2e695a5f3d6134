package remote

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
)

// PushDown is a metric.Querier whose range queries the engine answers, in its own
// dialect. What it does not understand, and all else, Querier answers.
type PushDown struct {
	metric.Querier
	Reader *Reader
}

// Query implements metric.Querier.
func (p PushDown) Query(ctx context.Context, q metric.Query) (metric.Result, error) {
	if q.Step <= 0 {
		return p.Querier.Query(ctx, q)
	}
	res, err := p.Reader.queryRange(ctx, q)
	var said *engineError
	if errors.As(err, &said) && (said.status == http.StatusBadRequest || said.status == http.StatusUnprocessableEntity) {
		return p.Querier.Query(ctx, q)
	}
	return res, err
}

// pushed is the answer of Prometheus' range query.
type pushed struct {
	Result []struct {
		Metric map[string]string    `json:"metric"`
		Values [][2]json.RawMessage `json:"values"`
	} `json:"result"`
}

func (r *Reader) queryRange(ctx context.Context, q metric.Query) (metric.Result, error) {
	if err := r.enter(ctx); err != nil {
		return metric.Result{}, err
	}
	defer r.leave()
	var got pushed
	err := r.ask(ctx, http.MethodPost, "query_range", url.Values{
		"query": {q.Expr}, "start": {seconds(q.Start.UnixMilli())}, "end": {seconds(q.End.UnixMilli())},
		"step": {strconv.FormatFloat(q.Step.Seconds(), 'f', 3, 64)}, "timeout": {r.cfg.ReadTimeout.Round(time.Second).String()},
	}, &got)
	if err != nil {
		return metric.Result{}, err
	}
	out := metric.Result{Type: metric.Matrix, Series: make([]metric.Series, 0, len(got.Result))}
	for _, s := range got.Result {
		points := make([]metric.Point, 0, len(s.Values))
		for _, v := range s.Values {
			p, err := pushedPoint(v)
			if err != nil {
				return metric.Result{}, err
			}
			points = append(points, p)
		}
		if len(points) > 0 { // none: native histograms only
			out.Series = append(out.Series, metric.Series{Labels: labels.FromMap(s.Metric), Points: points})
		}
	}
	return out, nil
}

// pushedPoint reads [seconds, "value"].
func pushedPoint(v [2]json.RawMessage) (metric.Point, error) {
	at, err := strconv.ParseFloat(string(v[0]), 64)
	var text string
	if err == nil {
		err = json.Unmarshal(v[1], &text)
	}
	value, parseErr := strconv.ParseFloat(text, 64)
	if err = errors.Join(err, parseErr); err != nil {
		return metric.Point{}, fmt.Errorf("%w: point [%s, %s]: %w", errMessage, v[0], v[1], err)
	}
	return metric.Point{At: int64(at*1000 + 0.5), Value: value}, nil
}
