package prune

import (
	"cmp"
	"slices"
	"time"
)

const (
	// selfResolved is below what a trouble that nobody touched was over by itself,
	// sooner than anybody could have helped.
	selfResolved = 5 * time.Minute
	// together is how near alerts begin that are told twice of one thing.
	together = 5 * time.Minute
)

const dayLength = 24 * time.Hour

// Windows are how many days back statistics are made of, unless asked.
func Windows() []int { return []int{7, 30, 90} }

// RuleStats is what the episodes of one rule were good for.
type RuleStats struct {
	Rule    string   `json:"rule"`
	Windows []Window `json:"windows"`
}

// Window counts the episodes of the last days, by when they were believed.
type Window struct {
	Days     int `json:"days"`
	Episodes int `json:"episodes"`
	Open     int `json:"open"`
	Acked    int `json:"acked"`
	Acted    int `json:"acted"`
	// SelfResolved were over within five minutes, and nobody had touched them.
	SelfResolved int `json:"self_resolved"`
	Night        int `json:"night"`
	// Duplicates began within five minutes of another alert of the same rule or
	// instance.
	Duplicates int `json:"duplicates"`
	Told       int `json:"told"` // messages
	// The shares are of Episodes, from 0 to 1.
	AckedShare        float64 `json:"acked_share"`
	ActedShare        float64 `json:"acted_share"`
	SelfResolvedShare float64 `json:"self_resolved_share"`
	// DetectSeconds is the median from the first bad look to belief, AckSeconds
	// from there to the acknowledgement of those that have one.
	DetectSeconds float64 `json:"detect_seconds"`
	AckSeconds    float64 `json:"ack_seconds,omitempty"`
	PageMinutes   float64 `json:"page_minutes"`
}

// Stats counts what the episodes of each rule were good for, in the last days of
// each window until now. Rules are in order of their episodes in the longest
// window, most first.
func Stats(episodes []Episode, now time.Time, windows []int, night func(time.Time) bool) []RuleStats {
	double := duplicates(episodes)
	byRule := map[string][]int{}
	for i := range episodes {
		byRule[episodes[i].Rule] = append(byRule[episodes[i].Rule], i)
	}
	stats := make([]RuleStats, 0, len(byRule))
	for name, own := range byRule {
		s := RuleStats{Rule: name}
		for _, days := range windows {
			c := counting{now: now, night: night, window: Window{Days: days}}
			for _, i := range own {
				if e := &episodes[i]; now.Sub(e.Hard) <= time.Duration(days)*dayLength && !e.Hard.After(now) {
					c.add(e, double[i])
				}
			}
			s.Windows = append(s.Windows, c.result())
		}
		stats = append(stats, s)
	}
	most := func(s RuleStats) (n int) {
		for _, w := range s.Windows {
			n = max(n, w.Episodes)
		}
		return n
	}
	slices.SortFunc(stats, func(a, b RuleStats) int {
		return cmp.Or(cmp.Compare(most(b), most(a)), cmp.Compare(a.Rule, b.Rule))
	})
	return stats
}

// counting makes a Window.
type counting struct {
	now         time.Time
	night       func(time.Time) bool
	window      Window
	detect, ack []time.Duration
}

func (c *counting) add(e *Episode, double bool) {
	w := &c.window
	w.Episodes++
	w.Told += e.Told
	w.PageMinutes += e.lasted(c.now).Minutes()
	c.detect = append(c.detect, e.Hard.Sub(e.Began))
	if !e.Acked.IsZero() {
		w.Acked++
		c.ack = append(c.ack, e.Acked.Sub(e.Hard))
	}
	for _, k := range []struct {
		is bool
		n  *int
	}{
		{e.Ended.IsZero(), &w.Open},
		{e.Acted, &w.Acted},
		{e.resolvedItself(), &w.SelfResolved},
		{c.night(e.Hard), &w.Night},
		{double, &w.Duplicates},
	} {
		if k.is {
			*k.n++
		}
	}
}

func (c *counting) result() Window {
	w := c.window
	if w.Episodes > 0 {
		n := float64(w.Episodes)
		w.AckedShare, w.ActedShare, w.SelfResolvedShare = float64(w.Acked)/n, float64(w.Acted)/n, float64(w.SelfResolved)/n
	}
	w.DetectSeconds, w.AckSeconds = median(c.detect).Seconds(), median(c.ack).Seconds()
	return w
}

// median returns 0 for nothing.
func median(ds []time.Duration) time.Duration {
	if len(ds) == 0 {
		return 0
	}
	slices.Sort(ds)
	if n := len(ds); n%2 == 0 {
		return (ds[n/2-1] + ds[n/2]) / 2
	}
	return ds[len(ds)/2]
}

// duplicates reports of each episode whether it began soon after one of another
// series that is of the same rule or of the same instance.
func duplicates(episodes []Episode) []bool {
	double := make([]bool, len(episodes))
	recent := map[string][]int{} // by rule, and by instance
	for _, i := range inOrder(episodes) {
		e := &episodes[i]
		keys := []string{"rule " + e.Rule}
		if instance := e.Labels["instance"]; instance != "" {
			keys = append(keys, "instance "+instance)
		}
		for _, k := range keys {
			near := recent[k]
			for len(near) > 0 && e.Hard.Sub(episodes[near[0]].Hard) > together {
				near = near[1:]
			}
			if slices.ContainsFunc(near[max(0, len(near)-mostNear):], func(j int) bool { return episodes[j].series() != e.series() }) {
				double[i] = true
			}
			recent[k] = append(near, i)
		}
	}
	return double
}

// mostNear bounds how many of a storm an episode is compared with.
const mostNear = 100

// inOrder returns the indexes of episodes in the order in which they were
// believed.
func inOrder(episodes []Episode) []int {
	order := make([]int, len(episodes))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return episodes[a].Hard.Compare(episodes[b].Hard) })
	return order
}
