package metric

import "time"

// Severity says how bad an alert is for those who use the service.
type Severity string

// The severities, least first. OK is the severity of a recovery.
const (
	OK       Severity = "ok"
	Info     Severity = "info"
	Warning  Severity = "warning"
	Critical Severity = "critical"
	Unknown  Severity = "unknown" // cannot tell: no data, or the check itself failed
)

// Class is the kind of trouble, after Flickr's three.
type Class string

// The classes of alerts.
const (
	UpDown    Class = "up/down"   // a service answers or does not
	Resource  Class = "resource"  // something runs short
	Threshold Class = "threshold" // a value is too high or too low
)

// Alert is the present state of one check, or of one rule for one series.
type Alert struct {
	// ID is stable for a rule or check and its label set.
	ID     string            `json:"id"`
	Name   string            `json:"name"`
	Class  Class             `json:"class"`
	Labels map[string]string `json:"labels,omitempty"`
	// State is ok, or unknown, or the severity of what is wrong.
	State Severity `json:"state"`
	// Severity is what the check or rule was given, whatever the state. A passive
	// check gives it itself while it is not ok.
	Severity Severity `json:"severity"`
	// Hard is false while the trouble is not yet confirmed: a soft state of a
	// check, a rule whose `for` has not passed.
	Hard bool `json:"hard"`
	// Attempt counts the bad results of a check in a soft state, from 1, up to
	// MaxAttempts; both are 0 for a rule.
	Attempt     int `json:"attempt,omitempty"`
	MaxAttempts int `json:"max_attempts,omitempty"`
	// Flapping says that the state comes and goes: FlapPercent of its last 21
	// results were changes, the newer ones weighing more.
	Flapping    bool    `json:"flapping,omitempty"`
	FlapPercent float64 `json:"flap_percent,omitempty"`
	// Since is when State began; Checked is when it was last looked at.
	Since   time.Time `json:"since"`
	Checked time.Time `json:"checked"`
	// Value is what was last measured, when there is a number.
	Value *float64 `json:"value,omitempty"`
	// Summary says in one line what is the matter, or what the check saw.
	Summary string `json:"summary"`
	// Group is the group of a rule file that the rule is of, and Annotations are
	// what that says of the alert; empty for all others.
	Group       string            `json:"group,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
	// Expr is the PromQL expression of a rule, Target what a check looks at, or the
	// expression of a service's members.
	Expr   string `json:"expr,omitempty"`
	Target string `json:"target,omitempty"`
	// Episode numbers the trouble of an alert that is hard; Told are the contacts
	// that were told of it, Ack who takes care, and Holds why nobody else is told.
	Episode int64       `json:"episode,omitempty"`
	Told    []string    `json:"told,omitempty"`
	Ack     *AlertAck   `json:"ack,omitempty"`
	Holds   []AlertHold `json:"holds,omitempty"`
}

// AlertAck says who takes care of an alert, and until when that counts. A sticky
// one counts also when the trouble gets worse.
type AlertAck struct {
	By     string    `json:"by"`
	Note   string    `json:"note,omitempty"`
	At     time.Time `json:"at"`
	Until  time.Time `json:"until"`
	Sticky bool      `json:"sticky,omitempty"`
}

// AlertHold is a reason why nobody new is told of an alert.
type AlertHold struct {
	Kind  string    `json:"kind"` // silence, downtime, service, dependency or host
	Text  string    `json:"text"`
	Until time.Time `json:"until,omitzero"` // zero: not known
}

// AlertEvent is a line of the history: a change of state or somebody told.
type AlertEvent struct {
	At      time.Time         `json:"at"`
	AlertID string            `json:"alert_id"`
	Name    string            `json:"name"`
	Labels  map[string]string `json:"labels,omitempty"`
	// Kind is "state" for a change of state, "closed" for the end of trouble that
	// is not known to be over (To is then unknown), "notified" for a message that
	// arrived, "failed" for one that was given up, "fallback" for what
	// Contact is told of since another is not reached, "acknowledged" and
	// "unacknowledged" for what Contact did, "handler" for what an event handler
	// was ordered and what came of it.
	Kind    string   `json:"kind"`
	From    Severity `json:"from,omitempty"`
	To      Severity `json:"to,omitempty"`
	Hard    bool     `json:"hard"`
	Contact string   `json:"contact,omitempty"`
	Summary string   `json:"summary"`
}

// RuleInfo describes a configured rule for Prometheus' rules API.
type RuleInfo struct {
	// ID is what the IDs of the rule's alerts begin with, before a "/".
	ID   string
	Name string
	// Recording rules are of rule files, and have no alerts.
	Recording bool
	// File and Group say where a rule of a rule file stands, Limit how many alerts
	// or series it may give. Rules of one group follow each other.
	File, Group           string
	Interval, QueryOffset time.Duration
	Limit                 int
	// Labels are those that the rule gives.
	Labels      map[string]string
	Class       Class
	Expr        string
	For         time.Duration
	KeepFiring  time.Duration
	Severity    Severity
	Annotations map[string]string
	LastError   string
	LastEval    time.Time
	EvalTime    time.Duration
}
