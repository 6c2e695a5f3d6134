package sketch

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

type observation struct{ value, weight float64 }

// nearestRank is the definition, on the observations themselves.
func nearestRank(obs []observation, q float64) float64 {
	s := slices.Clone(obs)
	slices.SortFunc(s, func(a, b observation) int {
		switch {
		case a.value < b.value:
			return -1
		case a.value > b.value:
			return 1
		}
		return 0
	})
	total := 0.0
	for _, o := range s {
		total += o.weight
	}
	sum := 0.0
	for _, o := range s {
		if sum += o.weight; sum >= q*total*rankSlack {
			return o.value
		}
	}
	return s[len(s)-1].value
}

var shapes = map[string]func(*rand.Rand) float64{
	"log-normal": func(r *rand.Rand) float64 { return 0.1 * math.Exp(r.NormFloat64()) },
	"bimodal": func(r *rand.Rand) float64 {
		if r.IntN(10) < 7 {
			return 0.002 + 0.0001*r.NormFloat64()
		}
		return 1.5 + 0.2*r.NormFloat64()
	},
	"constant": func(*rand.Rand) float64 { return 0.25 },
	"pareto":   func(r *rand.Rand) float64 { return 0.001 * math.Pow(1-r.Float64(), -1/0.8) },
	"signed":   func(r *rand.Rand) float64 { return r.NormFloat64() * 1000 },
	"zeros":    func(r *rand.Rand) float64 { return float64(r.IntN(3)) * r.ExpFloat64() },
}

func drawObservations(t *rapid.T, label string) []observation {
	names := make([]string, 0, len(shapes))
	for n := range shapes {
		names = append(names, n)
	}
	slices.Sort(names)
	shape := shapes[rapid.SampledFrom(names).Draw(t, label+" shape")]
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, label+" seed"), 1))
	n := rapid.IntRange(1, 2000).Draw(t, label+" n")
	weights := rapid.SampledFrom([][]float64{{1}, {1, 10}, {1, 1 / 0.3, 2.5}, {1, 1000}}).Draw(t, label+" weights")
	obs := make([]observation, n)
	for i := range obs {
		obs[i] = observation{shape(r), weights[r.IntN(len(weights))]}
	}
	return obs
}

func sketchOf(obs []observation) *Sketch {
	s := new(Sketch)
	for _, o := range obs {
		s.Add(o.value, o.weight)
	}
	return s
}

func near(got, want, relative float64) bool {
	return math.Abs(got-want) <= relative*math.Abs(want)+1e-300
}

func TestEveryQuantileIsWithinTheBound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		obs := drawObservations(t, "obs")
		s := sketchOf(obs)
		for i := range 201 {
			q := float64(i) / 200
			if got, want := s.Quantile(q), nearestRank(obs, q); !near(got, want, 0.0055) {
				t.Fatalf("q=%g of %d: %g, exact %g", q, len(obs), got, want)
			}
		}
		if s.Quantile(0) != nearestRank(obs, 0) || s.Quantile(1) != nearestRank(obs, 1) {
			t.Fatal("the ends are not exact")
		}
	})
}

// Every rank there is, of many observations of each shape.
func TestEveryRankIsWithinTheBound(t *testing.T) {
	for name, shape := range shapes {
		r := rand.New(rand.NewPCG(3, 4))
		values := make([]float64, 50_000)
		for i := range values {
			values[i] = shape(r)
		}
		s := new(Sketch)
		s.AddAll(values)
		slices.Sort(values)
		n := float64(len(values))
		for rank := 1; rank <= len(values); rank += 7 {
			if got, want := s.Quantile(float64(rank)/n), values[rank-1]; !near(got, want, 0.0055) {
				t.Fatalf("%s, rank %d: %g, exact %g", name, rank, got, want)
			}
		}
	}
}

func TestMomentsMatchTheObservations(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		obs := drawObservations(t, "obs")
		s := sketchOf(obs)
		var n, sum, square float64
		for _, o := range obs {
			n += o.weight
			sum += o.weight * o.value
		}
		for _, o := range obs {
			square += o.weight * (o.value - sum/n) * (o.value - sum/n)
		}
		if !near(s.Count(), n, 1e-12) || math.Abs(s.Sum()-sum) > 1e-9*math.Abs(sum)+1e-9 {
			t.Fatalf("count %g sum %g, want %g %g", s.Count(), s.Sum(), n, sum)
		}
		if want := math.Sqrt(square / n); math.Abs(s.Stddev()-want) > 1e-6*want+1e-9 {
			t.Fatalf("stddev %g, want %g", s.Stddev(), want)
		}
	})
}

