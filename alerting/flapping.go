package alerting

import (
	"plimsoll/alerting/rule"
	"plimsoll/alerting/state"
	"plimsoll/internal/metric"
)

// level is what a sighting that is bad counts as for flapping.
func (u *unit) level(seen rule.Sighting) state.Level {
	s := seen.Severity
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
