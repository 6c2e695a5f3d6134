package rule

import (
	"fmt"
	"strings"
	"time"

	"plimsoll/internal/metric"
)

// PastWeeks compares the mean of a window of time with the means of the same
// window in weeks past: trouble is what differs from their median by more than
// Deviations times their median absolute deviation, and by more than Min. Of a
// series that fewer than two of the weeks have nothing is said.
//
//	past_weeks: {of: "sum(rate(page_view_total[5m]))", min: 20, side: below}
//
// BUG: a week is 168 hours: where clocks change, the same hour is one off for as
// many weeks as are looked at.
type PastWeeks struct {
	Of         string        `yaml:"of"`
	Weeks      int           `yaml:"weeks"`      // 0: 4
	Window     time.Duration `yaml:"window"`     // 0: 1h
	Deviations float64       `yaml:"deviations"` // 0: 4
	// Min is the least difference that matters, in the unit of Of: the spread of
	// a few weeks may be small by chance.
	Min  float64 `yaml:"min"`
	Side side    `yaml:"side"` // above, below, or both, which is the default
}

// leastWeeks is with how many weeks there is a spread.
const leastWeeks = 2

// weekLabel tells the weeks apart within the expression. No element of the
// answer has it.
const weekLabel = "plimsoll_week"

func (p *PastWeeks) defaults(c Config) Config {
	filled := *p
	if filled.Weeks == 0 {
		filled.Weeks = 4
	}
	if filled.Window == 0 {
		filled.Window = time.Hour
	}
	if filled.Deviations == 0 {
		filled.Deviations = 4
	}
	if c.Interval == 0 {
		c.Interval = time.Minute // it moves no faster than its window
	}
	c.PastWeeks = &filled
	return c
}

func (p *PastWeeks) validate(_ Config, bad complaint) {
	validOf(p.Of, bad)
	if p.Weeks < leastWeeks || p.Weeks > 12 {
		bad("weeks", "%d is not between %d and 12", p.Weeks, leastWeeks)
	}
	if p.Window < 5*time.Minute || p.Window > 24*time.Hour {
		bad("window", "%v is not between 5m and 24h", p.Window)
	}
	positive("deviations", p.Deviations, bad)
	positive("min", p.Min, bad)
	p.Side.validate(bad)
}

func (p *PastWeeks) exprs() (expr, clear string) {
	score := p.score()
	return score + " > " + number(p.Deviations), score + " < " + number(clearRatio*p.Deviations)
}

// score is how many deviations the present is away.
func (p *PastWeeks) score() string {
	now := fmt.Sprintf("avg_over_time(%s)", past(numbers(p.Of), p.Window))
	weeks := p.weeks()
	over := "without (" + weekLabel + ")"
	median := fmt.Sprintf("quantile %s (0.5, %s)", over, weeks)
	spread := fmt.Sprintf("quantile %s (0.5, abs(%s - ignoring (%s) group_left () %s))", over, weeks, weekLabel, median)
	judged := fmt.Sprintf("(%s and count %s (%s) >= %d)", p.Side.distance(now+" - "+median), over, weeks, leastWeeks)
	return fmt.Sprintf("%s / clamp_min(%s, %s)", judged, spread, number(p.Min/p.Deviations))
}

// weeks are the means of all past weeks that there are, told apart by weekLabel.
func (p *PastWeeks) weeks() string {
	each := make([]string, p.Weeks)
	for i := range each {
		ago := time.Duration(i+1) * 7 * 24 * time.Hour
		each[i] = fmt.Sprintf(`label_replace(avg_over_time(%s offset %s), "%s", "%d", "", "")`,
			past(numbers(p.Of), p.Window), duration(ago), weekLabel, i+1)
	}
	return "(" + strings.Join(each, " or ") + ")"
}

func (*PastWeeks) summary() string {
	return "{{ humanize $value }} times the usual deviation away from this hour of past weeks"
}

func (*PastWeeks) grade(metric.Severity) func(float64) metric.Severity { return nil }
