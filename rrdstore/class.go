package rrdstore

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/query"
)

// Class is a way to keep series: how fine, for how long, and with which peaks.
type Class struct {
	Tiers []Tier `yaml:"tiers"` // finest first
	// MaxFrom and MinFrom are the finest steps whose greatest and least values
	// are kept beside the averages, which hide them. 0: 10 minutes, a day.
	MaxFrom time.Duration `yaml:"max_from"`
	MinFrom time.Duration `yaml:"min_from"`
}

// Rule gives series a class. The first rule that matches counts.
type Rule struct {
	// Match is a pattern of names as path.Match has it, node_disk_*, or a PromQL
	// selector, {job="snmp"}.
	Match string `yaml:"match"`
	Class string `yaml:"class"` // of Config.Classes, or lean, standard, long. "": standard
	// Heartbeat is the silence after which the value of such a series is unknown,
	// as for those that are measured rarely. 0: the store's.
	Heartbeat time.Duration `yaml:"heartbeat"`
}

// The names of the classes that are always there.
const (
	classLean     = "lean"
	classStandard = "standard"
	classLong     = "long"
)

const (
	defaultMaxFrom = 10 * time.Minute
	defaultMinFrom = day
)

// LeanTiers take a third of the default's space: what nobody looks at twice.
func LeanTiers() []Tier {
	return []Tier{
		{10 * time.Second, time.Hour},
		{time.Minute, day},
		{10 * time.Minute, 16 * day},
		{time.Hour, 100 * day},
		{day, 1826 * day},
	}
}

// LongTiers keep what plans are made of.
func LongTiers() []Tier {
	return []Tier{
		{10 * time.Second, day},
		{time.Minute, 8 * day},
		{10 * time.Minute, 100 * day},
		{time.Hour, 1826 * day},
		{day, 3653 * day},
	}
}

// classNamed returns a class as it is configured.
func (c *Config) classNamed(name string) (Class, bool) {
	if own, is := c.Classes[name]; is {
		return own.orDefault(), true
	}
	switch name {
	case "", classStandard:
		return Class{Tiers: c.Tiers}.orDefault(), true
	case classLean:
		return Class{Tiers: LeanTiers(), MaxFrom: time.Hour}.orDefault(), true
	case classLong:
		return Class{Tiers: LongTiers()}.orDefault(), true
	}
	return Class{}, false
}

func (c Class) orDefault() Class {
	if c.MaxFrom == 0 {
		c.MaxFrom = defaultMaxFrom
	}
	if c.MinFrom == 0 {
		c.MinFrom = defaultMinFrom
	}
	return c
}

func (c *Config) validateRetention(bad func(string, ...any)) {
	for _, name := range slices.Sorted(maps.Keys(c.Classes)) {
		own := c.Classes[name]
		if name == "" || name == classStandard {
			bad("classes: %q cannot be given: storage.tiers is the class %q", name, classStandard)
		}
		validateTiers(fmt.Sprintf("classes.%s.tiers", name), own.Tiers, bad)
		if own.MaxFrom < 0 || own.MinFrom < 0 {
			bad("classes.%s: max_from %s or min_from %s is negative", name, own.MaxFrom, own.MinFrom)
		}
	}
	for i, r := range c.Retention {
		if _, err := r.matchers(); err != nil {
			bad("retention[%d].match: %w", i, err)
		}
		cl, is := c.classNamed(r.Class)
		if !is {
			bad("retention[%d].class: there is no class %q", i, r.Class)
		}
		if is && len(cl.Tiers) > 0 && r.Heartbeat != 0 && r.Heartbeat < cl.Tiers[0].Step {
			bad("retention[%d].heartbeat: %s is shorter than the step %s of the class", i, r.Heartbeat, cl.Tiers[0].Step)
		}
	}
}

var errPattern = errors.New("is neither a pattern of names nor a selector")

// matchers returns those of a selector, nil for a pattern of names.
func (r Rule) matchers() ([]*labels.Matcher, error) {
	if r.Match == "" {
		return nil, errors.New("is empty")
	}
	if !strings.Contains(r.Match, "{") {
		if _, err := path.Match(r.Match, ""); err != nil {
			return nil, fmt.Errorf("%q %w: %w", r.Match, errPattern, err)
		}
		return nil, nil
	}
	ms, err := query.NewParser().ParseMetricSelector(r.Match)
	if err != nil {
		return nil, fmt.Errorf("%q %w: %w", r.Match, errPattern, err)
	}
	return ms, nil
}

// class is a Class in use, for series of one heartbeat, with the schemas of its
// archives.
type class struct {
	Class
	name      string
	heartbeat time.Duration
	gauge     *layout
	counter   *layout
	timing    []*layout // of each tier
}

// classRule is a Rule ready to be asked.
type classRule struct {
	pattern  string
	matchers []*labels.Matcher // nil: the pattern counts
	class    *class
}

// classes finds the class of a series.
type classes struct {
	rules    []classRule
	standard *class
	all      []*class // each once
}

// newClasses makes the classes of a configuration that is valid.
func newClasses(c *Config) classes {
	out := classes{}
	made := func(name string, heartbeat time.Duration) *class {
		if name == "" {
			name = classStandard
		}
		if heartbeat == 0 {
			heartbeat = c.Heartbeat
		}
		for _, have := range out.all {
			if have.name == name && have.heartbeat == max(heartbeat, have.Tiers[0].Step) {
				return have
			}
		}
		own, _ := c.classNamed(name)
		n := newClass(name, own, max(heartbeat, own.Tiers[0].Step))
		out.all = append(out.all, n)
		return n
	}
	out.standard = made(classStandard, 0)
	for _, r := range c.Retention {
		ms, err := r.matchers()
		if err != nil {
			panic("BUG: retention was not validated: " + err.Error())
		}
		out.rules = append(out.rules, classRule{r.Match, ms, made(r.Class, r.Heartbeat)})
	}
	return out
}

// of returns the class of the series with labels l.
func (c *classes) of(l labels.Labels) *class {
	for i := range c.rules {
		if c.rules[i].matches(l) {
			return c.rules[i].class
		}
	}
	return c.standard
}

func (r *classRule) matches(l labels.Labels) bool {
	if r.matchers != nil {
		return matchAll(l, r.matchers)
	}
	is, _ := path.Match(r.pattern, l.Get(model.MetricNameLabel))
	return is
}

// keeps tells whether plain archives have rows of the function in a tier.
func (c *class) keeps(t Tier, cf string) bool {
	switch cf {
	case "MAX":
		return t.Step >= c.MaxFrom
	case "MIN":
		return t.Step >= c.MinFrom
	}
	return true
}