// same compares all that does not hang on the rounding of sums.
func same(t *rapid.T, a, b *Sketch) {
	if a.spilled != b.spilled || a.Min() != b.Min() || a.Max() != b.Max() || !near(a.Count(), b.Count(), 1e-12) {
		t.Fatalf("different sketches: %+v and %+v", a, b)
	}
	for i := range 101 {
		q := (float64(i) + 0.0137) / 101
		if x, y := a.Quantile(q), b.Quantile(q); !near(x, y, 1e-9) {
			t.Fatalf("q=%g: %g and %g", q, x, y)
		}
	}
	if math.Abs(a.Stddev()-b.Stddev()) > 1e-6*a.Stddev()+1e-9 {
		t.Fatalf("stddev %g and %g", a.Stddev(), b.Stddev())
	}
}

func TestMergeOrderDoesNotShow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, y, z := drawObservations(t, "x"), drawObservations(t, "y"), drawObservations(t, "z")
		left := sketchOf(x) // (x+y)+z
		left.Merge(sketchOf(y))
		left.Merge(sketchOf(z))
		right := sketchOf(z) // z+(y+x)
		inner := sketchOf(y)
		inner.Merge(sketchOf(x))
		right.Merge(inner)
		all := sketchOf(slices.Concat(x, y, z))
		same(t, left, right)
		same(t, left, all)
	})
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := sketchOf(drawObservations(t, "obs"))
		b, _ := s.AppendBinary(nil)
		var back Sketch
		if err := back.UnmarshalBinary(b); err != nil {
			t.Fatal(err)
		}
		same(t, s, &back)
		if back.Sum() != s.Sum() || back.Mean() != s.Mean() {
			t.Fatal("moments changed")
		}
		again, _ := back.AppendBinary(nil)
		if string(again) != string(b) {
			t.Fatal("the second encoding differs")
		}
	})
}

func TestSmallSketchIsExact(t *testing.T) {
	s := new(Sketch)
	for v := range 20 {
		s.Add(float64(v+1)*1.01, 1)
	}
	for q, want := range map[float64]float64{0.05: 1.01, 0.25: 5.05, 0.5: 10.1, 0.95: 19.19, 0.99: 20.2} {
		if got := s.Quantile(q); got != want {
			t.Errorf("q=%g: %v, want %v", q, got, want)
		}
	}
}

func TestEmpty(t *testing.T) {
	s := new(Sketch)
	for name, v := range map[string]float64{
		"quantile": s.Quantile(0.5), "mean": s.Mean(), "min": s.Min(),
		"max": s.Max(), "stddev": s.Stddev(),
	} {
		if !math.IsNaN(v) {
			t.Errorf("%s is %v", name, v)
		}
	}
	if s.Count() != 0 || s.Sum() != 0 {
		t.Error("count or sum is not 0")
	}
	b, _ := s.AppendBinary(nil)
	if err := new(Sketch).UnmarshalBinary(b); err != nil {
		t.Error(err)
	}
}

func TestUnusableObservationsAreIgnored(t *testing.T) {
	s := new(Sketch)
	for _, o := range []observation{{math.NaN(), 1}, {math.Inf(1), 1}, {1, 0}, {1, -1}, {1, math.NaN()}, {1, math.Inf(1)}} {
		s.Add(o.value, o.weight)
	}
	if s.Count() != 0 {
		t.Errorf("counted %g", s.Count())
	}
}

