package rrdstore

import (
	"strconv"
	"strings"
	"time"
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

func validateTiers(key string, tiers []Tier, bad func(string, ...any)) {
	if len(tiers) == 0 {
		bad("%s: there are none", key)
		return
	}
	for i, t := range tiers {
		if t.Step < time.Second || t.Step%time.Second != 0 || t.Keep < t.Step {
			bad("%s[%d]: step %s kept for %s cannot be", key, i, t.Step, t.Keep)
			continue
		}
		// Rows of all tiers end with the day, but for one that is alone in a store.
		if alone := key == "tiers" && len(tiers) == 1; !alone && day%t.Step != 0 && t.Step%day != 0 {
			bad("%s[%d].step: %s neither divides a day nor is a number of days", key, i, t.Step)
		}
		if i > 0 && tiers[i-1].Step > 0 && (t.Step <= tiers[i-1].Step || t.Step%tiers[i-1].Step != 0) {
			bad("%s[%d].step: %s is not a multiple of the finer %s", key, i, t.Step, tiers[i-1].Step)
		}
	}
}

// chooseTier returns the finest tier that reaches back age, or a coarser one
// whose step is still not above want. At the very instant that a tier is kept for,
// its oldest row is already gone.
func chooseTier(tiers []Tier, want, age time.Duration) int {
	i := 0
	for i+1 < len(tiers) && (tiers[i+1].Step <= want || tiers[i].Keep-tiers[i].Step < age) {
		i++
	}
	return i
}

// Resolution returns the greatest distance of the points that Select gives for a
// query that begins age ago and has the given step.
func (s *Store) Resolution(age, step time.Duration) time.Duration {
	coarsest := time.Duration(0)
	for _, c := range s.classes.all {
		coarsest = max(coarsest, c.Tiers[chooseTier(c.Tiers, step, age)].Step)
	}
	return coarsest
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
