package counterd

import (
	"fmt"
	"math"
	"path"
	"strconv"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
	"plimsoll/internal/sketch"
)

// CompatRule asks for the outputs of other daemons besides our own, for those
// who compare or move.
type CompatRule struct {
	// Match is a pattern of raw names, as path.Match has it: "db.*".
	Match string `yaml:"match"`
	// Etsy lists percent thresholds N in 1..99: for each NAME_upper_N, _mean_N,
	// _sum_N and _count_N over the least N % of the observations.
	Etsy []int `yaml:"etsy"`
	// Flickr gives NAME_q1 and NAME_q3: the means of the lower and of the upper
	// half.
	Flickr bool `yaml:"flickr"`
}

func (c CompatRule) validate() error {
	if _, err := path.Match(c.Match, ""); err != nil || c.Match == "" {
		return fmt.Errorf("match: %q is not a pattern such as db.*", c.Match)
	}
	for _, n := range c.Etsy {
		if n < 1 || n > 99 {
			return fmt.Errorf("etsy: %d is not in 1..99", n)
		}
	}
	if len(c.Etsy) == 0 && !c.Flickr {
		return fmt.Errorf("match %q: neither etsy nor flickr is asked for", c.Match)
	}
	return nil
}

// compat are the additional outputs of one timing.
type compat struct {
	etsy   []threshold
	q1, q3 labels.Labels // empty when not wanted
}

type threshold struct {
	share                   float64 // 0–1
	upper, mean, sum, count labels.Labels
}

// addCompat gives a new timing the outputs of the first rule that matches it.
func (s *record) addCompat(rules []CompatRule) {
	if !isTiming(s.kind) {
		return
	}
	for _, r := range rules {
		if ok, _ := path.Match(r.Match, s.raw()); ok {
			s.rich.compat = newCompat(s.labels, r)
			return
		}
	}
}

func newCompat(l labels.Labels, r CompatRule) *compat {
	c := new(compat)
	for _, n := range r.Etsy {
		with := func(what string) labels.Labels {
			return metric.SuffixLabels(l, what+strconv.Itoa(n))
		}
		c.etsy = append(c.etsy, threshold{
			share: float64(n) / 100, upper: with("_upper_"), mean: with("_mean_"), sum: with("_sum_"), count: with("_count_"),
		})
	}
	if r.Flickr {
		c.q1, c.q3 = metric.SuffixLabels(l, "_q1"), metric.SuffixLabels(l, "_q3")
	}
	return c
}

// samples emits the outputs of one interval; an empty one has none, as with
// etsy's. The count of etsy's is round(share × n); where it is 0 nothing goes
// out (statsd/statsd lib/process_metrics.js). Flickr's halves are the first
// ⌊n/2⌋ observations and the rest (iamcal/Flickr-StatsD lib/Flickr/StatsD.pm);
// of one observation the original makes zeros, which we do not.
func (c *compat) samples(at int64, s *sketch.Sketch, emit func(metric.Sample)) {
	n := s.Count()
	if n == 0 {
		return
	}
	gauge := func(l labels.Labels, v float64) { emit(metric.Sample{Labels: l, At: at, Value: v}) }
	for _, t := range c.etsy {
		k := math.Floor(t.share*n + 0.5)
		if k == 0 {
			continue
		}
		sum, upper := s.Lowest(k)
		gauge(t.upper, upper)
		gauge(t.mean, sum/k)
		gauge(t.sum, sum)
		gauge(t.count, k)
	}
	if c.q1.IsEmpty() {
		return
	}
	half := math.Floor(n / 2)
	if half == 0 {
		gauge(c.q1, s.Mean())
		gauge(c.q3, s.Mean())
		return
	}
	low, _ := s.Lowest(half)
	gauge(c.q1, low/half)
	gauge(c.q3, (s.Sum()-low)/(n-half))
}
