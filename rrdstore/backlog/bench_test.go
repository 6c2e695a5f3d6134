package backlog

import (
	"math"
	"math/rand/v2"
	"testing"

	"plimsoll/internal/metric"
	"plimsoll/internal/sketch"
	"plimsoll/rrdstore/rrdfile"
)

// stream is a kind of series, and how many bytes a point of it may take, the
// first of thirty and what stands in front of it shared out.
type stream struct {
	name   string
	most   float64
	points []rrdfile.Point
}

const flushed = 30 // points in five minutes

// streams returns points of each kind, ten seconds apart.
func streams(n int) []stream {
	random := rand.New(rand.NewPCG(1, 2))
	cpu := 1_234_567.0
	return []stream{
		{"constant", 3.3, plain(n, func(int) float64 { return 42 })},
		{"small numbers", 3.6, plain(n, func(int) float64 { return float64(200 + random.IntN(20)) })},
		{"decimals", 4.2, plain(n, func(int) float64 { return float64(500+random.IntN(400)) / 100 })},
		{"counter rates", 4.3, plain(n, func(int) float64 { return float64(10_000+random.IntN(2000)) * 1000 / 10_000 })},
		{"cpu seconds", 7.5, plain(n, func(int) float64 {
			before := cpu
			cpu = math.Round(cpu*100+float64(random.IntN(300))) / 100
			return (cpu - before) * 1000 / 10_000
		})},
		{"random floats", 11, plain(n, func(int) float64 { return random.Float64() })},
		{"timings", 50, timings(n, random)},
	}
}

func plain(n int, next func(i int) float64) []rrdfile.Point {
	points := make([]rrdfile.Point, n)
	for i := range points {
		points[i] = rrdfile.Point{At: 1_700_006_400_000 + int64(i)*10_000, Values: []float64{next(i)}}
	}
	return points
}

// timings returns rows of a thousand log-normal values each, in whole
// microseconds, as rrdstore makes them.
func timings(n int, random *rand.Rand) []rrdfile.Point {
	points := make([]rrdfile.Point, n)
	for i := range points {
		s := new(sketch.Sketch)
		for range 1000 {
			s.Add(math.Round(1e5*math.Exp(random.NormFloat64()/2))/1e6, 1)
		}
		var row []float64
		for _, q := range metric.Quantiles {
			row = append(row, s.Quantile(q))
		}
		row = append(row, s.Min(), s.Max(), s.Sum(), s.Count(), s.Stddev())
		points[i] = rrdfile.Point{At: 1_700_006_400_000 + int64(i)*10_000, Values: row}
	}
	return points
}

func TestBytesAPoint(t *testing.T) {
	for _, s := range streams(100 * flushed) {
		all := 0
		for p := s.points; len(p) > 0; p = p[flushed:] {
			b := New(len(p[0].Values))
			pushAll(&b, p[:flushed])
			all += len(b.block)
		}
		got := float64(all) / float64(len(s.points))
		t.Logf("%-14s %5.2f bytes a point", s.name, got)
		if got > s.most {
			t.Errorf("%s: %.2f bytes a point, want %g at most", s.name, got, s.most)
		}
	}
}

func BenchmarkPush(b *testing.B) {
	for _, s := range streams(flushed) {
		b.Run(s.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				all := New(len(s.points[0].Values))
				pushAll(&all, s.points)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*flushed), "ns/point")
		})
	}
}

func BenchmarkSince(b *testing.B) {
	for _, s := range streams(flushed) {
		b.Run(s.name, func(b *testing.B) {
			all := New(len(s.points[0].Values))
			pushAll(&all, s.points)
			b.ReportAllocs()
			for b.Loop() {
				if got := all.View().Since(0); len(got) != flushed {
					b.Fatal(len(got))
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*flushed), "ns/point")
		})
	}
}
