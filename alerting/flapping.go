package alerting

import (
	"plimsoll/alerting/rule"
	"plimsoll/alerting/state"
	"plimsoll/internal/metric"
)

// level is what a sighting counts as for flapping: what is not bad, and holds a
// hard state all the same, is as bad as it was.
func (u *unit) level(seen rule.Sighting, next state.State) state.Level {
	s := seen.Severity
	if s == "" && seen.Verdict != state.Bad {
		return next.Last()
	}
	if s == "" {
		s = u.severity
	}
	switch s {
	case metric.OK:
		return state.LevelOK
	case metric.Critical:
		return state.LevelCritical
	case metric.Unknown:
		return state.LevelUnknown
	}
	return state.LevelWarning
}
