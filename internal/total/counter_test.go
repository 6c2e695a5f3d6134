package total_test

import (
	"testing"

	"pgregory.net/rapid"

	"plimsoll/internal/total"
)

func TestAdvance(t *testing.T) {
	type told struct {
		at, start       int64
		raw             float64
		from            int64
		increment, then float64
		ok              bool
	}
	for name, steps := range map[string][]told{
		"begin not told":    {{100, 0, 7, 100, 0, 7, false}, {110, 0, 9, 100, 2, 9, true}},
		"begin long ago":    {{5000, 100, 7, 5000, 0, 7, false}},
		"begin told":        {{125, 103, 7, 100, 7, 7, true}},
		"fall":              {{100, 0, 7, 100, 0, 7, false}, {110, 0, 3, 100, 3, 10, true}},
		"told anew, higher": {{3000, 2990, 7, 2990, 7, 7, true}, {9000, 8004, 9, 8000, 9, 16, true}},
		"the same run":      {{3000, 2500, 7, 2500, 7, 7, true}, {9000, 2900, 9, 3000, 2, 9, true}},
		"begin ahead":       {{3000, 2500, 7, 2500, 7, 7, true}, {3050, 9999, 2, 3040, 2, 9, true}},
	} {
		var c total.Counter
		for _, s := range steps {
			from, increment, ok := c.Advance(s.at, s.start, s.raw, 10, 1000)
			if from != s.from || increment != s.increment || ok != s.ok || c.Total != s.then {
				t.Errorf("%s, %g at %d: from %d, %g, %v, total %g", name, s.raw, s.at, from, increment, ok, c.Total)
			}
		}
	}
}

// Whatever a source tells, the total grows by each increment and never falls,
// and no time is counted twice.
func TestTotalNeverFalls(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var c total.Counter
		at, sum := int64(1), 0.0
		for i := range rapid.IntRange(1, 50).Draw(t, "samples") {
			before := c
			at += rapid.Int64Range(1, 5000).Draw(t, "after")
			start := rapid.Int64Range(-10, at+5000).Draw(t, "start")
			raw := rapid.Float64Range(0, 1e9).Draw(t, "raw")
			from, increment, ok := c.Advance(at, start, raw, rapid.SampledFrom([]int64{1, 10, 1000}).Draw(t, "grid"), 120_000)
			if c.Total < before.Total || increment < 0 || ok && (from >= at || from < before.At) {
				t.Fatalf("%+v after %+v: %g from %d", c, before, increment, from)
			}
			if i == 0 {
				sum = c.Total
			} else {
				sum += increment
			}
			if c.Total != sum {
				t.Fatalf("total %g, increments %g", c.Total, sum)
			}
		}
	})
}
