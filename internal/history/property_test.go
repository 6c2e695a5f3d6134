package history

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"plimsoll/internal/metric"
	"plimsoll/internal/sketch"
)

// TestNothingIsLostOrCountedTwice reads random logs, in files and in any order,
// in so little memory that some go to disk: all lines are counted, all bytes,
// and all sketches together are the one of all durations.
func TestNothingIsLostOrCountedTwice(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		var all sketch.Sketch
		var inputs []Input
		lines, size := 0, 0
		for range rapid.IntRange(1, 3).Draw(t, "files") {
			var b strings.Builder
			for range rapid.IntRange(0, 400).Draw(t, "lines") {
				at := rapid.IntRange(0, 100_000).Draw(t, "at")
				ms := rapid.IntRange(0, 1<<20).Draw(t, "ms")
				n := rapid.IntRange(0, 1<<30).Draw(t, "bytes")
				fmt.Fprintf(&b, "%d.%03d GET %d %d.%03d\n", 1_700_000_000+at, ms%1000, n, ms/1000, ms%1000)
				all.Add(float64(ms)/1000, 1)
				lines, size = lines+1, size+n
			}
			inputs = append(inputs, text("f", b.String()))
		}
		o := Options{
			Format: AccessLog, LogFormat: "nginx:$msec $request_method $bytes_sent $request_time",
			MemoryBytes: 1, TempDir: dir,
		}
		var merged sketch.Sketch
		counted := map[string]float64{}
		_, err := Read(context.Background(), inputs, o, func(samples []metric.Sample) error {
			for _, s := range samples {
				if s.At-s.Start != 10_000 || s.At%10_000 != 0 {
					t.Fatalf("interval %d to %d", s.Start, s.At)
				}
				if counted[s.Name()] += s.Value; s.Sketch != nil {
					merged.Merge(s.Sketch)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if counted[nameRequests] != float64(lines) || counted[nameBytes] != float64(size) {
			t.Fatalf("counted %v of %d lines with %d bytes", counted, lines, size)
		}
		same(t, &all, &merged)
	})
}

func same(t *rapid.T, want, got *sketch.Sketch) {
	if want.Count() != got.Count() || math.Abs(want.Sum()-got.Sum()) > 1e-9*want.Sum() {
		t.Fatalf("%g observations, sum %g; want %g, %g", got.Count(), got.Sum(), want.Count(), want.Sum())
	}
	for _, q := range append([]float64{0, 1}, metric.Quantiles[:]...) {
		if a, b := want.Quantile(q), got.Quantile(q); a != b && want.Count() > 0 {
			t.Fatalf("quantile %g is %g, want %g", q, b, a)
		}
	}
}

func TestSameInputSameOutput(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b strings.Builder
		for range rapid.IntRange(0, 500).Draw(t, "lines") {
			name := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "name")
			kind := rapid.SampledFrom([]string{"1|c", "3|c|@0.3", "250|ms", "7|g"}).Draw(t, "kind")
			fmt.Fprintf(&b, "%s%s:%s|T%d\n", name, kind[len(kind)-1:], kind, 1_700_000_000+rapid.IntRange(0, 5000).Draw(t, "at"))
		}
		var runs [2][]string
		for i := range runs {
			_, err := Read(context.Background(), []Input{text("f", b.String())}, Options{Format: Lines, MemoryBytes: 1}, func(samples []metric.Sample) error {
				for _, s := range samples {
					runs[i] = append(runs[i], show(s))
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if strings.Join(runs[0], "\n") != strings.Join(runs[1], "\n") {
			t.Fatal("two reads differ")
		}
	})
}
