package quorum

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"plimsoll/alerting/match"
	"plimsoll/internal/metric"
)

// A Service is ready to be looked at.
type Service struct {
	Config
	warning, critical Threshold
	alerts            match.Set      // not used if Config.Alerts is empty
	checks            *regexp.Regexp // nil: none
}

// New returns the service that c, which is valid and has its defaults, describes.
func New(c Config) (*Service, error) {
	s := &Service{Config: c, checks: globs(c.Checks)}
	var err error
	if s.warning, err = parseGiven(c.Warning); err != nil {
		return nil, fmt.Errorf("warning: %w", err)
	}
	if s.critical, err = parseGiven(c.Critical); err != nil {
		return nil, fmt.Errorf("critical: %w", err)
	}
	if s.alerts, err = match.Parse(c.Alerts); err != nil {
		return nil, fmt.Errorf("alerts: %w", err)
	}
	return s, nil
}

// globs returns what matches whole names by any of patterns.
func globs(patterns []string) *regexp.Regexp {
	if len(patterns) == 0 {
		return nil
	}
	var all []string
	for _, p := range patterns {
		all = append(all, strings.NewReplacer(`\*`, `.*`, `\?`, `.`).Replace(regexp.QuoteMeta(p)))
	}
	return regexp.MustCompile(`^(?:` + strings.Join(all, "|") + `)$`)
}

// Alert is an alert of a check or a rule that is not ok.
type Alert struct {
	Unit   string            // the key of the check, rule or service
	Name   string            // of the check or rule
	Labels map[string]string // with those of package match
	Hard   bool
	Class  metric.Class
}

// own returns the names under which an alert may be a member's own.
func (s *Service) own(a Alert) []string {
	var names []string
	if a.Class != metric.UpDown {
		return nil
	}
	if s.checks != nil && s.checks.MatchString(a.Name) {
		names = append(names, a.Name)
	}
	if name := a.Labels[s.By]; name != "" && !s.alerts.Empty() && s.alerts.Matches(a.Labels) {
		names = append(names, name)
	}
	return names
}

// Has reports whether an alert is the own of one of the members that were found,
// soft or hard. While quorum holds (the finding is ok) it need not be told,
// unless TellMembers says so. Before the first look nothing is known to be a
// member's.
func (s *Service) Has(a Alert, f Finding) bool {
	return slices.ContainsFunc(s.own(a), func(name string) bool {
		_, ok := slices.BinarySearch(f.Members, name)
		return ok
	})
}
