package metric

import (
	"context"
	"errors"
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
	// ID numbers the events that are kept; Repeats counts those that came soon
	// after under the same Key, and are not. Senders leave both zero.
	ID      int64 `json:"id,omitempty"`
	Repeats int   `json:"repeats,omitempty"`
}

// Get returns what a matcher of the label name looks at: the field of that name
// where the event has one, else the label.
func (e Event) Get(name string) string {
	fields := map[string]string{
		"title": e.Title, "host": e.Host, "key": e.Key, "priority": e.Priority, "source": e.Source, "type": e.Type,
	}
	if v := fields[name]; v != "" {
		return v
	}
	return e.Labels[name]
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

// ErrBusy says that a queue is full: what was given is lost, and the next may
// be taken again.
var ErrBusy = errors.New("queue is full")

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
