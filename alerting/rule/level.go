package rule

import (
	"math"

	"plimsoll/internal/metric"
)

// Level is a limit with hysteresis: `warn 90 critical 95 clear 80`. An alert
// begins at the first level and ends at clear; between, its severity is that of
// the level that its value has passed.
//
//	level: {of: disk_used_percent, above: {warn: 90, critical: 95, clear: 80}}
type Level struct {
	Of    string `yaml:"of"`
	Above *Steps `yaml:"above"`
	Below *Steps `yaml:"below"`
}

// Steps are the levels of one side. Warn has the severity of the rule.
type Steps struct {
	Warn     *float64 `yaml:"warn"`
	Critical *float64 `yaml:"critical"`
	Clear    *float64 `yaml:"clear"`
}

// first is the level at which an alert begins; nil if there is none.
func (s Steps) first() *float64 {
	if s.Warn != nil {
		return s.Warn
	}
	return s.Critical
}

// steps are those of the side that l has, which is above or below.
func (l Level) steps() (s Steps, above bool) {
	switch {
	case l.Above != nil:
		return *l.Above, true
	case l.Below != nil:
		return *l.Below, false
	}
	return Steps{}, true
}

// passed reports whether v is beyond a level.
func passed(v, level float64, above bool) bool {
	if above {
		return v > level
	}
	return v < level
}

func (l *Level) defaults(c Config) Config {
	if s, _ := l.steps(); c.Severity == "" && s.Warn == nil && s.Critical != nil {
		c.Severity = metric.Critical
	}
	return c
}

func (l *Level) validate(c Config, bad complaint) {
	validOf(l.Of, bad)
	if (l.Above == nil) == (l.Below == nil) {
		bad("above", "one of above and below must be there")
		return
	}
	s, above := l.steps()
	key := map[bool]string{true: "above", false: "below"}[above]
	for name, v := range map[string]*float64{"warn": s.Warn, "critical": s.Critical, "clear": s.Clear} {
		if v != nil && (math.IsNaN(*v) || math.IsInf(*v, 0)) {
			bad(key+"."+name, "%v is not a finite number", *v)
		}
	}
	if s.first() == nil {
		bad(key, "neither warn nor critical is there")
		return
	}
	if s.Warn != nil && s.Critical != nil {
		if !passed(*s.Critical, *s.Warn, above) {
			bad(key+".critical", "%v is not beyond warn, %v", *s.Critical, *s.Warn)
		}
		if c.Severity == metric.Critical {
			bad(key+".warn", "the severity of the rule, which is that of warn, is critical already")
		}
	}
	if s.Clear != nil && passed(*s.Clear, *s.first(), above) {
		bad(key+".clear", "%v is beyond the level at which the alert begins, %v", *s.Clear, *s.first())
	}
}

func (l *Level) exprs() (expr, clear string) {
	s, above := l.steps()
	begins, ends := " > ", " < "
	if !above {
		begins, ends = ends, begins
	}
	of := operand(l.Of)
	if s.Clear != nil {
		clear = of + ends + number(*s.Clear)
	}
	return of + begins + number(*s.first()), clear
}

func (*Level) summary() string { return "" }

func (l *Level) grade(mild metric.Severity) func(float64) metric.Severity {
	s, above := l.steps()
	if s.Warn == nil || s.Critical == nil {
		return nil
	}
	return func(v float64) metric.Severity {
		if passed(v, *s.Critical, above) {
			return metric.Critical
		}
		return mild
	}
}
