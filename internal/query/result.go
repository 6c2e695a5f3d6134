package query

import (
	"errors"
	"fmt"
	"slices"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"

	"plimsoll/internal/metric"
)

// maxNotes is how many warnings, and how many infos, an answer may have, as in
// Prometheus.
const maxNotes = 10

// convert copies a result out of the engine, whose memory is reused once the
// query is closed.
func convert(res *promql.Result, expr string) (metric.Result, error) {
	out := metric.Result{}
	for _, note := range res.Warnings {
		var coarse Coarse
		if errors.As(note, &coarse) {
			out.Resolution = max(out.Resolution, coarse.Step)
		}
	}
	out.Warnings, out.Infos = res.Warnings.AsStrings(expr, maxNotes, maxNotes)
	slices.Sort(out.Warnings)
	slices.Sort(out.Infos)
	switch v := res.Value.(type) {
	case promql.Scalar:
		out.Type = metric.Scalar
		out.Series = []metric.Series{{Labels: labels.EmptyLabels(), Points: []metric.Point{{At: v.T, Value: v.V}}}}
	case promql.String:
		out.Type, out.Text = metric.String, v.V
		out.Series = []metric.Series{{Points: []metric.Point{{At: v.T}}}}
	case promql.Vector:
		out.Type, out.Series = metric.Vector, fromVector(v)
	case promql.Matrix:
		out.Type, out.Series = metric.Matrix, fromMatrix(v)
	default:
		return out, fmt.Errorf("%w: result of type %T", metric.ErrExecution, res.Value)
	}
	return out, nil
}

func fromVector(v promql.Vector) []metric.Series {
	series := make([]metric.Series, 0, len(v))
	for _, s := range v {
		if s.H == nil {
			series = append(series, metric.Series{Labels: s.Metric, Points: []metric.Point{{At: s.T, Value: s.F}}})
		}
	}
	return series
}

func fromMatrix(m promql.Matrix) []metric.Series {
	series := make([]metric.Series, 0, len(m))
	for _, s := range m {
		points := make([]metric.Point, len(s.Floats))
		for i, p := range s.Floats {
			points[i] = metric.Point{At: p.T, Value: p.F}
		}
		series = append(series, metric.Series{Labels: s.Metric, Points: points})
	}
	return series
}
