package rule

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"
	"pgregory.net/rapid"

	"plimsoll/internal/metric"
	"plimsoll/internal/query/querytest"
)

// bads are the labels that a rule finds bad at an instant, in order.
func bads(t *rapid.T, c Config, s querytest.Shelf, at time.Time) []string {
	c = c.WithDefaults()
	if err := c.Validate("r"); err != nil {
		t.Fatal(err)
	}
	r, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	found, err := r.Look(t.Context(), s.Engine(), at, nil)
	if err != nil {
		t.Fatal(err)
	}
	out := []string{}
	for _, one := range found {
		out = append(out, one.Key)
	}
	slices.Sort(out)
	return out
}

func median(values []float64) float64 {
	v := slices.Sorted(slices.Values(values))
	if len(v)%2 == 1 {
		return v[len(v)/2]
	}
	return (v[len(v)/2-1] + v[len(v)/2]) / 2
}

// away is how many deviations v is from the median of others, on a side.
func away(v float64, others []float64, least float64, s side) float64 {
	middle := median(others)
	distances := make([]float64, len(others))
	for i, o := range others {
		distances[i] = math.Abs(o - middle)
	}
	d := v - middle
	switch s {
	case "below":
		d = -d
	case "both":
		d = math.Abs(d)
	}
	return d / math.Max(median(distances), least)
}

func series(points []metric.Point, lbls ...string) metric.Series {
	return metric.Series{Labels: labels.FromStrings(append(lbls, "__name__", "x")...), Points: points}
}

func named(s metric.Series, name string) labels.Labels {
	return labels.NewBuilder(s.Labels).Set("__name__", name).Labels()
}

func key(lbls ...string) string { return labels.FromStrings(lbls...).String() }

var sides = rapid.SampledFrom([]side{"above", "below", "both"})

// small are values that arithmetic gets exactly right, with ties and extremes.
var small = rapid.SampledFrom([]float64{0, 1, 2, 3, 4, 8, 20, 100, -7, math.NaN()})

func TestPeersIsWhatItSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := Peers{Of: "x", By: []string{"job"}, Deviations: 4, Side: sides.Draw(t, "side"), AtLeast: rapid.IntRange(3, 5).Draw(t, "at least")}
		least := float64(rapid.IntRange(1, 3).Draw(t, "least"))
		p.Min = p.Deviations * least
		var s querytest.Shelf
		want := []string{}
		for _, job := range []string{"a", "b"} {
			values := rapid.SliceOfN(small, 0, 8).Draw(t, job)
			real := slices.DeleteFunc(slices.Clone(values), math.IsNaN)
			for i, v := range values {
				lbls := []string{"job", job, "instance", fmt.Sprint(i)}
				s = append(s, series([]metric.Point{{Value: v}}, lbls...))
				if len(real) >= p.AtLeast && away(v, real, least, p.Side) > p.Deviations {
					want = append(want, key(lbls...))
				}
			}
		}
		slices.Sort(want)
		if diff := cmp.Diff(want, bads(t, Config{Name: "r", Peers: &p}, s, time.Unix(0, 0))); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestPastWeeksIsWhatItSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := PastWeeks{Of: "x", Weeks: rapid.IntRange(2, 4).Draw(t, "weeks"), Window: 30 * time.Minute, Deviations: 4, Side: sides.Draw(t, "side")}
		least := float64(rapid.IntRange(1, 3).Draw(t, "least"))
		p.Min = p.Deviations * least
		now := time.Unix(0, 0).Add(5 * 7 * 24 * time.Hour)
		var s querytest.Shelf
		want := []string{}
		for _, instance := range []string{"a", "b"} {
			var points []metric.Point
			var past []float64
			values := rapid.SliceOfN(small, 5, 5).Draw(t, instance)
			for ago := 4; ago >= 0; ago-- { // the present is at 0
				v := values[ago]
				if ago > 0 && ago <= p.Weeks && !math.IsNaN(v) {
					past = append(past, v)
				}
				for m := 40; m >= 0; m -= 5 {
					at := now.Add(-time.Duration(ago)*7*24*time.Hour - time.Duration(m)*time.Minute)
					points = append(points, metric.Point{At: at.UnixMilli(), Value: v})
				}
			}
			s = append(s, series(points, "instance", instance))
			if len(past) >= leastWeeks && away(values[0], past, least, p.Side) > p.Deviations {
				want = append(want, key("instance", instance))
			}
		}
		if diff := cmp.Diff(want, bads(t, Config{Name: "r", PastWeeks: &p}, s, now)); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestShareIsWhatItSays(t *testing.T) {
	traffic := rapid.SampledFrom([]float64{0, 1, 2, 3, 5, 16, math.NaN()})
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 5).Draw(t, "members")
		before := rapid.SliceOfN(traffic, n, n).Draw(t, "before")
		now := rapid.SliceOfN(traffic, n, n).Draw(t, "now")
		c := Share{Of: "x", MinTotal: float64(rapid.IntRange(1, 20).Draw(t, "total"))}
		var s querytest.Shelf
		for i := range n {
			var points []metric.Point
			for m := range 121 {
				v := before[i]
				if m == 120 {
					v = now[i]
				}
				points = append(points, metric.Point{At: int64(m) * 60_000, Value: v})
			}
			s = append(s, series(points, "instance", fmt.Sprint(i)))
		}
		want := []string{}
		for i := range n {
			then, whole := share(before, i, c.MinTotal)
			part, wholeNow := share(now, i, c.MinTotal)
			if whole && wholeNow && part/math.Max(then, 1e-9) < 0.5 {
				want = append(want, key("instance", fmt.Sprint(i)))
			}
		}
		if diff := cmp.Diff(want, bads(t, Config{Name: "r", Share: &c}, s, time.Unix(7200, 0))); diff != "" {
			t.Fatal(diff)
		}
	})
}

// share is the part that member i has of values, if it is a number and they are
// enough.
func share(values []float64, i int, enough float64) (float64, bool) {
	sum := 0.0
	for _, v := range values {
		if !math.IsNaN(v) {
			sum += v
		}
	}
	return values[i] / sum, sum >= enough && !math.IsNaN(values[i])
}
