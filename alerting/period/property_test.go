package period

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// zones have clocks that jump by one hour or by half of one, at midnight, over
// midnight and by a day, or not at all.
var zones = []string{
	"UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Havana",
	"America/St_Johns", "America/Sao_Paulo", "Pacific/Apia", "Asia/Kathmandu", "Africa/Casablanca",
}

func drawZone(t *rapid.T) *time.Location {
	zone, err := Zone(rapid.SampledFrom(zones).Draw(t, "zone"))
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// drawNear draws an instant, as likely as not within two days of a jump.
func drawNear(t *rapid.T, zone *time.Location) time.Time {
	at := time.Unix(rapid.Int64Range(500_000_000, 2_500_000_000).Draw(t, "at"), 0).In(zone)
	_, end := at.ZoneBounds()
	if end.IsZero() || rapid.Bool().Draw(t, "anywhere") {
		return at
	}
	return end.Add(time.Duration(rapid.IntRange(-2*dayMinutes, 2*dayMinutes).Draw(t, "off")) * time.Minute)
}

func drawEntry(t *rapid.T) string {
	days := rapid.SampledFrom([]string{"daily", "Mon-Fri", "Sat,Sun", "Sun", "Fri-Mon", "1st Sun", "last Sun", "day 30", "last day"}).Draw(t, "days")
	if rapid.IntRange(0, 3).Draw(t, "whole") == 0 {
		return days
	}
	from := rapid.IntRange(0, dayMinutes/15-1).Draw(t, "from") * 15
	until := (from + rapid.IntRange(1, dayMinutes/15-1).Draw(t, "length")*15) % dayMinutes
	return fmt.Sprintf("%s %02d:%02d-%02d:%02d", days, from/60, from%60, until/60, until%60)
}

func drawPeriod(t *rapid.T, zone *time.Location) (*Period, Config) {
	c := Config{
		Timezone: zone.String(),
		Times:    rapid.SliceOfN(rapid.Custom(drawEntry), 1, 3).Draw(t, "times"),
		Except:   rapid.SliceOfN(rapid.Custom(drawEntry), 0, 2).Draw(t, "except"),
	}
	p, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return p, c
}

func TestFirstAndFinalAreOrdered(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		zone := drawZone(t)
		r := Reading(drawNear(t, zone), zone)
		first, final := First(r, zone), Final(r, zone)
		if final.Before(first) {
			t.Fatalf("%v: first %v, final %v", r, first, final)
		}
		if Reading(first, zone).Before(r) || !Reading(first.Add(-1), zone).Before(r) {
			t.Errorf("%v is first at %v", r, first)
		}
		if Reading(final, zone).Before(r) || !Reading(final.Add(-1), zone).Before(r) {
			t.Errorf("%v is final at %v", r, final)
		}
		later := r.Add(time.Duration(rapid.IntRange(0, 3*dayMinutes).Draw(t, "later")) * time.Minute)
		if First(later, zone).Before(first) || Final(later, zone).Before(final) {
			t.Errorf("%v comes before %v", later, r)
		}
	})
}

// TestContainsIsWhatTheClockShows compares with a plain look at the clock, on
// days when it does not jump.
func TestContainsIsWhatTheClockShows(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		zone := drawZone(t)
		p, c := drawPeriod(t, zone)
		at := drawNear(t, zone)
		if start, end := at.ZoneBounds(); !start.IsZero() && at.Sub(start) < 72*time.Hour || !end.IsZero() && end.Sub(at) < 72*time.Hour {
			return
		}
		want := shows(p.times, at) && !shows(p.except, at)
		if got := p.Contains(at); got != want {
			t.Fatalf("%v at %v: %v", c, at, got)
		}
	})
}

func shows(entries []entry, at time.Time) bool {
	minute := at.Hour()*60 + at.Minute()
	today := time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, time.UTC)
	for _, e := range entries {
		for _, s := range e.spans {
			if e.days.pick(today) && s.from <= minute && minute < s.until ||
				e.days.pick(today.AddDate(0, 0, -1)) && minute+dayMinutes < s.until {
				return true
			}
		}
	}
	return false
}

func TestContainsChangesAtNextAlone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		zone := drawZone(t)
		p, c := drawPeriod(t, zone)
		from := drawNear(t, zone)
		next, ok := p.Next(from)
		if !ok {
			next = from.Add(60 * 24 * time.Hour)
		}
		held := p.Contains(from)
		if ok && (!next.After(from) || p.Contains(next) == held || p.Contains(next.Add(-1)) != held) {
			t.Fatalf("%v: from %v the next change is %v", c, from, next)
		}
		for at := from.Truncate(time.Minute).Add(time.Minute); at.Before(next) && at.Sub(from) < 75*time.Hour; at = at.Add(15 * time.Minute) {
			if p.Contains(at) != held {
				t.Fatalf("%v: from %v to %v it changes at %v", c, from, next, at)
			}
		}
		if last, known := p.Last(next); ok && (!known || !last.Equal(next)) {
			t.Errorf("%v: the last change to %v is %v", c, next, last)
		}
		if last, known := p.Last(next.Add(-1)); known && last.After(from) {
			t.Errorf("%v: no change between %v and %v, and %v is one", c, from, next, last)
		}
	})
}

func TestDaysAbut(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		zone := drawZone(t)
		at := drawNear(t, zone)
		var in []string
		for _, day := range []string{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"} {
			p, err := New(Config{Timezone: zone.String(), Times: []string{day}})
			if err != nil {
				t.Fatal(err)
			}
			if p.Contains(at) {
				in = append(in, day)
			}
		}
		if len(in) != 1 {
			t.Errorf("%v is in %v", at, in)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"Mon-Fri 08:00-18:00", "daily 22:00-06:00", "Sat,Sun", "2026-12-24 12:00-18:00", "last Fri 02:00-04:00", "1st Sun", "day 31", "last day 20:00-24:00", "daily",
	} {
		f.Add(text, int64(1_795_000_000), uint8(1))
	}
	f.Fuzz(func(t *testing.T, text string, unix int64, zone uint8) {
		e, err := parse(text)
		if err != nil {
			return
		}
		for _, s := range e.spans {
			if s.from < 0 || s.from >= dayMinutes || s.until <= s.from || s.until > 2*dayMinutes {
				t.Errorf("%q has the span %v", text, s)
			}
		}
		p, err := New(Config{Timezone: zones[int(zone)%len(zones)], Times: []string{text}})
		if err != nil {
			t.Fatal(err)
		}
		at := time.Unix(unix%4_000_000_000, 0)
		if next, ok := p.Next(at); ok && (!next.After(at) || p.Contains(next) == p.Contains(at)) {
			t.Errorf("%q: from %v the next change is %v", text, at, next)
		}
	})
}
