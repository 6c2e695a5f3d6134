package period

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// entry is one line of Times or Except.
type entry struct {
	days  days
	spans []span
}

// span is minutes from the midnight at which its day begins; until is more than
// from, and beyond dayMinutes on the next day.
type span struct{ from, until int }

const dayMinutes = 24 * 60

// maxTextBytes and maxEntries bound what programs send.
const (
	maxTextBytes = 200
	maxEntries   = 100
)

// Check tells what is wrong with one entry of Times or Except.
func Check(text string) error {
	_, err := parse(text)
	return err
}

// parse reads an entry.
func parse(text string) (entry, error) {
	if len(text) > maxTextBytes {
		return entry{}, fmt.Errorf("an entry is longer than %d bytes", maxTextBytes)
	}
	e, err := parseWords(strings.Fields(text))
	if err != nil {
		return entry{}, fmt.Errorf("%q: %w", text, err)
	}
	return e, nil
}

func parseWords(words []string) (entry, error) {
	if len(words) == 0 {
		return entry{}, errors.New("is empty")
	}
	picked, rest, err := parseDays(words)
	if err != nil {
		return entry{}, err
	}
	e := entry{days: picked, spans: []span{{0, dayMinutes}}}
	switch len(rest) {
	case 0:
	case 1:
		e.spans, err = parseSpans(rest[0])
	default:
		err = fmt.Errorf("%q after the hours", strings.Join(rest[1:], " "))
	}
	return e, err
}

func parseSpans(list string) ([]span, error) {
	var spans []span
	for part := range strings.SplitSeq(list, ",") {
		from, until, _ := strings.Cut(part, "-")
		f, fromOK := minutes(from)
		u, untilOK := minutes(until)
		switch {
		case !fromOK || !untilOK || f == dayMinutes:
			return nil, fmt.Errorf("%q is not a span of hours, as 08:00-18:00", part)
		case f == u:
			return nil, fmt.Errorf("%q has no length; the whole day is written without hours", part)
		case u < f:
			u += dayMinutes
		}
		spans = append(spans, span{f, u})
	}
	return spans, nil
}

// minutes reads HH:MM, up to 24:00.
func minutes(text string) (int, bool) {
	if len(text) != 5 || text[2] != ':' {
		return 0, false
	}
	var d [4]int
	for i, at := range [4]int{0, 1, 3, 4} {
		if text[at] < '0' || text[at] > '9' {
			return 0, false
		}
		d[i] = int(text[at] - '0')
	}
	hour, minute := d[0]*10+d[1], d[2]*10+d[3]
	return hour*60 + minute, minute < 60 && (hour < 24 || hour == 24 && minute == 0)
}

// always reports whether e is every instant.
func (e entry) always() bool {
	return e.days == days{weekdays: everyWeekday} && len(e.spans) == 1 && e.spans[0] == span{0, dayMinutes}
}

// window is [from, until).
type window struct{ from, until time.Time }

func (w window) contains(at time.Time) bool { return !at.Before(w.from) && at.Before(w.until) }

// on calls f with the windows of e that begin on a date, until it returns false.
func (e entry) on(date time.Time, zone *time.Location, f func(window) bool) bool {
	if !e.days.pick(date) {
		return true
	}
	for _, s := range e.spans {
		w := window{First(clock(date, s.from), zone), Final(clock(date, s.until), zone)}
		if s.until%dayMinutes == 0 {
			w.until = First(clock(date, s.until), zone)
		}
		if w.from.Before(w.until) && !f(w) {
			return false
		}
	}
	return true
}

func clock(date time.Time, minute int) time.Time {
	return date.Add(time.Duration(minute) * time.Minute)
}
