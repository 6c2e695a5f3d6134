package sketch

import (
	"math"
	"math/big"
	"math/rand/v2"
	"runtime"
	"testing"

	"pgregory.net/rapid"
)

// exactStddev is the definition in numbers of 300 bits.
func exactStddev(values []float64) float64 {
	real := func(v float64) *big.Float { return new(big.Float).SetPrec(300).SetFloat64(v) }
	sum, square := real(0), real(0)
	for _, v := range values {
		sum.Add(sum, real(v))
	}
	mean := new(big.Float).SetPrec(300).Quo(sum, real(float64(len(values))))
	for _, v := range values {
		d := new(big.Float).SetPrec(300).Sub(real(v), mean)
		square.Add(square, d.Mul(d, d))
	}
	out, _ := square.Quo(square, real(float64(len(values)))).Float64()
	return math.Sqrt(out)
}

// The spread stays right where the values are far from zero, however they come:
// one by one, in batches, or merged.
func TestStddevFarFromZero(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		offset := rapid.SampledFrom([]float64{0, 1, 1e3, -1e6, 1e9, -1e12}).Draw(t, "offset")
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		values := make([]float64, rapid.IntRange(2, 500).Draw(t, "n"))
		for i := range values {
			values[i] = offset + r.NormFloat64()
		}
		one, batch, merged := new(Sketch), new(Sketch), new(Sketch)
		for _, v := range values {
			one.Add(v, 1)
		}
		cut := rapid.IntRange(0, len(values)).Draw(t, "cut")
		batch.AddAll(values[:cut])
		batch.AddAll(values[cut:])
		merged.Merge(batch)
		want := exactStddev(values)
		// 1e-16 of the offset is what a float64 cannot tell apart.
		slack := 1e-9*want + 1e-15*math.Abs(offset)
		for name, s := range map[string]*Sketch{"one by one": one, "in batches": batch, "merged": merged} {
			if math.Abs(s.Stddev()-want) > slack {
				t.Fatalf("%s: %.12g, exact %.12g", name, s.Stddev(), want)
			}
		}
	})
}

func TestAddAllIsAddOfEach(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var values []float64
		all, each := new(Sketch), new(Sketch)
		for _, o := range drawObservations(t, "obs") {
			values = append(values, o.value)
			each.Add(o.value, 1)
		}
		cut := rapid.IntRange(0, len(values)).Draw(t, "cut")
		all.AddAll(values[:cut])
		all.AddAll(values[cut:])
		same(t, each, all)
	})
}

func TestAddAllIgnoresWhatAddIgnores(t *testing.T) {
	s := new(Sketch)
	s.AddAll(nil)
	s.AddAll([]float64{1, math.NaN(), 2, math.Inf(1), math.Inf(-1)})
	s.AddAll([]float64{math.MaxFloat64, math.MaxFloat64}) // the sum is not finite
	if s.Count() != 4 || s.Min() != 1 || s.Max() != math.MaxFloat64 {
		t.Errorf("count %g min %g max %g", s.Count(), s.Min(), s.Max())
	}
}

// heapOf returns what n things take on the heap, each.
func heapOf(n int, build func(i int) any) float64 {
	kept := make([]any, n)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range kept {
		kept[i] = build(i)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	runtime.KeepAlive(kept)
	return (float64(after.HeapAlloc) - float64(before.HeapAlloc)) / float64(n)
}

// All in all, with what the allocator rounds up.
func TestMemoryOfAThousandLogNormals(t *testing.T) {
	values := logNormals(100_000)
	per := heapOf(10_000, func(i int) any {
		s := new(Sketch)
		for k := range 1000 {
			s.Add(values[(i*977+k)%len(values)], 1)
		}
		return s
	})
	t.Logf("%.0f bytes each", per)
	if !(per > 300 && per < 640) {
		t.Errorf("%.0f bytes each", per)
	}
}

// A day of a busy timer: where its counts are great the counters are wide,
// elsewhere they are not.
func TestMemoryOfMillions(t *testing.T) {
	busy := new(Sketch)
	busy.AddAll(logNormals(1_000_000))
	for range 3 {
		busy.Merge(busy.Clone())
	}
	per := heapOf(1000, func(int) any { return busy.Clone() })
	t.Logf("%.0f bytes each", per)
	if !(per > 1000 && per < 2048) {
		t.Errorf("%.0f bytes each", per)
	}
}

func BenchmarkAddYoung(b *testing.B) {
	values := logNormals(30)
	s := new(Sketch)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if i%len(values) == 0 {
			s.Reset()
		}
		s.Add(values[i%len(values)], 1)
	}
}

// BenchmarkAddSecond is the same without a batch.
func BenchmarkAddSecond(b *testing.B) {
	values := logNormals(1000)
	s := new(Sketch)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if i%len(values) == 0 {
			s.Reset()
		}
		s.Add(values[i%len(values)], 1)
	}
}

func BenchmarkAddRepeated(b *testing.B) {
	values := logNormals(16)
	s := new(Sketch)
	for i := 0; b.Loop(); i++ {
		s.Add(values[i%len(values)], 1)
	}
}

// BenchmarkAddAll is a second of a busy timer, in nanoseconds for each value.
func BenchmarkAddAll(b *testing.B) {
	values := logNormals(1000)
	s := new(Sketch)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if i%len(values) == 0 {
			s.Reset()
			s.AddAll(values)
		}
	}
}

func BenchmarkMerge(b *testing.B) {
	s, o := new(Sketch), new(Sketch)
	o.AddAll(logNormals(1000))
	for b.Loop() {
		s.Merge(o)
	}
}

func logNormals(n int) []float64 {
	r := rand.New(rand.NewPCG(1, 2))
	values := make([]float64, n)
	for i := range values {
		values[i] = math.Exp(r.NormFloat64())
	}
	return values
}
