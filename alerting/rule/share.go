package rule

import (
	"fmt"
	"strings"
	"time"

	"plimsoll/internal/metric"
)

// Share watches each member's part of the whole, such as the requests that a
// balancer gives to a server: trouble is a part that fell by more than Drop of
// what it was, or that is 0. What it was is the median of the Against before the
// last Against, so that a member that fell and stays where it is counts as usual
// after one and a half times Against; one with 0 never does.
//
//	share: {of: "rate(http_requests_total[2m])", by: [job], min_total: 10}
type Share struct {
	Of string `yaml:"of"`
	// By are the labels that the members of one whole share; none: all are one.
	By      []string      `yaml:"by"`
	Drop    float64       `yaml:"drop"`    // 0: 0.5
	Against time.Duration `yaml:"against"` // 0: 1h
	// MinTotal is the least whole that is judged, in the unit of Of: parts of
	// little are chance.
	MinTotal float64 `yaml:"min_total"`
}

// leastShare stands for the share of a member that had none.
const leastShare = 1e-9

func (s *Share) defaults(c Config) Config {
	filled := *s
	if filled.Drop == 0 {
		filled.Drop = 0.5
	}
	if filled.Against == 0 {
		filled.Against = time.Hour
	}
	if c.Interval == 0 {
		c.Interval = time.Minute
	}
	c.Share = &filled
	return c
}

func (s *Share) validate(_ Config, bad complaint) {
	validOf(s.Of, bad)
	validLabelNames("by", s.By, bad)
	if !(s.Drop > 0 && s.Drop < 1) {
		bad("drop", "%v is not between 0 and 1", s.Drop)
	}
	if s.Against < 5*time.Minute || s.Against > 7*24*time.Hour {
		bad("against", "%v is not between 5m and 168h", s.Against)
	}
	positive("min_total", s.MinTotal, bad)
}

// exprs compares the share with what it was. It ends when half of the loss is
// made up.
func (s *Share) exprs() (expr, clear string) {
	of, by := numbers(s.Of), "("+strings.Join(s.By, ", ")+")"
	share := fmt.Sprintf("(%s / on %s group_left () (sum by %s (%s) >= %s))", of, by, by, of, number(s.MinTotal))
	before := fmt.Sprintf("quantile_over_time(0.5, %s offset %s)", past(share, s.Against), duration(s.Against))
	kept := fmt.Sprintf("%s / clamp_min(%s, %s)", share, before, number(leastShare))
	return kept + " < " + number(1-s.Drop), kept + " > " + number(1-s.Drop/2)
}

func (*Share) summary() string {
	return "its share is {{ humanizePercentage $value }} of what it was"
}

func (*Share) grade(metric.Severity) func(float64) metric.Severity { return nil }
