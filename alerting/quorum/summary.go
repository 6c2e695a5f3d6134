package quorum

import (
	"fmt"
	"strings"

	"plimsoll/internal/metric"
)

// maxNamed bounds the members that a summary names.
const maxNamed = 10

// summary says a finding in one line.
func (s *Service) summary(f Finding, t tally) string {
	var b strings.Builder
	down, total := len(f.Down), len(f.Members)
	switch {
	case total == 0:
		return "no member is known"
	case down == 0:
		fmt.Fprintf(&b, "all %d up", total)
	default:
		fmt.Fprintf(&b, "%d of %d down: %s", down, total, listed(f.Down, t.silent))
	}
	switch level := s.level(f.Severity); {
	case f.Severity == metric.Unknown:
		fmt.Fprintf(&b, "; at least %d members should be known", s.MinMembers)
	case down > 0:
		b.WriteString("; " + level)
	}
	if f.Absent {
		fmt.Fprintf(&b, "; %d that are silent for more than %v are no longer counted", t.lapsed, s.Forget)
	}
	return b.String()
}

// level says which threshold is crossed, or else which is next.
func (s *Service) level(now metric.Severity) string {
	if now == metric.Critical || s.warning.IsZero() {
		return s.critical.String() + " is critical"
	}
	return s.warning.String() + " is warning"
}

// listed names the first of names, and marks those that are silent.
func listed(names []string, silent map[string]bool) string {
	var out []string
	for _, name := range names[:min(len(names), maxNamed)] {
		if silent[name] {
			name += " (silent)"
		}
		out = append(out, name)
	}
	text := strings.Join(out, ", ")
	if more := len(names) - maxNamed; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
