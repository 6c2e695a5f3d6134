package hold

import (
	"errors"
	"fmt"
	"time"
)

const (
	maxLength    = 400 * 24 * time.Hour // of what does not recur
	minFlexible  = time.Minute
	maxFlexible  = 30 * 24 * time.Hour
	maxNoteBytes = 4096
)

// Validate reports all that is wrong with h as something new at an instant. Each
// problem begins with the key.
func (h Hold) Validate(now time.Time) error {
	errs := append(h.badWords(), h.badTimes()...)
	if len(errs) == 0 && (h.Over(now) || len(h.Windows(now, 1)) == 0) {
		errs = append(errs, fmt.Errorf("%s: all of it is over", h.bound()))
	}
	return errors.Join(errs...)
}

// bound is the key that says when h is over.
func (h Hold) bound() string {
	switch {
	case !h.Ended.IsZero():
		return "ended"
	case h.Recurring != nil && !h.bounded():
		return "times"
	}
	return "until"
}

// badWords are the problems that have nothing to do with when h is.
func (h Hold) badWords() []error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if h.Kind != Silence && h.Kind != Downtime {
		bad("kind: %q is none of silence, downtime", h.Kind)
	}
	switch {
	case h.Match.Empty() && !h.All:
		bad("match: is empty, which would pick every alert; say all: true if that is meant")
	case !h.Match.Empty() && h.All:
		bad("all: is true, and match picks %s: only one of them", h.Match)
	}
	if err := h.Match.Misspelt(); err != nil {
		bad("match: %w", err)
	}
	for _, text := range []struct{ key, value string }{{"by", h.By}, {"note", h.Note}} {
		if len(text.value) > maxNoteBytes {
			bad("%s: is longer than %d bytes", text.key, maxNoteBytes)
		}
	}
	return append(errs, h.badFlexible()...)
}

func (h Hold) badFlexible() []error {
	switch {
	case h.Flexible == 0:
		return nil
	case h.Kind == Silence:
		return []error{errors.New("flexible: a silence is not; a downtime may be")}
	case h.Flexible < minFlexible || h.Flexible > maxFlexible:
		return []error{fmt.Errorf("flexible: %v is not between 1m and 30d", h.Flexible)}
	}
	return nil
}

func (h Hold) badTimes() []error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if h.From.IsZero() && (h.Recurring == nil || h.Kind == Silence) {
		bad("from: is missing")
	}
	switch length := h.Until.Sub(h.From); {
	case !h.bounded() && (h.Recurring == nil || h.Kind == Silence):
		bad("until: is missing; a %s needs an end", h.Kind)
	case !h.bounded():
	case length <= 0:
		bad("until: %s is not after from", h.Until.Format(time.RFC3339))
	case length > maxLength && (h.Recurring == nil || h.Kind == Silence) && !h.From.IsZero():
		bad("until: %s is more than 400 days after from", h.Until.Format(time.RFC3339))
	}
	if h.Recurring == nil {
		return errs
	}
	if _, err := h.Recurring.read(); err != nil {
		return append(errs, err)
	}
	if len(errs) > 0 {
		return errs
	}
	return h.badWindows()
}

// badWindows looks at the first window of a recurrence. Where From is left out
// it may be beyond the years that are looked at.
func (h Hold) badWindows() []error {
	switch first := h.Windows(h.From, 1); {
	case len(first) == 0 && h.From.IsZero():
		return nil
	case len(first) == 0:
		return []error{errors.New("times: give no window between from and until")}
	case first[0].Until.IsZero():
		return []error{errors.New("times: never end, and until is missing")}
	}
	return nil
}
