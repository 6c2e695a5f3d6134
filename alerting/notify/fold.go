package notify

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"plimsoll/internal/metric"
)

// Folds reports whether messages over a route may be joined into one. Where a
// program reads them, or groups for itself, each comes for itself.
func Folds(route string) bool {
	channel, _, _ := strings.Cut(route, ":")
	switch channel {
	case "email", "slack", "mattermost", "teams", "telegram", "ntfy", "sms":
		return true
	}
	return false
}

// Fold joins messages, in their order, into one whose Delivery is given. One by
// itself stays as it is. The whole is a problem as long as one of its problems
// does not end within it.
func Fold(all []Message, delivery string) Message {
	if len(all) == 1 {
		return all[0]
	}
	open, worst := standing(all), all[0]
	page, _, _ := strings.Cut(all[0].URL, "?") // of all alerts, not of one
	m := Message{
		Version: 1, Delivery: delivery, Event: Recovery, ID: all[0].ID, State: metric.OK,
		Labels: maps.Clone(all[0].Labels), Since: all[0].Since, At: all[0].At, Parts: all,
	}
	for _, p := range all {
		if rank(p.Severity) > rank(worst.Severity) {
			worst = p
		}
		if p.Since.Before(m.Since) {
			m.Since = p.Since
		}
		if p.At.After(m.At) {
			m.At = p.At
		}
		maps.DeleteFunc(m.Labels, func(k, v string) bool { return p.Labels[k] != v })
	}
	m.URL = page
	m.Severity, m.Class = worst.Severity, worst.Class
	m.Name = nameOf(all)
	if open > 0 {
		m.Event, m.State = Problem, worst.Severity
	} else if slices.ContainsFunc(all, func(p Message) bool { return p.Event == Closed }) {
		m.Event, m.State = Closed, metric.Unknown
	}
	m.Summary = countOf(all)
	return m
}

// rank orders severities, least first.
func rank(s metric.Severity) int {
	return slices.Index([]metric.Severity{metric.OK, metric.Info, metric.Warning, metric.Unknown, metric.Critical}, s)
}

// standing counts the problems that do not end within messages.
func standing(all []Message) int {
	open := map[string]bool{}
	for _, p := range all {
		if p.Event == Problem {
			open[p.ID] = true
		} else {
			delete(open, p.ID)
		}
	}
	return len(open)
}

// nameOf is the name that all messages have, or how many names there are.
func nameOf(all []Message) string {
	names := map[string]bool{}
	for _, p := range all {
		names[p.Name] = true
	}
	if len(names) == 1 {
		return all[0].Name
	}
	return fmt.Sprintf("%d alerts", len(names))
}

// countOf says how many of each event there are: "12 problems, 3 ended".
func countOf(all []Message) string {
	problems, updates, ends := 0, 0, 0
	for _, p := range all {
		switch {
		case p.Event != Problem:
			ends++
		case p.Number > 0:
			updates++
		default:
			problems++
		}
	}
	var parts []string
	for _, c := range []struct {
		n    int
		word string
	}{{problems, "problem"}, {updates, "update"}} {
		if c.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s%s", c.n, c.word, map[bool]string{true: "s"}[c.n > 1]))
		}
	}
	if ends > 0 {
		parts = append(parts, fmt.Sprintf("%d ended", ends))
	}
	return strings.Join(parts, ", ")
}

// foldedSubject leads with the number, and goes on with where as far as it fits.
func (m Message) foldedSubject() string {
	lead := map[Event]string{Recovery: "RECOVERED", Closed: "CLOSED"}[m.Event]
	if lead == "" {
		lead = strings.ToUpper(string(m.Severity))
	}
	var where []string
	for _, p := range m.Parts {
		at := p.Labels["instance"]
		if at == "" {
			at = p.Labels["host"]
		}
		if at == "" {
			at = p.Name
		}
		if !slices.Contains(where, at) {
			where = append(where, at)
		}
	}
	return fmt.Sprintf("[%s] %s: %s (%s)", lead, m.Name, m.Summary, strings.Join(where, ", "))
}

// maxListed bounds the lines of a folded text.
const maxListed = 50

func (m Message) foldedText() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, from %s to %s\n\n", m.Summary, m.Since.UTC().Format("2006-01-02 15:04:05"), m.At.UTC().Format("15:04:05 MST"))
	for i, p := range m.Parts {
		if i == maxListed {
			fmt.Fprintf(&b, "and %d more\n", len(m.Parts)-maxListed)
			break
		}
		fmt.Fprintf(&b, "%s  %s\n", p.At.UTC().Format("15:04:05"), p.Subject())
		if p.Class == metric.UpDown && p.Event == Problem {
			fmt.Fprintf(&b, "          %s\n", p.Summary)
		}
		if p.AckURL != "" {
			fmt.Fprintf(&b, "          take care: %s\n", p.AckURL)
		}
	}
	if m.URL != "" {
		fmt.Fprintf(&b, "\nDashboard: %s\n", m.URL)
	}
	return b.String()
}
