package period

import (
	"errors"
	"fmt"
	"time"
)

// A reading of a clock, whichever its zone, is a time.Time in UTC with the
// fields that the clock shows.

// reach is more than any zone is off UTC.
const reach = 48 * time.Hour

// Zone returns the zone of a name in IANA's list; "" is UTC. The zone of the
// machine is no name: it would give the same file another meaning elsewhere.
func Zone(name string) (*time.Location, error) {
	if name == "Local" {
		return nil, errors.New(`"Local" is not a time zone of IANA's list, as Europe/London is`)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("%q is not a time zone of IANA's list, as Europe/London is", name)
	}
	return zone, nil
}

// ParseReading reads a clock, as 2026-01-05 09:00.
func ParseReading(text string) (time.Time, error) {
	r, err := time.Parse("2006-01-02 15:04", text)
	if err != nil || len(text) != len("2006-01-02 15:04") {
		return time.Time{}, fmt.Errorf("%q is not a date and a time, as 2026-01-05 09:00", text)
	}
	return r, nil
}

// Reading is what the clock of zone shows at an instant.
func Reading(at time.Time, zone *time.Location) time.Time {
	_, offset := at.In(zone).Zone()
	return at.UTC().Add(time.Duration(offset) * time.Second)
}

// First returns the first instant at which the clock of zone shows reading or
// later: that of the jump if the clock leaves it out, the first of two if it
// shows it twice. A later reading gives no earlier instant.
func First(reading time.Time, zone *time.Location) time.Time {
	at := reading.Add(-reach).In(zone)
	for {
		shown := shownAt(reading, at)
		if shown.Before(at) {
			return at
		}
		end, ends := steadyUntil(at)
		if !ends || shown.Before(end) {
			return shown.In(zone)
		}
		at = end
	}
}

// Final returns the instant from which on the clock of zone shows reading or
// later for good: as First, but after the clock was last put back to less. It is
// never before First.
func Final(reading time.Time, zone *time.Location) time.Time {
	end := reading.Add(reach).In(zone)
	for {
		at := end.Add(-1)
		shown := shownAt(reading, at)
		if shown.After(end) {
			return end
		}
		start, _ := at.ZoneBounds()
		if start.IsZero() || shown.After(start) {
			return shown.In(zone)
		}
		end = start
	}
}

// steadyUntil returns an instant after at until which the clock does not jump,
// and false if it never does. ZoneBounds gives years 365 days: on the last one
// of a leap year it ends before it begins.
func steadyUntil(at time.Time) (time.Time, bool) {
	_, end := at.ZoneBounds()
	if !end.IsZero() && !end.After(at) {
		return at.Add(time.Hour), true
	}
	return end, !end.IsZero()
}

// shownAt is when a clock that is off UTC as at is would show reading.
func shownAt(reading, at time.Time) time.Time {
	_, offset := at.Zone()
	return reading.Add(-time.Duration(offset) * time.Second)
}
