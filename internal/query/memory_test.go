package query

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"

	"plimsoll/internal/metric"
)

func TestMemoryKeepsOrder(t *testing.T) {
	m := NewMemory()
	put := func(at int64, v float64) error {
		return m.Put(t.Context(), []metric.Sample{{Labels: labels.FromStrings("__name__", "a"), At: at, Value: v}})
	}
	stale := math.Float64frombits(value.StaleNaN)
	var refused *metric.RefusedError
	for _, s := range []struct {
		at    int64
		v     float64
		taken bool
	}{{1000, 1, true}, {1000, 1, true}, {1000, 2, false}, {500, 1, false}, {1000, stale, true}, {2000, stale, true}, {3000, 4, true}} {
		if err := put(s.at, s.v); (err == nil) != s.taken || err != nil && !errors.As(err, &refused) {
			t.Errorf("%v at %d: %v", s.v, s.at, err)
		}
	}
	e := New(m, Config{Timeout: time.Second, MaxSamples: 100, Lookback: time.Minute})
	for at, want := range map[int64]int{0: 0, 999: 0, 1000: 1, 1999: 1, 2000: 0, 3000: 1} {
		if v, err := e.Instant(t.Context(), "a", time.UnixMilli(at)); err != nil || len(v) != want {
			t.Errorf("at %d: %v, %v", at, v, err)
		}
	}
}

func TestInstantHasHistograms(t *testing.T) {
	m := NewMemory()
	for refused := range 2 { // the second time, as it is there
		s, err := ParseScript(`h{a="b"} {{sum:4 count:3 z_bucket:3 z_bucket_w:1}} 1`, time.Unix(1, 0), time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Play(m, time.Unix(60, 0)); got != refused {
			t.Errorf("%d refused, want %d", got, refused)
		}
	}
	e := New(m, Config{Timeout: time.Second, MaxSamples: 1000, Lookback: time.Minute})
	v, err := e.Instant(t.Context(), `h{a="b"}`, time.Unix(1, 0))
	if err != nil || len(v) != 1 || v[0].H == nil || v[0].H.Count != 3 {
		t.Errorf("%v, %v", v, err)
	}
	if v, err := e.Instant(t.Context(), "1 + 1", time.Unix(1, 0)); err != nil || len(v) != 1 || v[0].F != 2 {
		t.Errorf("%v, %v", v, err)
	}
	if v, err := e.Instant(t.Context(), "h[5m]", time.Unix(1, 0)); !errors.Is(err, metric.ErrBadQuery) {
		t.Errorf("%v, %v", v, err)
	}
}
