package rule

import (
	"fmt"
	"strings"

	"plimsoll/internal/metric"
)

// Peers compares each series with those that do the same: it is trouble if it
// differs from the median of its group by more than Deviations times the median
// absolute deviation, and by more than Min.
//
//	peers: {of: "rate(http_errors_total[5m])", by: [job], min: 1, side: above}
type Peers struct {
	Of string `yaml:"of"`
	// By are the labels that the members of a group share; none: all are peers.
	By         []string `yaml:"by"`
	Deviations float64  `yaml:"deviations"` // 0: 5
	// Min is the least difference that matters, in the unit of Of. Where all
	// peers are equal, any other would be beyond all deviations.
	Min  float64 `yaml:"min"`
	Side side    `yaml:"side"` // above, below, or both, which is the default
	// AtLeast is how many members a group must have to be judged; 0: 4.
	AtLeast int `yaml:"at_least"`
}

// leastPeers is the smallest group in which most can outvote one.
const leastPeers = 3

// clearRatio is how far a difference must have shrunk to end an alert.
const clearRatio = 0.75

func (p *Peers) defaults(c Config) Config {
	filled := *p
	if filled.Deviations == 0 {
		filled.Deviations = 5
	}
	if filled.AtLeast == 0 {
		filled.AtLeast = 4
	}
	c.Peers = &filled
	return c
}

func (p *Peers) validate(_ Config, bad complaint) {
	validOf(p.Of, bad)
	validLabelNames("by", p.By, bad)
	positive("deviations", p.Deviations, bad)
	positive("min", p.Min, bad)
	p.Side.validate(bad)
	if p.AtLeast < leastPeers {
		bad("at_least", "%d is less than %d", p.AtLeast, leastPeers)
	}
}

func (p *Peers) exprs() (expr, clear string) {
	score := p.score()
	return score + " > " + number(p.Deviations), score + " < " + number(clearRatio*p.Deviations)
}

// score is how many deviations a series is away. The deviation of a group counts
// as at least so much that Min takes Deviations of it.
func (p *Peers) score() string {
	of, by := numbers(p.Of), "("+strings.Join(p.By, ", ")+")"
	difference := fmt.Sprintf("%s - on %s group_left () quantile by %s (0.5, %s)", of, by, by, of)
	deviation := fmt.Sprintf("quantile by %s (0.5, abs(%s))", by, difference)
	judged := fmt.Sprintf("(%s and on %s count by %s (%s) >= %d)", p.Side.distance(difference), by, by, of, p.AtLeast)
	return fmt.Sprintf("%s / on %s group_left () clamp_min(%s, %s)", judged, by, deviation, number(p.Min/p.Deviations))
}

func (*Peers) summary() string {
	return "{{ humanize $value }} times the usual deviation away from its peers"
}

func (*Peers) grade(metric.Severity) func(float64) metric.Severity { return nil }
