// Package match picks alerts by their labels, in PromQL's words.
package match

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// Labels that an alert has besides those of its series and of its rule.
const (
	Name     = "alertname" // of the check, rule or service
	Severity = "severity"
	Class    = "class"
)

// Set is a list of matchers, all of which must hold. It is written as within
// the braces of a PromQL selector: severity="critical",instance=~"web.*". The
// zero Set picks every alert.
type Set struct {
	text     string
	matchers []*labels.Matcher
}

// maxTextBytes bounds a text, since people and programs send them.
const maxTextBytes = 4096

// Parse reads a Set; braces around it may stand or be left out.
func Parse(text string) (Set, error) {
	inner := strings.TrimSpace(text)
	inner = strings.TrimSuffix(strings.TrimPrefix(inner, "{"), "}")
	if strings.TrimSpace(inner) == "" {
		return Set{}, nil
	}
	if len(text) > maxTextBytes {
		return Set{}, fmt.Errorf("matchers are longer than %d bytes", maxTextBytes)
	}
	// The metric keeps PromQL from refusing matchers that all match "".
	all, err := parser.NewParser(parser.Options{}).ParseMetricSelector("alert{" + inner + "}")
	if err != nil {
		return Set{}, fmt.Errorf("%q: %w", text, plain(err))
	}
	s := Set{text: inner}
	for _, m := range all {
		if m.Name != model.MetricNameLabel {
			s.matchers = append(s.matchers, m)
		}
	}
	return s, nil
}

// plain takes the place off an error of the parser: it counts from a text that
// is not the reader's.
func plain(err error) error {
	if e := parser.ParseErrors(nil); errors.As(err, &e) && len(e) > 0 {
		return e[0].Err
	}
	return err
}

// String returns the text of s, without braces.
func (s Set) String() string { return s.text }

// Misspelt reports a matcher that can pick nothing, or that says nothing, since
// it looks for a severity or a class that there is not.
func (s Set) Misspelt() error {
	words := map[string][]string{
		Severity: {"critical", "warning", "info", "unknown"},
		Class:    {"up/down", "resource", "threshold"},
	}
	for _, m := range s.matchers {
		known, ours := words[m.Name]
		negated := m.Type == labels.MatchNotEqual || m.Type == labels.MatchNotRegexp
		takes := func(w string) bool { return m.Matches(w) != negated }
		if ours && !slices.ContainsFunc(known, takes) {
			return fmt.Errorf("%s: there is no such %s: it is one of %s", m, m.Name, strings.Join(known, ", "))
		}
	}
	return nil
}

// Empty reports whether s picks everything.
func (s Set) Empty() bool { return len(s.matchers) == 0 }

// Names returns the labels that s looks at; one may stand twice.
func (s Set) Names() []string {
	names := make([]string, len(s.matchers))
	for i, m := range s.matchers {
		names[i] = m.Name
	}
	return names
}

// Matches reports whether labels, of which an absent one is "", are picked.
func (s Set) Matches(of map[string]string) bool {
	for _, m := range s.matchers {
		if !m.Matches(of[m.Name]) {
			return false
		}
	}
	return true
}

// MarshalText writes the text, for JSON and YAML.
func (s Set) MarshalText() ([]byte, error) { return []byte(s.text), nil }

// UnmarshalText is Parse.
func (s *Set) UnmarshalText(text []byte) (err error) {
	*s, err = Parse(string(text))
	return err
}
