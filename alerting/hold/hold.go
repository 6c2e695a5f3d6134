package hold

import (
	"time"

	"plimsoll/alerting/match"
)

// Kind is what a hold is for.
type Kind string

// Silence is asked for by somebody who does not want to hear of something.
// Downtime is planned work.
const (
	Silence  Kind = "silence"
	Downtime Kind = "downtime"
)

// Hold keeps back the word of problems.
type Hold struct {
	ID int64 `json:"id"`
	// Name is that of a downtime of the configuration, else "".
	Name  string    `json:"name,omitempty"`
	Kind  Kind      `json:"kind"`
	Match match.Set `json:"match,omitzero"`
	// All says that it is meant to pick everything, Match being empty.
	All   bool      `json:"all,omitempty"`
	From  time.Time `json:"from,omitzero"`
	Until time.Time `json:"until,omitzero"` // zero: for ever
	// Flexible is how long a downtime lasts that begins with a problem between
	// From and Until; 0: it lasts from From to Until.
	Flexible time.Duration `json:"flexible,omitempty"`
	// Triggered is when a flexible downtime last began.
	Triggered time.Time `json:"triggered,omitzero"`
	// Recurring gives the windows between From and Until; nil: it is one.
	Recurring *Recurrence `json:"recurring,omitempty"`
	By        string      `json:"by,omitempty"`
	Note      string      `json:"note,omitempty"`
	Created   time.Time   `json:"created,omitzero"`
	// Ended is when it was taken back.
	Ended time.Time `json:"ended,omitzero"`
}

// Matches reports whether h picks an alert of these labels.
func (h Hold) Matches(labels map[string]string) bool {
	if h.Match.Empty() {
		return h.All
	}
	return h.Match.Matches(labels)
}

// Active reports whether h holds at an instant.
func (h Hold) Active(at time.Time) bool {
	if h.endedBy(at) {
		return false
	}
	if h.Flexible > 0 {
		return h.runs(at)
	}
	return h.open(at)
}

// Trigger returns what h becomes when a problem that it matches is there at an
// instant, and false if that changes nothing: it is not flexible, not open, or
// has begun in this window already.
func (h Hold) Trigger(at time.Time) (Hold, bool) {
	if h.Flexible <= 0 || h.endedBy(at) || h.runs(at) || !h.open(at) {
		return h, false
	}
	if !h.Triggered.IsZero() && !h.Triggered.Before(h.opened(at)) {
		return h, false
	}
	h.Triggered = at
	return h, true
}

// Over reports whether h is not active at an instant, and never after it.
func (h Hold) Over(at time.Time) bool {
	if h.endedBy(at) {
		return true
	}
	if !h.Triggered.IsZero() && h.Flexible > 0 {
		if at.Before(h.Triggered.Add(h.Flexible)) {
			return false
		}
		if h.Recurring == nil {
			return true
		}
	}
	if h.bounded() && !at.Before(h.Until) {
		return true
	}
	if h.Recurring == nil || at.Before(h.From) {
		return false
	}
	p, err := h.Recurring.read()
	if err != nil || p.Contains(at) {
		return false
	}
	_, more := p.Next(at)
	return !more
}

func (h Hold) endedBy(at time.Time) bool { return !h.Ended.IsZero() && !at.Before(h.Ended) }

func (h Hold) bounded() bool { return !h.Until.IsZero() }

// runs reports whether a flexible hold has begun, and lasts.
func (h Hold) runs(at time.Time) bool {
	return !h.Triggered.IsZero() && !at.Before(h.Triggered) && at.Before(h.Triggered.Add(h.Flexible))
}

// open reports whether an instant is in a window.
func (h Hold) open(at time.Time) bool {
	if at.Before(h.From) || h.bounded() && !at.Before(h.Until) {
		return false
	}
	if h.Recurring == nil {
		return h.bounded()
	}
	p, err := h.Recurring.read()
	return err == nil && p.Contains(at)
}

// opened returns the begin of the window that is open at an instant.
func (h Hold) opened(at time.Time) time.Time {
	if h.Recurring == nil {
		return h.From
	}
	if p, err := h.Recurring.read(); err == nil {
		if begin, ok := p.Last(at); ok && begin.After(h.From) {
			return begin
		}
	}
	return h.From
}
