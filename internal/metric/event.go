package metric

import (
	"context"
	"time"
)

// Event is something that happened at an instant, told by whoever did or saw
// it: a deployment, a restart, a failover. It is shown on charts and in the
// history and is no trouble by itself. All texts are the sender's own and may
// hold anything.
type Event struct {
	At    time.Time `json:"at"` // zero: when it arrived
	Title string    `json:"title"`
	Text  string    `json:"text,omitempty"`
	Host  string    `json:"host,omitempty"`
	// Key tells which events are the same thing told again.
	Key string `json:"key,omitempty"`
	// Priority is normal or low; empty means normal.
	Priority string `json:"priority,omitempty"`
	Source   string `json:"source,omitempty"` // what kind of program tells of it
	// Type is error, warning, info or success; empty means info.
	Type   string            `json:"type,omitempty"`
	Labels map[string]string `json:"labels,omitempty"`
}

// CheckResult is what a check found that somebody else makes: an application,
// of itself or of what it needs.
type CheckResult struct {
	Name string `json:"name"`
	// State is OK, Warning, Critical or Unknown.
	State   Severity          `json:"state"`
	At      time.Time         `json:"at"` // zero: when it arrived
	Host    string            `json:"host,omitempty"`
	Message string            `json:"message,omitempty"`
	Labels  map[string]string `json:"labels,omitempty"`
}

// An EventSink accepts events. PutEvent never waits: nil means that the event
// is queued, an error that it is lost and counted by the sink.
type EventSink interface {
	PutEvent(ctx context.Context, e Event) error
}

// A CheckSink accepts the results of checks. PutCheck never waits: nil means
// that the result is queued, an error that it is lost and counted by the sink.
type CheckSink interface {
	PutCheck(ctx context.Context, r CheckResult) error
}
