package policy

import (
	"slices"
	"time"

	"plimsoll/internal/metric"
)

// Case is an open episode.
type Case struct {
	// Labels are those of the alert with alertname, severity and class.
	Labels   map[string]string
	Severity metric.Severity
	// Direct are the contacts that the check or rule names itself; nil: routes
	// decide.
	Direct  []string
	Telling Telling
	Ack     *Ack
	// Holds are the reasons why nobody new may be told.
	Holds []Hold
}

// Hold is one reason why nobody new is told.
type Hold struct {
	Kind string `json:"kind"` // silence, downtime, service, dependency, host
	Text string `json:"text"`
	// Until is when it ends, if that is known.
	Until time.Time `json:"until,omitzero"`
}

// Telling is what was decided about a case so far. The zero Telling is a case
// that nobody was told of.
type Telling struct {
	Told []string `json:"told,omitempty"` // contacts, sorted
	// Clock is when waiting for an acknowledgement began.
	Clock time.Time `json:"clock,omitzero"`
	// Last is when those who know were told last.
	Last     time.Time       `json:"last,omitzero"`
	Severity metric.Severity `json:"severity,omitempty"` // the worst that was told
	// Reminders since Clock; Updates of all kinds in the episode.
	Reminders int `json:"reminders,omitempty"`
	Updates   int `json:"updates,omitempty"`
	// Quiet says that the case was held or acknowledged when last looked at.
	Quiet string `json:"quiet,omitempty"` // "", hold or ack
}

func (t Telling) equal(o Telling) bool {
	return slices.Equal(t.Told, o.Told) && t.Clock.Equal(o.Clock) && t.Last.Equal(o.Last) &&
		t.Severity == o.Severity && t.Reminders == o.Reminders && t.Updates == o.Updates && t.Quiet == o.Quiet
}

// Ack says that somebody knows and takes care.
type Ack struct {
	By    string    `json:"by"`
	Note  string    `json:"note,omitempty"`
	At    time.Time `json:"at"`
	Until time.Time `json:"until"`
	// Sticky lasts also when trouble gets worse.
	Sticky   bool            `json:"sticky,omitempty"`
	Severity metric.Severity `json:"severity"` // at that time
}

// Holds reports whether the acknowledgement counts at an instant for trouble of
// a severity.
func (a *Ack) Holds(s metric.Severity, at time.Time) bool {
	return a != nil && at.Before(a.Until) && !a.Outgrown(s)
}

// Outgrown reports whether trouble of a severity is worse than what was
// acknowledged. The acknowledgement is over then, however it goes on.
func (a *Ack) Outgrown(s metric.Severity) bool {
	return a != nil && !a.Sticky && IsWorse(s, a.Severity)
}

// IsWorse reports whether a is worse than b.
func IsWorse(a, b metric.Severity) bool {
	order := []metric.Severity{metric.OK, metric.Info, metric.Warning, metric.Unknown, metric.Critical}
	return slices.Index(order, a) > slices.Index(order, b)
}

// Why says what a message is for.
type Why string

// The reasons to tell.
const (
	Begin     Why = "" // the first word of it to these contacts
	Escalated Why = "escalated"
	Worse     Why = "worse"
	Reminder  Why = "reminder"
	Expired   Why = "acknowledgement ended"
)

// Tell is a message to contacts. Number is 0 for the first word to a contact,
// and counts the updates of the episode else.
type Tell struct {
	Why      Why
	Contacts []string
	Number   int
}

// Plan is what is to be done about a case now.
type Plan struct {
	Telling Telling
	Tells   []Tell
	// Changed says that Telling is not what it was.
	Changed bool
}
