package trend

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

const hour = 3600.0

// every are values three hours apart.
func every(values ...float64) []Point {
	points := make([]Point, len(values))
	for i, v := range values {
		points[i] = Point{float64(i) * 3 * hour, v}
	}
	return points
}

// grown are n values of a function of days.
func grown(n int, f func(day float64) float64) []Point {
	values := make([]float64, n)
	for i := range values {
		values[i] = f(float64(i) / 8)
	}
	return every(values...)
}

// days are how far from the last point an instant is.
func days(points []Point, at float64) float64 { return (at - points[len(points)-1].At) / 24 / hour }

func TestALineReachesItsLimitWhenItSays(t *testing.T) {
	points := grown(240, func(d float64) float64 { return 40 + d }) // 69.875 now
	got, ok := Forecast(points, 80)
	if !ok || !got.Significant || math.Abs(days(points, got.At)-10.125) > 1e-9 || got.Early != got.At || got.Late != got.At {
		t.Errorf("%+v, in %v days", got, days(points, got.At))
	}
}

func TestIntervalBySensRanks(t *testing.T) {
	points := []Point{{0, 0}, {1, 1}, {2, 1.5}, {3, 3}, {4, 4}}
	// The ten slopes are .5 .75 1 1 1 1 1 1 1.25 and 1.5. Without ties S has the
	// variance 5·4·15/18. Of c = 6 ranks, the 2nd and the 9th bound the interval.
	slopes := pairSlopes(points)
	if v := variance(points); math.Abs(v-5*4*15/18.0) > 1e-9 || middle(slopes) != 1 {
		t.Errorf("variance %v, slope %v", v, middle(slopes))
	}
	if low, high := interval(slopes, 6); low != 0.75 || high != 1.25 {
		t.Errorf("interval %v to %v of %v", low, high, slopes)
	}
	if low, high := interval(slopes, 8); low != 0.5 || high != 1.5 {
		t.Errorf("interval %v to %v", low, high)
	}
	// Two pairs of equal values take 2·(2·1·9) of 5·4·15.
	if v := variance([]Point{{0, 1}, {1, 1}, {2, 2}, {3, 2}, {4, 3}}); math.Abs(v-(300-36)/18.0) > 1e-9 {
		t.Errorf("variance with ties %v", v)
	}
}

func TestNoAnswer(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	if _, ok := Forecast(nil, 1); ok {
		t.Error("of nothing")
	}
	if _, ok := Forecast(grown(least-1, func(d float64) float64 { return d }), 100); ok {
		t.Error("of a few points")
	}
	for name, f := range map[string]func(float64) float64{
		"constant": func(float64) float64 { return 50 },
		"falling":  func(d float64) float64 { return 90 - d },
		"daily":    func(d float64) float64 { return 50 + 10*math.Sin(2*math.Pi*d) },
		"noise":    func(float64) float64 { return 50 + rng.NormFloat64() },
	} {
		if got, ok := Forecast(grown(240, f), 100); !ok || got.Significant {
			t.Errorf("%s: %+v, %v", name, got, ok)
		}
	}
}

func TestFullIsNow(t *testing.T) {
	points := every(99, 100)
	if got, ok := Forecast(points, 100); !ok || !got.Significant || days(points, got.Early) != 0 || days(points, got.Late) != 0 {
		t.Errorf("%+v, %v", got, ok)
	}
}

func TestJumps(t *testing.T) {
	near := func(want float64) func(float64) bool {
		return func(got float64) bool { return math.Abs(got-want) < 0.05*want }
	}
	for _, tt := range []struct {
		name string
		f    func(day float64) float64
		want func(days float64) bool // until 100; +Inf: never
	}{
		{"a clean-up ten days ago", func(d float64) float64 { // 30 of growth, then 20 less; 49.9 now
			if d >= 20 {
				return 20 + d
			}
			return 40 + d
		}, near(50.1)},
		{"a clean-up yesterday", func(d float64) float64 {
			if d >= 29 {
				return 20 + d
			}
			return 40 + d
		}, near(50.1)},
		{"data moved here", func(d float64) float64 {
			if d >= 15 {
				return 80
			}
			return 40
		}, func(days float64) bool { return math.IsInf(days, 1) }},
		{
			"cleaned each week", func(d float64) float64 { return 60 + 5*math.Mod(d, 7) },
			func(days float64) bool { return math.IsInf(days, 1) },
		},
		{"cleaned each night, growing under it", func(d float64) float64 { return 50 + d + 8*math.Mod(d, 1) }, // tips at 87 now
			func(days float64) bool { return days > 10 && days < 16 }},
		{"a load each night", func(d float64) float64 { return 40 + 1.5*math.Floor(d) }, near(11)}, // 83.5 now
	} {
		points := grown(240, tt.f)
		got, ok := Forecast(points, 100)
		at := days(points, got.At)
		if !got.Significant {
			at = math.Inf(1)
		}
		if !ok || !tt.want(at) {
			t.Errorf("%s: full in %.2f days (%+v), %v", tt.name, at, got, ok)
		}
	}
}