// What is too far below the greatest value collapses, whatever came first; the
// upper quantiles keep their bound.
func TestLowestBucketsCollapse(t *testing.T) {
	up, down := new(Sketch), new(Sketch)
	for i := -1000; i <= 1000; i++ {
		up.Add(math.Exp2(float64(i)/10), 1)
		down.Add(math.Exp2(float64(-i)/10), 1)
	}
	if n := up.pos.len(); n != maxBins {
		t.Errorf("%d buckets", n)
	}
	for _, q := range []float64{0, 0.01, 0.5, 0.9, 0.99, 1} {
		if a, b := up.Quantile(q), down.Quantile(q); a != b {
			t.Errorf("q=%g: %g and %g", q, a, b)
		}
	}
	if got, want := up.Quantile(0.9), math.Exp2(80.0); !near(got, want, 0.0055) {
		t.Errorf("p90 %g, want %g", got, want)
	}
}

func TestMergeLeavesTheOtherAlone(t *testing.T) {
	a, b := new(Sketch), new(Sketch)
	for i := range 100 {
		b.Add(float64(i-50), 1)
	}
	before, _ := b.AppendBinary(nil)
	a.Merge(b)
	c := a.Clone()
	a.Add(-7, 1)
	a.Add(7, 1)
	after, _ := b.AppendBinary(nil)
	clone, _ := c.AppendBinary(nil)
	if string(before) != string(after) || string(before) != string(clone) {
		t.Error("a shared buffer changed")
	}
	a.Reset()
	if a.Count() != 0 || a.spilled {
		t.Error("Reset left something")
	}
}

func TestAddDoesNotAllocateAfterSpill(t *testing.T) {
	s := new(Sketch)
	for i := range 1000 {
		s.Add(1+float64(i)/100, 1)
	}
	i := 0
	if n := testing.AllocsPerRun(100, func() { s.Add(1+float64(i%1000)/100, 1); i++ }); n != 0 {
		t.Errorf("%g allocations", n)
	}
}

func TestIndexMatchesItsDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := math.Exp2(rapid.Float64Range(-127, 1023.9).Draw(t, "log2"))
		i := float64(bucketIndex(v))
		if !(math.Exp2((i-1)/perOctave) < v*(1+1e-12) && v*(1-1e-12) <= math.Exp2(i/perOctave)) {
			t.Fatalf("%g in bucket %g", v, i)
		}
	})
	for e := -100; e < 100; e++ { // powers of two close their bucket, exactly
		if got := bucketIndex(math.Ldexp(1, e)); got != int32(e*perOctave) {
			t.Errorf("2^%d in bucket %d", e, got)
		}
	}
}

func FuzzUnmarshal(f *testing.F) {
	for _, n := range []int{0, 1, 20, 40, 500} {
		s := new(Sketch)
		for i := range n {
			s.Add(math.Exp(float64(i%50-25)), 1/(float64(i%3)+1))
			s.Add(-float64(i), 300)
		}
		b, _ := s.AppendBinary(nil)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var s Sketch
		if s.UnmarshalBinary(data) != nil {
			return
		}
		for _, q := range []float64{0, 0.01, 0.5, 0.99, 1} {
			if v := s.Quantile(q); s.Count() > 0 && !(v >= s.Min() && v <= s.Max()) {
				t.Fatalf("q=%g is %g, outside [%g, %g]", q, v, s.Min(), s.Max())
			}
		}
		b, _ := s.AppendBinary(nil)
		if err := new(Sketch).UnmarshalBinary(b); err != nil {
			t.Fatalf("re-encoded: %v", err)
		}
		s.Merge(s.Clone())
	})
}

func BenchmarkAdd(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	values := make([]float64, 4096)
	for i := range values {
		values[i] = shapes["log-normal"](r)
	}
	s := new(Sketch)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		s.Add(values[i%len(values)], 1)
	}
}

func BenchmarkQuantile(b *testing.B) {
	s := new(Sketch)
	r := rand.New(rand.NewPCG(1, 2))
	for range 10000 {
		s.Add(shapes["log-normal"](r), 1)
	}
	for b.Loop() {
		s.Quantile(0.95)
	}
}

func BenchmarkUnmarshal(b *testing.B) {
	for name, n := range map[string]int{"exact": 20, "buckets": 1000} {
		b.Run(name, func(b *testing.B) {
			r, s := rand.New(rand.NewPCG(1, 2)), new(Sketch)
			for range n {
				s.Add(math.Exp(r.NormFloat64()), 1)
			}
			data, err := s.AppendBinary(nil)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if err := s.UnmarshalBinary(data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
