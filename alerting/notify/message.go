package notify

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"

	"plimsoll/internal/metric"
)

// Event is what a message tells.
type Event string

// The events. A problem is followed by a recovery or a closing.
const (
	Problem  Event = "problem"
	Recovery Event = "recovery" // seen to be well again
	Closed   Event = "closed"   // nobody looks any more, or nothing can be seen: not known to be well
	// Info is the whole word about trouble that ended before anybody was told of
	// it: nothing follows it.
	Info Event = "info"
)

// Message is what people are told. It is fixed when the alert changes, and kept
// until it was sent: a retry hours later says the same. Its JSON form is what a
// webhook receives.
type Message struct {
	Version int `json:"version"` // 1
	// Delivery is the same at each attempt, and of no other message; Reply is
	// the Delivery of the problem that ends.
	Delivery string            `json:"delivery"`
	Reply    string            `json:"reply,omitempty"`
	Event    Event             `json:"event"`
	ID       string            `json:"id"`
	Name     string            `json:"name"`
	Class    metric.Class      `json:"class"`
	State    metric.Severity   `json:"state"`    // ok for a recovery, unknown for closed
	Severity metric.Severity   `json:"severity"` // of the problem
	Labels   map[string]string `json:"labels,omitempty"`
	Value    *float64          `json:"value,omitempty"`
	Summary  string            `json:"summary"`
	// Since is when the trouble began, At when the event happened.
	Since  time.Time `json:"since"`
	At     time.Time `json:"at"`
	Target string    `json:"target,omitempty"`
	Expr   string    `json:"expr,omitempty"`
	// Runbook says what to look at and what to do, or where that stands.
	Runbook string `json:"runbook,omitempty"`
	URL     string `json:"url,omitempty"` // of the dashboard
	// Number is 0 for the first word of a problem to its reader; further ones
	// are updates, and Update says why: reminder, worse, escalated, ….
	Number int    `json:"number,omitempty"`
	Update string `json:"update,omitempty"`
	// Flapping says that the alert comes and goes.
	Flapping bool `json:"flapping,omitempty"`
	// AckURL is where this reader can say that he takes care.
	AckURL string `json:"ack_url,omitempty"`
	// Parts are the messages that were folded into this one.
	Parts []Message `json:"parts,omitempty"`
}

// maxSubject bounds a subject, in characters.
const maxSubject = 200

// Subject says in one line what happened.
func (m Message) Subject() string {
	if len(m.Parts) > 0 {
		return oneLine(m.foldedSubject())
	}
	what := m.what()
	switch m.Event {
	case Recovery:
		return oneLine(fmt.Sprintf("[RECOVERED] %s after %s", what, ago(m.At.Sub(m.Since))))
	case Closed:
		return oneLine(fmt.Sprintf("[CLOSED] %s: %s", what, m.Summary))
	case Info:
		return oneLine(fmt.Sprintf("[INFO] %s: %s", what, m.Summary))
	}
	subject := fmt.Sprintf("[%s] %s", strings.ToUpper(string(m.Severity)), what)
	if m.Class != metric.UpDown {
		subject += ": " + m.Summary
	}
	if m.Flapping {
		subject += " (flapping)"
	}
	if m.Update != "" {
		subject += fmt.Sprintf(" (%s, since %s)", m.Update, ago(m.At.Sub(m.Since)))
	}
	return oneLine(subject)
}

// what names the alert and where it is.
func (m Message) what() string {
	what := m.Name
	if m.Class == metric.UpDown && m.Target != "" {
		what += map[Event]string{Problem: " is down", Recovery: " is up"}[m.Event]
	}
	for _, l := range []string{"instance", "host", "mountpoint"} {
		if v := m.Labels[l]; v != "" && (l != "host" || m.Labels["instance"] == "") {
			what += map[string]string{"instance": " on ", "host": " on ", "mountpoint": " "}[l] + v
		}
	}
	return what
}

// Text says all of it, for people.
func (m Message) Text() string {
	if len(m.Parts) > 0 {
		return m.foldedText()
	}
	var b strings.Builder
	line := func(key, format string, args ...any) {
		fmt.Fprintf(&b, "%-10s "+format+"\n", append([]any{key + ":"}, args...)...)
	}
	fmt.Fprintf(&b, "%s\n\n", m.Summary)
	if m.Update != "" {
		line("News", "%s", m.Update)
	}
	line("Alert", "%s (%s, %s)", m.Name, m.Class, m.Severity)
	line("Since", "%s", m.Since.UTC().Format("2006-01-02 15:04:05 MST"))
	if word := map[Event]string{Recovery: "Ended", Closed: "Closed", Info: "Ended"}[m.Event]; word != "" {
		line(word, "%s, after %s", m.At.UTC().Format("2006-01-02 15:04:05 MST"), ago(m.At.Sub(m.Since)))
	}
	if m.Value != nil {
		line("Value", "%g", *m.Value)
	}
	if m.Target != "" {
		line("Target", "%s", m.Target)
	}
	if m.Expr != "" {
		line("Expression", "%s", m.Expr)
	}
	for _, k := range slices.Sorted(maps.Keys(m.Labels)) {
		line("Label", "%s = %s", k, m.Labels[k])
	}
	if m.AckURL != "" {
		line("Take care", "%s", m.AckURL)
	}
	if m.URL != "" {
		line("Dashboard", "%s", m.URL)
	}
	if m.Runbook != "" && m.Event == Problem {
		fmt.Fprintf(&b, "\n%s\n", m.Runbook)
	}
	return b.String()
}

// ago writes a duration as people say it: two units at most.
func ago(d time.Duration) string {
	d = max(d, 0).Round(time.Second)
	units := []struct {
		name string
		size time.Duration
	}{{"d", 24 * time.Hour}, {"h", time.Hour}, {"min", time.Minute}, {"s", time.Second}}
	for i, u := range units {
		if d < u.size {
			continue
		}
		text := fmt.Sprintf("%d %s", d/u.size, u.name)
		if i+1 < len(units) {
			if rest := d % u.size / units[i+1].size; rest > 0 {
				text += fmt.Sprintf(" %d %s", rest, units[i+1].name)
			}
		}
		return text
	}
	return "0 s"
}

// oneLine makes s safe for a header: no control characters, bounded.
func oneLine(s string) string {
	s = strings.Join(strings.FieldsFunc(s, unicode.IsControl), " ")
	if runes := []rune(s); len(runes) > maxSubject {
		return string(runes[:maxSubject-1]) + "…"
	}
	return s
}
