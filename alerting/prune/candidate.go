package prune

import (
	"fmt"
	"math"
	"time"

	"plimsoll/alerting/rule"
)

// candidate is a rule with one value changed.
type candidate struct {
	kind   Kind
	key    string // of the configuration
	was    string
	text   string
	config rule.Config
}

// held are the candidates that wait for a lasting end, which hides nothing.
func held(c rule.Config) (out []candidate) {
	for _, d := range []time.Duration{5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute} {
		if v := c; d > c.KeepFiringFor {
			v.KeepFiringFor = d
			out = append(out, candidate{Hysteresis, "keep_firing_for", brief(c.KeepFiringFor), "keep_firing_for " + brief(d), v})
		}
	}
	return out
}

// delayed are those that wait longer until trouble is believed.
func delayed(c rule.Config) (out []candidate) {
	for _, d := range []time.Duration{time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute} {
		if v := c; d > c.For {
			v.For = d
			out = append(out, candidate{Longer, "for", brief(c.For), "for " + brief(d), v})
		}
	}
	return out
}

// leveled are those that end, or begin, at another level.
func leveled(c rule.Config) (out []candidate) {
	l, ok := rule.LevelOf(c.Expr)
	if !ok || l.Level == 0 {
		return nil
	}
	farther := math.Abs(l.Level)
	if !l.Above {
		farther = -farther
	}
	if c.Clear == "" {
		for _, part := range []float64{0.05, 0.1, 0.2} {
			v := c
			v.Clear = l.Clear(round(l.Level - part*farther))
			out = append(out, candidate{Hysteresis, "clear", "not there", "clear: " + v.Clear, v})
		}
	}
	for _, part := range []float64{0.05, 0.1, 0.25, 0.5} {
		v := c
		v.Expr = l.At(round(l.Level + part*farther))
		out = append(out, candidate{Threshold, "expr", c.Expr, "expr: " + v.Expr, v})
	}
	return out
}

// round gives a level the digits that people write.
func round(level float64) float64 {
	scale := math.Pow(10, 2-math.Floor(math.Log10(math.Abs(level))))
	return math.Round(level*scale) / scale
}

// retimed is what a rule would have done with another `for` and
// keep_firing_for, by the spans in which it was bad.
func retimed(own []Episode, was, now rule.Config) []Episode {
	var out []Episode
	for _, episodes := range bySeries(own) {
		var open *Episode
		for _, e := range episodes {
			bad := e // until it was seen to be good
			if !e.Ended.IsZero() {
				bad.Ended = e.Ended.Add(-was.KeepFiringFor)
			}
			if open != nil && (open.Ended.IsZero() || !bad.Began.After(open.Ended)) {
				open.Ended = later(bad.Ended, now.KeepFiringFor)
				continue
			}
			if !bad.Ended.IsZero() && bad.Ended.Sub(bad.Began) <= now.For {
				continue
			}
			bad.Hard = bad.Began.Add(max(now.For, bad.Hard.Sub(bad.Began)))
			bad.Ended = later(bad.Ended, now.KeepFiringFor)
			out = append(out, bad)
			open = &out[len(out)-1]
		}
	}
	return out
}

// later adds d to an instant, if there is one.
func later(at time.Time, d time.Duration) time.Time {
	if at.IsZero() {
		return at
	}
	return at.Add(d)
}

// brief writes a duration as the configuration has it.
func brief(d time.Duration) string {
	switch {
	case d%time.Hour == 0 && d > 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	case d%time.Minute == 0 && d > 0:
		return fmt.Sprintf("%dm", d/time.Minute)
	}
	return d.String()
}
