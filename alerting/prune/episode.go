package prune

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// Episode is one trouble from its begin to its end: an alert that became hard.
// Replayed ones have neither alert nor anybody who was told.
type Episode struct {
	AlertID  string            `json:"alert_id,omitempty"`
	Rule     string            `json:"rule"`
	Severity string            `json:"severity"`
	Labels   map[string]string `json:"labels,omitempty"`
	// Began is when it was first bad, Hard when it was believed, Ended when it
	// was over; zero: it is open.
	Began time.Time `json:"began"`
	Hard  time.Time `json:"hard"`
	Ended time.Time `json:"ended,omitzero"`
	// Acked is when somebody acknowledged it; zero: nobody did.
	Acked   time.Time `json:"acked,omitzero"`
	AckedBy string    `json:"acked_by,omitempty"`
	// Acted says that somebody, or a handler, did something about it.
	Acted bool `json:"acted,omitempty"`
	// Told is how many messages went out about it.
	Told int `json:"told,omitempty"`
}

// until is when e ended, or now while it is open.
func (e *Episode) until(now time.Time) time.Time {
	if e.Ended.IsZero() {
		return now
	}
	return e.Ended
}

// lasted is how long people were bothered by e.
func (e *Episode) lasted(now time.Time) time.Duration { return e.until(now).Sub(e.Hard) }

// series is the identity of what e is about.
func (e *Episode) series() string {
	var b strings.Builder
	b.WriteString(e.Rule)
	for _, k := range slices.Sorted(maps.Keys(e.Labels)) {
		b.WriteString("\x00" + k + "\x00" + e.Labels[k])
	}
	return b.String()
}

// mattered reports whether somebody cared for e.
func (e *Episode) mattered() bool { return e.Acted || !e.Acked.IsZero() }

// resolvedItself reports whether e was over before anybody could have helped.
func (e *Episode) resolvedItself() bool {
	return !e.mattered() && !e.Ended.IsZero() && e.Ended.Sub(e.Hard) < selfResolved
}
