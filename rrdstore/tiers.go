package rrdstore

import (
	"math"
	"strconv"
	"strings"
	"time"

	"plimsoll/rrdstore/rrdfile"
)

// Tier is one resolution and how long it is kept.
type Tier struct {
	Step time.Duration `yaml:"step"`
	Keep time.Duration `yaml:"keep"`
}

const day = 24 * time.Hour

// DefaultTiers returns the ladder of resolutions, finest first.
func DefaultTiers() []Tier {
	return []Tier{
		{10 * time.Second, 6 * time.Hour},
		{time.Minute, 2 * day},
		{10 * time.Minute, 32 * day},
		{time.Hour, 400 * day},
		{day, 1826 * day},
	}
}

// Peaks are kept where an average hides them: the greatest values from
// maxFrom up, the least from minFrom up.
const (
	maxFrom = 10 * time.Minute
	minFrom = day
	xff     = 0.5
)

func (t Tier) seconds() int64 { return int64(t.Step / time.Second) }
func (t Tier) millis() int64  { return t.Step.Milliseconds() }
func (t Tier) rows() int64    { return int64(t.Keep / t.Step) }

// name is the tier's step as a file name has it: 10s, 1m, 1h, 1d.
func (t Tier) name() string {
	for _, u := range []struct {
		unit time.Duration
		sign string
	}{{day, "d"}, {time.Hour, "h"}, {time.Minute, "m"}} {
		if t.Step%u.unit == 0 {
			return strconv.FormatInt(int64(t.Step/u.unit), 10) + u.sign
		}
	}
	return strconv.FormatInt(t.seconds(), 10) + "s"
}

func validateTiers(step time.Duration, tiers []Tier, bad func(string, ...any)) {
	if len(tiers) == 0 {
		bad("tiers: there are none")
		return
	}
	if tiers[0].Step != step {
		bad("tiers[0].step: %s is not the step %s", tiers[0].Step, step)
	}
	for i, t := range tiers {
		if t.Step < time.Second || t.Step%time.Second != 0 || t.Keep < t.Step {
			bad("tiers[%d]: step %s kept for %s cannot be", i, t.Step, t.Keep)
			continue
		}
		if i > 0 && tiers[i-1].Step > 0 && (t.Step <= tiers[i-1].Step || t.Step%tiers[i-1].Step != 0) {
			bad("tiers[%d].step: %s is not a multiple of the finer %s", i, t.Step, tiers[i-1].Step)
		}
	}
}

// plainSchema is the file of a gauge or a counter: all tiers in one.
func plainSchema(c *Config, ds string) rrdfile.Schema {
	s := rrdfile.Schema{
		Step: int64(c.Step / time.Second),
		DS:   []rrdfile.DS{{Name: ds, Type: "GAUGE", Heartbeat: int64(c.Heartbeat / time.Second), Min: math.NaN(), Max: math.NaN()}},
	}
	add := func(cf string, from time.Duration) {
		for _, t := range c.Tiers {
			if t.Step >= from {
				s.RRA = append(s.RRA, rrdfile.RRA{CF: cf, Rows: t.rows(), Steps: int64(t.Step / c.Step), XFF: xff})
			}
		}
	}
	add("AVERAGE", 0)
	add("MAX", maxFrom)
	add("MIN", minFrom)
	return s
}

// keepsPeaks tells whether plain archives of a tier have rows of the function.
func keepsPeaks(t Tier, cf string) bool {
	switch cf {
	case "MAX":
		return t.Step >= maxFrom
	case "MIN":
		return t.Step >= minFrom
	}
	return true
}

// timerSchema is the file of one tier of a timing: one archive, one row each
// interval, so that nothing is ever averaged.
func timerSchema(t Tier) rrdfile.Schema {
	s := rrdfile.Schema{
		Step: t.seconds(),
		RRA:  []rrdfile.RRA{{CF: "AVERAGE", Rows: t.rows(), Steps: 1, XFF: xff}},
	}
	for _, name := range timerDS {
		s.DS = append(s.DS, rrdfile.DS{Name: name, Type: "GAUGE", Heartbeat: t.seconds(), Min: math.NaN(), Max: math.NaN()})
	}
	return s
}

// chooseTier returns the finest tier that reaches back age, or a coarser one
// whose step is still not above want.
func chooseTier(tiers []Tier, want, age time.Duration) int {
	i := 0
	for i+1 < len(tiers) && (tiers[i+1].Step <= want || tiers[i].Keep < age) {
		i++
	}
	return i
}

// Resolution returns the distance of the points that Select gives for a query
// that begins age ago and has the given step.
func (s *Store) Resolution(age, step time.Duration) time.Duration {
	return s.cfg.Tiers[chooseTier(s.cfg.Tiers, step, age)].Step
}

func tierNamed(tiers []Tier, name string) int {
	for i, t := range tiers {
		if strings.EqualFold(t.name(), name) {
			return i
		}
	}
	return -1
}

// floorTo and ceilTo round an instant to a multiple of step, both above zero.
func floorTo(at, step int64) int64 { return at - at%step }
func ceilTo(at, step int64) int64  { return floorTo(at+step-1, step) }
