package sketch

import (
	"cmp"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// lowest is the definition, on the observations themselves. magnitude is the
// sum of the absolute values.
func lowest(obs []observation, k float64) (sum, upper, magnitude float64) {
	s := slices.Clone(obs)
	slices.SortFunc(s, func(a, b observation) int { return cmp.Compare(a.value, b.value) })
	upper = math.NaN()
	for _, o := range s {
		if k <= 0 {
			break
		}
		w := min(o.weight, k)
		k -= w
		sum, upper, magnitude = sum+w*o.value, o.value, magnitude+w*math.Abs(o.value)
	}
	return sum, upper, magnitude
}

func TestLowestIsWithinTheBound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		obs := drawObservations(t, "obs")
		if len(obs) > 40 && rapid.Bool().Draw(t, "few") {
			obs = obs[:rapid.IntRange(1, 40).Draw(t, "n")]
		}
		s := sketchOf(obs)
		for i := range 41 {
			// Between the weights, so that rounding of their sum shifts no rank.
			k := math.Floor(float64(i)/40*s.Count()) + 0.1
			sum, upper := s.Lowest(k)
			wantSum, wantUpper, magnitude := lowest(obs, k)
			if math.Abs(sum-wantSum) > 0.0055*magnitude+1e-9 || !near(upper, wantUpper, 0.0055) {
				t.Fatalf("the lowest %g of %g: %g up to %g, exact %g up to %g", k, s.Count(), sum, upper, wantSum, wantUpper)
			}
		}
	})
}

// What etsy's statsd says of its own ten values: upper_90 is 9, mean_90 5.
func TestLowestAsEtsyHasIt(t *testing.T) {
	s := new(Sketch)
	for _, v := range []float64{100, 1, 9, 2, 8, 3, 7, 4, 6, 5} {
		s.Add(v, 1)
	}
	if sum, upper := s.Lowest(9); sum != 45 || upper != 9 {
		t.Errorf("the lowest 9: %g up to %g, want 45 up to 9", sum, upper)
	}
	if sum, upper := s.Lowest(10); sum != s.Sum() || upper != 100 {
		t.Errorf("the lowest 10: %g up to %g", sum, upper)
	}
	for _, k := range []float64{0, -1, math.NaN()} {
		if sum, upper := s.Lowest(k); sum != 0 || !math.IsNaN(upper) {
			t.Errorf("the lowest %g: %g up to %g", k, sum, upper)
		}
	}
	if sum, upper := new(Sketch).Lowest(1); sum != 0 || !math.IsNaN(upper) {
		t.Errorf("of none: %g up to %g", sum, upper)
	}
}