func TestOutliersDoNotMoveTheLine(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	points := grown(240, func(d float64) float64 { return 40 + d })
	for range 40 {
		points[rng.IntN(230)].Value = 100 * rng.Float64()
	}
	if got, _ := Forecast(points, 80); math.Abs(days(points, got.At)-10.125) > 0.5 || !got.Significant {
		t.Errorf("%.2f days: %+v", days(points, got.At), got)
	}
}

// How often the truth lies in the interval, and how often chance is taken for
// growth, for four ways in which a disk fills.
func TestCoverage(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	walk := func(step func() float64) func() []float64 {
		return func() []float64 {
			values, v := make([]float64, 1000), 0.0
			for i := range values {
				v += step()
				values[i] = v
			}
			return values
		}
	}
	around := func(slope, correlation float64) func() []float64 {
		return func() []float64 {
			values, e := make([]float64, 1000), 0.0
			for i := range values {
				e = correlation*e + rng.NormFloat64()
				values[i] = slope*float64(i) + e
			}
			return values
		}
	}
	for _, tt := range []struct {
		name     string
		series   func() []float64
		way      float64
		inside   [2]float64 // of those that have a date
		answered [2]float64
	}{
		{"a line with noise", around(0.1, 0), 10, [2]float64{0.8, 1}, [2]float64{1, 1}},
		{"a line with slow noise", around(0.1, 0.9), 12, [2]float64{0.8, 1}, [2]float64{0.95, 1}},
		{"a walk that climbs", walk(func() float64 { return 0.3 + rng.NormFloat64() }), 40, [2]float64{0.6, 1}, [2]float64{0.8, 1}},
		{"bursts", walk(func() float64 { return rng.ExpFloat64() * rng.ExpFloat64() }), 60, [2]float64{0.6, 1}, [2]float64{0.95, 1}},
		{"noise", around(0, 0), 3, [2]float64{}, [2]float64{0, 0.05}},
		{"slow noise", around(0, 0.9), 3, [2]float64{}, [2]float64{0, 0.1}},
		{"a walk to nowhere", walk(func() float64 { return rng.NormFloat64() }), 20, [2]float64{}, [2]float64{0, 0.25}},
	} {
		answered, inside := 0.0, 0.0
		const runs = 80 // 800 of them gave the figures of doc.go
		for range runs {
			values := tt.series()
			points, limit := every(values[:240]...), values[239]+tt.way
			got, ok := Forecast(points, limit)
			if !ok || !got.Significant {
				continue
			}
			answered += 1.0 / runs
			if at := crossing(values, limit); got.Early <= at && at <= got.Late {
				inside++
			}
		}
		inside /= max(answered*runs, 1)
		t.Logf("%s: %.0f %% have a date, %.0f %% of those are in their interval", tt.name, 100*answered, 100*inside)
		if answered < tt.answered[0]-1e-9 || answered > tt.answered[1]+1e-9 || tt.inside[1] > 0 && inside < tt.inside[0] {
			t.Errorf("%s: %v answered, %v inside", tt.name, answered, inside)
		}
	}
}

func TestAnyPointsGiveAnOrderedAnswerInAnyUnit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(-1000, 1000), 0, 80).Draw(t, "values")
		gaps := rapid.SliceOfN(rapid.Float64Range(0, 5), len(values), len(values)).Draw(t, "gaps")
		limit := rapid.Float64Range(-1000, 5000).Draw(t, "limit")
		points, scaled, at := []Point{}, []Point{}, 0.0
		for i, v := range values {
			at += gaps[i]
			points, scaled = append(points, Point{at, v}), append(scaled, Point{at * 4, v * 8})
		}
		got, ok := Forecast(points, limit)
		if ok && !(got.Early <= got.At && got.At <= got.Late) {
			t.Fatalf("%+v", got)
		}
		got.Early, got.At, got.Late = 4*got.Early, 4*got.At, 4*got.Late
		other, also := Forecast(scaled, 8*limit)
		if ok != also || ok && !alike(got, other) {
			t.Fatalf("%+v, scaled %+v", got, other)
		}
	})
}

func alike(a, b RunOut) bool {
	near := func(a, b float64) bool { return a == b || math.Abs(a-b) <= 1e-6*math.Abs(a) }
	return near(a.Early, b.Early) && near(a.At, b.At) && near(a.Late, b.Late) && a.Significant == b.Significant
}

func crossing(values []float64, limit float64) float64 {
	for i := 240; i < len(values); i++ {
		if values[i] >= limit {
			return float64(i) * 3 * hour
		}
	}
	return math.Inf(1)
}

func BenchmarkForecast(b *testing.B) {
	rng := rand.New(rand.NewPCG(7, 8))
	points := grown(240, func(d float64) float64 { return 40 + d + rng.NormFloat64() })
	b.ReportAllocs()
	for b.Loop() {
		Forecast(points, 100)
	}
}
