package prune

import (
	"fmt"
	"strings"
	"time"
)

// Report is what a rule would have done.
type Report struct {
	Rule     string    `json:"rule"`
	Severity string    `json:"severity"`
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
	// IntervalSeconds is how often the rule looks.
	IntervalSeconds float64   `json:"interval_seconds"`
	Episodes        []Episode `json:"episodes"`
	// Dropped counts episodes beyond MaxEpisodes, of which only this is known.
	Dropped int `json:"dropped,omitempty"`
	// Blips counts what was over before it was believed: `for` kept it quiet.
	Blips int `json:"blips"`
	// Missing are the spans in which there was nothing to judge; nil, with
	// Unjudged set, where that cannot be told of such a rule.
	Missing  []Span `json:"missing,omitempty"`
	Unjudged bool   `json:"unjudged,omitempty"`
	// Coarse are the spans with data that were looked at less often than the rule
	// looks, as the history has no finer rows there.
	Coarse []Span `json:"coarse,omitempty"`
	// TooMany counts the looks that found more instances than a rule may have.
	TooMany int `json:"too_many,omitempty"`
}

// Span is a part of the time.
type Span struct {
	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
	// StepSeconds is how far the instants lay apart that were looked at.
	StepSeconds float64 `json:"step_seconds,omitempty"`
}

// Summary is a Report in numbers.
type Summary struct {
	Episodes       int     `json:"episodes"`
	Series         int     `json:"series"`
	LongestSeconds float64 `json:"longest_seconds"`
	Night          int     `json:"night"`
	// PageMinutes is how long trouble was open, summed over its episodes.
	PageMinutes    float64 `json:"page_minutes"`
	Open           int     `json:"open"`
	MissingSeconds float64 `json:"missing_seconds"`
}

// Summary counts the episodes of r. Night tells whether an instant is one at
// which people sleep.
func (r *Report) Summary(night func(time.Time) bool) Summary {
	s := Summary{Episodes: len(r.Episodes) + r.Dropped}
	series := map[string]bool{}
	for i := range r.Episodes {
		e := &r.Episodes[i]
		series[e.series()] = true
		lasted := e.lasted(r.To)
		s.LongestSeconds = max(s.LongestSeconds, lasted.Seconds())
		s.PageMinutes += lasted.Minutes()
		if night(e.Hard) {
			s.Night++
		}
		if e.Ended.IsZero() {
			s.Open++
		}
	}
	s.Series = len(series)
	for _, m := range r.Missing {
		s.MissingSeconds += m.Until.Sub(m.From).Seconds()
	}
	return s
}

// Night reports whether at is between 22 and 7 o'clock where it is told.
func Night(at time.Time) bool { return at.Hour() >= 22 || at.Hour() < 7 }

// Text says in sentences what r found.
func (r *Report) Text(night func(time.Time) bool) string {
	s := r.Summary(night)
	var b strings.Builder
	if s.Episodes == 0 {
		b.WriteString("would not have fired")
	} else {
		fmt.Fprintf(&b, "would have fired %s on %s, longest %s, %d at night; %.0f page-minutes",
			count(s.Episodes, "time"), count(s.Series, "series"), spell(seconds(s.LongestSeconds)), s.Night, s.PageMinutes)
	}
	if s.Open > 0 {
		fmt.Fprintf(&b, "; %d still open", s.Open)
	}
	if r.Blips > 0 {
		fmt.Fprintf(&b, "; bad %s for too short to be believed", count(r.Blips, "time"))
	}
	if r.TooMany > 0 {
		fmt.Fprintf(&b, "; %s found too many instances", count(r.TooMany, "look"))
	}
	b.WriteString(r.gaps(s))
	return b.String()
}

// gaps says where the history tells less than a live look would have seen.
func (r *Report) gaps(s Summary) string {
	var b strings.Builder
	whole := r.To.Sub(r.From).Seconds()
	switch {
	case r.Unjudged:
		b.WriteString("; whether data was missing cannot be told of this expression")
	case s.MissingSeconds >= whole:
		b.WriteString("; there was no data at all")
	case s.MissingSeconds > 0:
		fmt.Fprintf(&b, "; no data for %s of %s", spell(seconds(s.MissingSeconds)), spell(r.To.Sub(r.From)))
	}
	for _, c := range r.Coarse {
		fmt.Fprintf(&b, "; looked only each %s from %s to %s, as nothing finer is kept",
			spell(seconds(c.StepSeconds)), stamp(c.From), stamp(c.Until))
	}
	return b.String()
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") }

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

func count(n int, what string) string {
	switch {
	case what == "series":
	case n == 1:
		return "1 " + what
	default:
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

// spell writes a duration in its two greatest units.
func spell(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	units := []struct {
		name string
		d    time.Duration
	}{{"d", 24 * time.Hour}, {"h", time.Hour}, {"min", time.Minute}, {"s", time.Second}}
	for i, u := range units {
		if d < u.d {
			continue
		}
		text := fmt.Sprintf("%d %s", d/u.d, u.name)
		if i+1 < len(units) {
			if rest := d % u.d / units[i+1].d; rest > 0 {
				text += fmt.Sprintf(" %d %s", rest, units[i+1].name)
			}
		}
		return text
	}
	return d.String()
}
