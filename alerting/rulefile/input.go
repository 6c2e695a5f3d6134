package rulefile

import (
	"fmt"
	"time"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
	"plimsoll/internal/query"
)

// input is a series of a test with the samples that are not loaded yet.
type input struct {
	labels  labels.Labels
	samples []inputSample
}

type inputSample struct {
	at    int64
	value float64
	h     *histogram.FloatHistogram
}

// parseInput expands the notation of all series. Of two with the same labels the
// latter counts.
func (r *run) parseInput() ([]input, error) {
	var all []input
	place := map[string]int{}
	step := time.Duration(r.test.Interval)
	for _, s := range r.test.InputSeries {
		lbls, values, err := query.NewParser().ParseSeriesDesc(s.Series + " " + s.Values)
		if err != nil {
			return nil, fmt.Errorf("input series %q: %w", s.Series+" "+s.Values, err)
		}
		in := input{labels: lbls}
		for i, v := range values {
			if !v.Omitted {
				at := r.start.Add(time.Duration(i) * step).UnixMilli()
				in.samples = append(in.samples, inputSample{at, v.Value, v.Histogram})
			}
		}
		if at, twice := place[lbls.String()]; twice {
			all[at] = in
			continue
		}
		place[lbls.String()] = len(all)
		all = append(all, in)
	}
	return all, nil
}

// load puts the samples up to an instant into the memory and returns the rest.
func (r *run) load(all []input, at time.Time) []input {
	for i := range all {
		in := &all[i]
		for len(in.samples) > 0 && in.samples[0].at <= at.UnixMilli() {
			if !r.put(in.labels, in.samples[0]) {
				r.fail("input series %s: a rule gave it a sample at the same time", in.labels)
			}
			in.samples = in.samples[1:]
		}
	}
	return all
}

func (r *run) put(lbls labels.Labels, s inputSample) bool {
	if s.h != nil {
		return r.memory.PutHistogram(lbls, s.at, s.h)
	}
	return r.memory.PutOne(metric.Sample{Labels: lbls, At: s.at, Value: s.value})
}
