package metric_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
)

func TestKindOf(t *testing.T) {
	for name, want := range map[string]metric.Kind{
		"http_requests_total": metric.Counter, "rpc_seconds_sum": metric.Counter, "rpc_seconds_count": metric.Counter,
		"rpc_seconds_bucket": metric.Counter, "node_load1": metric.Gauge, "totals": metric.Gauge, "": metric.Gauge,
	} {
		if got := metric.KindOf(name); got != want {
			t.Errorf("KindOf(%q) = %s, want %s", name, got, want)
		}
	}
}

func TestRefusedErrorSaysHowManyAndWhy(t *testing.T) {
	var refused *metric.RefusedError
	if err := refused.OrNil(); err != nil {
		t.Fatalf("no refusal is an error: %v", err)
	}
	first := metric.Sample{Labels: labels.FromStrings(metric.NameLabel, "up"), At: 1_700_000_000_000}
	refused = refused.Refuse(first, "late").Refuse(metric.Sample{}, "future").Refuse(metric.Sample{}, "late")
	want := `3 samples refused (future: 1, late: 2), the first of them {__name__="up"} at 2023-11-14T22:13:20Z`
	if got := refused.OrNil().Error(); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

func TestTimingSeriesNames(t *testing.T) {
	timing := labels.FromStrings(metric.NameLabel, "db_seconds", "host", "a")
	if got := metric.QuantileLabels(timing, 0.05).String(); got != `{__name__="db_seconds", host="a", quantile="0.05"}` {
		t.Error(got)
	}
	if got := metric.SuffixLabels(timing, "_count").String(); got != `{__name__="db_seconds_count", host="a"}` {
		t.Error(got)
	}
}

// sink notes how many samples it got and answers with err.
type sink struct {
	got int
	err error
}

func (s *sink) Put(_ context.Context, samples []metric.Sample) error {
	s.got += len(samples)
	return s.err
}

func TestTeeShowsWhatTheStoreTook(t *testing.T) {
	refused := (*metric.RefusedError)(nil).Refuse(metric.Sample{}, "late")
	for _, c := range []struct {
		store error
		shown int
	}{{nil, 2}, {refused, 2}, {errors.New("disk full"), 0}} {
		store, live := &sink{err: c.store}, &sink{err: errors.New("window closed")}
		err := metric.Tee{Store: store, Live: live}.Put(t.Context(), make([]metric.Sample, 2))
		if diff := cmp.Diff([]int{2, c.shown}, []int{store.got, live.got}); diff != "" || !errors.Is(err, c.store) {
			t.Errorf("store answers %v: %v\n%s", c.store, err, diff)
		}
	}
}
