package rota

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"plimsoll/alerting/period"
)

func mustNew(t testing.TB, c Config) *Rota {
	t.Helper()
	r, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func instant(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func text(shifts []Shift) []string {
	const layout = "01-02T15:04Z07:00"
	var all []string
	for _, s := range shifts {
		line := fmt.Sprintf("%s %s %s", s.Contact, s.From.Format(layout), s.Until.Format(layout))
		if s.Override {
			line += " override"
		}
		all = append(all, line)
	}
	return all
}

var weekly = Config{
	Name: "web", Timezone: "Europe/Berlin", Members: []string{"ada", "bob", "eve"}, Start: "2026-10-12 09:00", Shift: "1w",
}

func TestShifts(t *testing.T) {
	t.Parallel()
	halves := Config{Timezone: "Europe/Berlin", Members: []string{"day", "night"}, Start: "2026-10-12 09:00", Shift: "12h"}
	office := Config{Name: "web", Members: []string{"ada", "bob"}, Start: "2026-11-16 12:00", Shift: "1d", During: []string{"Mon-Fri 08:00-18:00"}}
	once := Config{Members: []string{"ada"}, Start: "2026-11-16 12:00", Shift: "1d", During: []string{"2026-11-17"}}
	at := func(text string) time.Time { return instant(t, text) }
	for _, c := range []struct {
		name      string
		config    Config
		from      string
		overrides []Override
		want      []string
	}{
		{
			"weekly, over the end of summer time", weekly, "2026-10-20T00:00:00Z", nil,
			[]string{"bob 10-19T09:00+02:00 10-26T09:00+01:00", "eve 10-26T09:00+01:00 11-02T09:00+01:00", "ada 11-02T09:00+01:00 11-09T09:00+01:00"},
		},
		{
			"before the start", weekly, "2026-01-01T00:00:00Z", nil,
			[]string{"ada 10-12T09:00+02:00 10-19T09:00+02:00"},
		},
		{
			"halves of a day, one of 13 hours", halves, "2026-10-24T20:00:00Z", nil,
			[]string{"night 10-24T21:00+02:00 10-25T09:00+01:00", "day 10-25T09:00+01:00 10-25T21:00+01:00"},
		},
		{
			"office hours alone", office, "2026-11-20T10:00:00Z", nil,
			[]string{"bob 11-20T08:00Z 11-20T12:00Z", "ada 11-20T12:00Z 11-20T18:00Z", "ada 11-23T08:00Z 11-23T12:00Z", "bob 11-23T12:00Z 11-23T18:00Z"},
		},
		{
			"an override cuts, over a handover and nights",
			office, "2026-11-17T09:00:00Z",
			[]Override{{ID: 1, Rota: "web", Contact: "eve", From: at("2026-11-17T10:00:00Z"), Until: at("2026-11-18T09:00:00Z")}},
			[]string{"ada 11-17T08:00Z 11-17T10:00Z", "eve 11-17T10:00Z 11-17T18:00Z override", "eve 11-18T08:00Z 11-18T09:00Z override", "bob 11-18T09:00Z 11-18T12:00Z"},
		},
		{
			"the newest override wins",
			weekly, "2026-10-20T00:00:00Z",
			[]Override{
				{ID: 2, Rota: "web", Contact: "new", From: at("2026-10-21T00:00:00+02:00"), Until: at("2026-10-22T00:00:00+02:00")},
				{ID: 1, Rota: "web", Contact: "old", From: at("2026-10-20T12:00:00+02:00"), Until: at("2026-10-23T00:00:00+02:00")},
				{ID: 3, Rota: "db", Contact: "other", From: at("2026-10-20T12:00:00+02:00"), Until: at("2026-10-23T00:00:00+02:00")},
				{ID: 4, Rota: "web", Contact: "empty", From: at("2026-10-24T12:00:00+02:00"), Until: at("2026-10-24T12:00:00+02:00")},
			},
			[]string{
				"bob 10-19T09:00+02:00 10-20T12:00+02:00", "old 10-20T12:00+02:00 10-21T00:00+02:00 override", "new 10-21T00:00+02:00 10-22T00:00+02:00 override",
				"old 10-22T00:00+02:00 10-23T00:00+02:00 override", "bob 10-23T00:00+02:00 10-26T09:00+01:00",
			},
		},
		{
			"begun in an override that began two turns ago",
			weekly, "2026-11-04T00:00:00Z",
			[]Override{{ID: 1, Rota: "web", Contact: "eve", From: at("2026-10-21T00:00:00Z"), Until: at("2026-11-05T00:00:00Z")}},
			[]string{"eve 10-21T00:00Z 11-05T00:00Z override", "ada 11-05T00:00Z 11-09T09:00+01:00"},
		},
		{"never again", once, "2026-11-17T13:00:00Z", nil, []string{"ada 11-17T12:00Z 11-18T00:00Z"}},
	} {
		n := len(c.want)
		if c.name == "never again" {
			n = 5
		}
		if diff := cmp.Diff(c.want, text(mustNew(t, c.config).Shifts(at(c.from), n, c.overrides))); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

func TestOn(t *testing.T) {
	t.Parallel()
	r := mustNew(t, weekly)
	for when, want := range map[string]string{
		"2026-10-12T06:59:59Z": "", "2026-10-12T07:00:00Z": "ada", "2026-10-26T07:59:59Z": "bob", "2026-10-26T08:00:00Z": "eve",
		"2036-10-13T08:59:59+02:00": "eve", "2036-10-13T09:00:00+02:00": "ada", "1969-01-01T00:00:00Z": "",
	} {
		if got := r.On(instant(t, when), nil); got != want {
			t.Errorf("%s: %q is on", when, got)
		}
	}
}

func TestAllProblemsAreTold(t *testing.T) {
	t.Parallel()
	c := Config{Timezone: "x", Start: "2026-01-05T09:00", Shift: "1m", During: []string{"daily", "Mo"}}
	want := `rotas[0].timezone: "x" is not a time zone of IANA's list, as Europe/London is
rotas[0].start: "2026-01-05T09:00" is not a date and a time, as 2026-01-05 09:00
rotas[0].shift: "1m" is not a number of weeks, days or hours, as 1w, 1d, 12h
rotas[0].members: are 0; a rota has between 1 and 100
rotas[0].during[1]: "Mo": "Mo" is no weekday: Mon, Tue, Wed, Thu, Fri, Sat or Sun`
	if diff := cmp.Diff(want, c.Validate("rotas[0]").Error()); diff != "" {
		t.Error(diff)
	}
	if err := weekly.Validate("rotas[0]"); err != nil {
		t.Error(err)
	}
	for _, change := range []func(*Config){
		func(c *Config) { c.Shift = "53w" }, func(c *Config) { c.Shift = "0d" }, func(c *Config) { c.Start = "1990-01-01 09:00" },
	} {
		c := weekly
		change(&c)
		if _, err := New(c); err == nil {
			t.Errorf("%v is taken", c)
		}
	}
}

func TestOverrides(t *testing.T) {
	t.Parallel()
	from := instant(t, "2026-11-20T10:00:00Z")
	good := Override{ID: 7, Rota: "web", Contact: "eve", From: from, Until: from.Add(time.Hour), By: "ada"}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	written, err := json.Marshal(good)
	want := `{"id":7,"rota":"web","contact":"eve","from":"2026-11-20T10:00:00Z","until":"2026-11-20T11:00:00Z","by":"ada"}`
	if string(written) != want || err != nil {
		t.Errorf("%s, %v", written, err)
	}
	for want, o := range map[string]Override{
		"rota: is missing\ncontact: is missing\nfrom: is missing":     {},
		"until: 2026-11-20T10:00:00Z is not after from":               {Rota: "web", Contact: "eve", From: from, Until: from},
		"until: 2027-11-20T10:00:00Z is more than 92 days after from": {Rota: "web", Contact: "eve", From: from, Until: from.AddDate(1, 0, 0)},
	} {
		if err := o.Validate(); err == nil || err.Error() != want {
			t.Errorf("%v: %v", o, err)
		}
	}
}

func drawConfig(t *rapid.T) Config {
	c := Config{
		Name:     "web",
		Timezone: rapid.SampledFrom([]string{"UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia"}).Draw(t, "zone"),
		Members:  []string{"ada", "bob", "eve"}[:rapid.IntRange(1, 3).Draw(t, "members")],
		Start:    rapid.SampledFrom([]string{"2010-01-05 09:00", "2011-10-01 02:30", "2011-12-30 00:00"}).Draw(t, "start"),
		Shift:    rapid.SampledFrom([]string{"1h", "12h", "1d", "1w", "3d"}).Draw(t, "shift"),
	}
	if rapid.Bool().Draw(t, "during?") {
		c.During = []string{rapid.SampledFrom([]string{"Mon-Fri 08:00-18:00", "daily 22:00-06:00", "Sat,Sun", "daily"}).Draw(t, "during")}
	}
	return c
}

func drawOverrides(t *rapid.T, near time.Time) []Override {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Override {
		from := near.Add(time.Duration(rapid.IntRange(-100, 100).Draw(t, "from")) * time.Hour)
		return Override{
			ID: rapid.Int64Range(1, 9).Draw(t, "id"), Rota: rapid.SampledFrom([]string{"web", "web", "db"}).Draw(t, "rota"),
			Contact: rapid.SampledFrom([]string{"ada", "zoe"}).Draw(t, "contact"),
			From:    from, Until: from.Add(time.Duration(rapid.IntRange(0, 90).Draw(t, "hours")) * time.Hour),
		}
	}), 0, 4).Draw(t, "overrides")
}

func TestShiftsAreWhoIsOn(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := drawConfig(t)
		r, err := New(c)
		if err != nil {
			t.Fatal(err)
		}
		from := time.Date(2011, 12, 25, 0, 0, 0, 0, time.UTC).Add(time.Duration(rapid.IntRange(-4000, 4000).Draw(t, "at")) * time.Hour)
		overrides := drawOverrides(t, from)
		shifts := r.Shifts(from, 12, overrides)
		if who := r.On(from, overrides); who != "" && (len(shifts) == 0 || shifts[0].Contact != who || shifts[0].From.After(from)) {
			t.Fatalf("%q is on at %v, and the shifts are %v", who, from, text(shifts))
		}
		for at := from; len(shifts) > 0; at = at.Add(20 * time.Minute) {
			for len(shifts) > 0 && !at.Before(shifts[0].Until) {
				if len(shifts) > 1 && shifts[1].From.Before(shifts[0].Until) || !shifts[0].From.Before(shifts[0].Until) {
					t.Fatalf("shifts overlap or are empty: %v", text(shifts))
				}
				shifts = shifts[1:]
			}
			want := ""
			if len(shifts) == 0 {
				return
			} else if !at.Before(shifts[0].From) {
				want = shifts[0].Contact
			}
			if got := r.On(at, overrides); got != want {
				t.Fatalf("%v: %q is on at %v, and the shifts are %v", c, got, at, text(shifts))
			}
		}
	})
}

func TestHandoversStayAtTheirTimeOfDay(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		zone := rapid.SampledFrom([]string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe"}).Draw(t, "zone")
		r, err := New(Config{Timezone: zone, Members: []string{"a", "b"}, Start: "2026-01-05 09:00", Shift: rapid.SampledFrom([]string{"1d", "1w", "2w", "12h"}).Draw(t, "shift")})
		if err != nil {
			t.Fatal(err)
		}
		n := rapid.IntRange(0, 5000).Draw(t, "n")
		if got := period.Reading(r.handover(n), r.zone); got.Hour()%12 != 9 || got.Minute() != 0 {
			t.Errorf("handover %d is at %v", n, got)
		}
		if got := r.count(r.handover(n)); got != n || r.count(r.handover(n).Add(-1)) != n-1 {
			t.Errorf("handover %d counts as %d", n, got)
		}
	})
}

func FuzzParseShift(f *testing.F) {
	for _, text := range []string{"1w", "1d", "12h", "52w", "9999h", "0d", "w"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if shift, err := parseShift(text); err == nil && (shift < time.Hour || shift > maxShift) {
			t.Errorf("%q is %v", text, shift)
		}
	})
}
