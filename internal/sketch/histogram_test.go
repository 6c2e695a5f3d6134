package sketch

import (
	"errors"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/histogram"
	"pgregory.net/rapid"
)

// Through a native histogram and back, every quantile keeps the error bound of
// the schema that it went through.
func TestHistogramKeepsQuantiles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		obs := drawObservations(t, "obs")
		s := sketchOf(obs)
		h := s.ToHistogram()
		if err := h.Validate(); err != nil || h.Schema != 6 || h.Count != s.Count() || h.Sum != s.Sum() {
			t.Fatalf("%v: %s", err, h)
		}
		to := rapid.Int32Range(-4, 6).Draw(t, "schema")
		if to < h.Schema {
			if err := h.ReduceResolution(to); err != nil {
				t.Fatal(err)
			}
		}
		back, err := FromHistogram(h)
		if err != nil {
			t.Fatal(err)
		}
		if !near(back.Count(), s.Count(), 1e-9) || back.Sum() != s.Sum() {
			t.Fatalf("count %g sum %g, want %g %g", back.Count(), back.Sum(), s.Count(), s.Sum())
		}
		growth := math.Exp2(math.Exp2(-float64(to))) // of a bucket
		bound := math.Sqrt(growth)*1.0055 - 1
		if to == 6 {
			bound = 0.0055
		}
		for i := range 101 {
			q := float64(i) / 100
			if got, want := back.Quantile(q), nearestRank(obs, q); !near(got, want, bound) {
				t.Fatalf("schema %d, q=%g: %g, exact %g", to, q, got, want)
			}
		}
	})
}

func TestHistogramsOfOurSchemaComeBackTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := sketchOf(drawObservations(t, "obs")).ToHistogram()
		s, err := FromHistogram(h)
		if err != nil {
			t.Fatal(err)
		}
		back := s.ToHistogram()
		back.Count = h.Count // a sum of fractional weights in another order
		if diff := cmp.Diff(h, back); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestHistogramOfHigherSchema(t *testing.T) {
	h := &histogram.FloatHistogram{
		Schema: 8, Count: 6, Sum: 13, ZeroThreshold: 0.001, ZeroCount: 1,
		PositiveSpans: []histogram.Span{{Offset: 255, Length: 4}}, PositiveBuckets: []float64{1, 2, 1, 1},
	}
	s, err := FromHistogram(h)
	if err != nil {
		t.Fatal(err)
	}
	if s.Count() != 6 || s.Sum() != 13 || s.Min() != 0 || !near(s.Quantile(0.5), 2, 0.0055) || !near(s.Max(), 2, 0.011) {
		t.Errorf("count %g min %g median %g max %g", s.Count(), s.Min(), s.Quantile(0.5), s.Max())
	}
	if h.Schema != 8 {
		t.Error("the histogram was changed")
	}
}

func TestEmptyHistogram(t *testing.T) {
	s, err := FromHistogram(new(Sketch).ToHistogram())
	if err != nil || s.Count() != 0 || !math.IsNaN(s.Max()) {
		t.Errorf("%v: %+v", err, s)
	}
}

func TestHistogramsThatAreRefused(t *testing.T) {
	span := []histogram.Span{{Offset: 0, Length: 1}}
	for name, h := range map[string]*histogram.FloatHistogram{
		"custom buckets": {Schema: histogram.CustomBucketsSchema, CustomValues: []float64{1}, PositiveSpans: span, PositiveBuckets: []float64{1}, Count: 1},
		"negative":       {PositiveSpans: span, PositiveBuckets: []float64{-1}, Count: 1},
		"not a number":   {PositiveSpans: span, PositiveBuckets: []float64{math.NaN()}, Count: 1},
		"infinite count": {PositiveSpans: span, PositiveBuckets: []float64{math.Inf(1)}, Count: 1},
		"spans":          {PositiveSpans: span, Count: 1},
		"schema":         {Schema: 9},
		"sum":            {PositiveSpans: span, PositiveBuckets: []float64{1}, Count: 1, Sum: math.NaN()},
		"infinite sum of counts": {
			PositiveSpans: []histogram.Span{{Offset: 1, Length: 2}}, PositiveBuckets: []float64{1.5e308, 1.5e308}, Count: 1,
		},
		"counts of which two are infinite": {PositiveSpans: span, PositiveBuckets: []float64{1e308}, Count: 1e308},
		"infinite mean":                    {PositiveSpans: span, PositiveBuckets: []float64{5e-324}, Sum: 1e308},
		"infinite value":                   {PositiveSpans: []histogram.Span{{Offset: 1025, Length: 1}}, PositiveBuckets: []float64{1}, Count: 1},
	} {
		if _, err := FromHistogram(h); !errors.Is(err, ErrHistogram) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
