package builtin

import (
	"slices"

	"plimsoll/alerting/rule"
	"plimsoll/internal/metric"
)

// Rules returns all built-in rules.
func Rules() []rule.Config {
	return slices.Concat(reporting(), disks(), memory(), hosts(), hardware(),
		caches(), mysql(), postgres(), stores(), queues(), web(), pools(), network(), own())
}

// AsInfo returns c so that nobody is woken by it: what becomes of a rule that
// would have made too much noise here.
func AsInfo(c rule.Config) rule.Config {
	c.Severity = metric.Info
	if c.Level != nil {
		level := *c.Level
		level.Above, level.Below = mild(level.Above), mild(level.Below)
		c.Level = &level
	}
	if c.RunsOut != nil {
		ahead := *c.RunsOut
		ahead.CriticalWithin = 0
		c.RunsOut = &ahead
	}
	return c
}

// mild leaves the critical step out, if there is another.
func mild(s *rule.Steps) *rule.Steps {
	if s == nil || s.Warn == nil {
		return s
	}
	return &rule.Steps{Warn: s.Warn, Clear: s.Clear}
}

// above and below make levels; critical may be as good as absent, 0.
func above(of string, warn, critical, clear float64) *rule.Level {
	return &rule.Level{Of: of, Above: steps(warn, critical, clear)}
}

func below(of string, warn, critical, clear float64) *rule.Level {
	return &rule.Level{Of: of, Below: steps(warn, critical, clear)}
}

func steps(warn, critical, clear float64) *rule.Steps {
	s := &rule.Steps{Warn: &warn, Clear: &clear}
	if critical != 0 {
		s.Critical = &critical
	}
	return s
}

func summary(text string) map[string]string { return map[string]string{"summary": text} }
