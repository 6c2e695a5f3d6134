package period

import (
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/google/go-cmp/cmp"
)

func mustNew(t testing.TB, c Config) *Period {
	t.Helper()
	p, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func at(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// windowsFrom returns what p holds of the time after from, n windows of it.
func windowsFrom(p *Period, from time.Time, n int) []string {
	const layout = "2006-01-02T15:04Z07:00"
	var all []string
	for len(all) < n {
		begin, ok := p.Next(from)
		if !ok {
			return append(all, "never")
		}
		end, ok := p.Next(begin)
		if !ok {
			return append(all, begin.Format(layout)+" for ever")
		}
		all = append(all, begin.Format(layout)+" "+end.Format(layout))
		from = end
	}
	return all
}

func TestWindows(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, zone, from string
		times, except    []string
		want             []string
	}{
		{
			"office hours", "", "2026-11-20T20:00:00Z",
			[]string{"Mon-Fri 08:00-12:00,13:00-18:00"},
			nil,
			[]string{"2026-11-23T08:00Z 2026-11-23T12:00Z", "2026-11-23T13:00Z 2026-11-23T18:00Z", "2026-11-24T08:00Z 2026-11-24T12:00Z"},
		},
		{
			"over midnight, and over the end of the week", "", "2026-11-20T12:00:00Z",
			[]string{"fri-SUN 22:00-06:00"},
			nil,
			[]string{"2026-11-20T22:00Z 2026-11-21T06:00Z", "2026-11-21T22:00Z 2026-11-22T06:00Z", "2026-11-22T22:00Z 2026-11-23T06:00Z", "2026-11-27T22:00Z 2026-11-28T06:00Z"},
		},
		{
			"whole days abut", "Europe/Berlin", "2026-10-20T12:00:00Z",
			[]string{"Saturday,Sunday"},
			nil,
			[]string{"2026-10-24T00:00+02:00 2026-10-26T00:00+01:00"},
		},
		{
			"dates", "", "2026-11-20T12:00:00Z",
			[]string{"2026-12-24 12:00-18:00", "2026-12-25"},
			nil,
			[]string{"2026-12-24T12:00Z 2026-12-24T18:00Z", "2026-12-25T00:00Z 2026-12-26T00:00Z", "never"},
		},
		{
			"of the month", "", "2026-02-01T00:00:00Z",
			[]string{"last Fri 02:00-04:00", "1st Sun 05:00-06:00", "day 31 07:00-08:00", "last day 20:00-24:00"},
			nil,
			[]string{"2026-02-01T05:00Z 2026-02-01T06:00Z", "2026-02-27T02:00Z 2026-02-27T04:00Z", "2026-02-28T20:00Z 2026-03-01T00:00Z", "2026-03-01T05:00Z 2026-03-01T06:00Z", "2026-03-27T02:00Z 2026-03-27T04:00Z", "2026-03-31T07:00Z 2026-03-31T08:00Z"},
		},
		{
			"a fifth weekday", "", "2026-01-31T23:00:00Z",
			[]string{"5th Mon"},
			nil,
			[]string{"2026-03-30T00:00Z 2026-03-31T00:00Z", "2026-06-29T00:00Z 2026-06-30T00:00Z"},
		},
		{
			"all but", "", "2026-11-20T12:00:00Z",
			[]string{"daily"},
			[]string{"Mon-Fri 08:00-18:00"},
			[]string{"2026-11-20T18:00Z 2026-11-23T08:00Z", "2026-11-23T18:00Z 2026-11-24T08:00Z"},
		},
		{
			"a day off cuts a span at its midnights", "", "2026-12-23T12:00:00Z",
			[]string{"daily 22:00-06:00"},
			[]string{"2026-12-24"},
			[]string{"2026-12-23T22:00Z 2026-12-24T00:00Z", "2026-12-25T00:00Z 2026-12-25T06:00Z"},
		},
		{"always", "", "2026-11-20T12:00:00Z", []string{"daily", "Mon"}, nil, []string{"never"}},
		{"empty", "", "2026-11-20T12:00:00Z", []string{"Mon-Sun 08:00-09:00"}, []string{"daily 08:00-09:00"}, []string{"never"}},
		{
			"the clock leaves an hour out", "Europe/Berlin", "2026-03-28T12:00:00Z",
			[]string{"daily 01:30-02:30", "daily 02:15-02:45", "daily 02:30-03:30"},
			nil,
			[]string{"2026-03-29T01:30+01:00 2026-03-29T03:30+02:00", "2026-03-30T01:30+02:00 2026-03-30T03:30+02:00"},
		},
		{
			"a span of the hour left out", "Europe/Berlin", "2026-03-28T12:00:00Z",
			[]string{"daily 02:15-02:45"},
			nil,
			[]string{"2026-03-30T02:15+02:00 2026-03-30T02:45+02:00"},
		},
		{
			"the clock shows an hour twice", "Europe/Berlin", "2026-10-24T12:00:00Z",
			[]string{"daily 02:00-02:30"},
			nil,
			[]string{"2026-10-25T02:00+02:00 2026-10-25T02:30+01:00", "2026-10-26T02:00+01:00 2026-10-26T02:30+01:00"},
		},
		{
			"ends where the clock is put back to", "Europe/Berlin", "2026-10-24T12:00:00Z",
			[]string{"daily 01:00-02:00"},
			nil,
			[]string{"2026-10-25T01:00+02:00 2026-10-25T02:00+02:00"},
		},
		{
			"an end at midnight is the first", "America/Havana", "2026-10-31T16:00:00Z",
			[]string{"Sat 22:00-00:00"},
			nil,
			[]string{"2026-10-31T22:00-04:00 2026-11-01T00:00-04:00"},
		},
		{
			"the last day of a leap year", "America/New_York", "2028-12-30T12:00:00Z",
			[]string{"2028-12-31 18:00-20:00", "2029-01-01"},
			nil,
			[]string{"2028-12-31T18:00-05:00 2028-12-31T20:00-05:00", "2029-01-01T00:00-05:00 2029-01-02T00:00-05:00"},
		},
		{
			"the last day of a leap year in summer", "Pacific/Auckland", "2052-12-29T12:00:00Z",
			[]string{"2052-12-31 12:00-20:00", "2053-01-01"},
			nil,
			[]string{"2052-12-31T12:00+13:00 2052-12-31T20:00+13:00", "2053-01-01T00:00+13:00 2053-01-02T00:00+13:00"},
		},
		{
			"a day that was not", "Pacific/Apia", "2011-12-29T15:00:00Z",
			[]string{"2011-12-30", "2011-12-31"},
			nil,
			[]string{"2011-12-31T00:00+14:00 2012-01-01T00:00+14:00"},
		},
	} {
		p := mustNew(t, Config{Timezone: c.zone, Times: c.times, Except: c.except})
		if diff := cmp.Diff(c.want, windowsFrom(p, at(t, c.from), len(c.want))); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

func TestContainsItsBeginAndNotItsEnd(t *testing.T) {
	t.Parallel()
	p := mustNew(t, Config{Times: []string{"Fri 08:00-18:00"}})
	for text, want := range map[string]bool{
		"2026-11-20T07:59:59Z": false, "2026-11-20T08:00:00Z": true, "2026-11-20T17:59:59Z": true,
		"2026-11-20T18:00:00Z": false, "2026-11-20T19:30:00+02:00": true, "2026-11-19T09:00:00Z": false,
	} {
		if got := p.Contains(at(t, text)); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}

func TestLast(t *testing.T) {
	t.Parallel()
	p := mustNew(t, Config{Times: []string{"Fri 22:00-06:00", "last day"}})
	for text, want := range map[string]string{
		"2026-11-20T22:00:00Z": "2026-11-20T22:00:00Z",
		"2026-11-21T05:00:00Z": "2026-11-20T22:00:00Z",
		"2026-11-25T05:00:00Z": "2026-11-21T06:00:00Z",
	} {
		if got, ok := p.Last(at(t, text)); !ok || !got.Equal(at(t, want)) {
			t.Errorf("%s: %v, %v", text, got, ok)
		}
	}
	if got, ok := mustNew(t, Config{Times: []string{"daily"}}).Last(at(t, "2026-11-20T22:00:00Z")); ok {
		t.Errorf("always began at %v", got)
	}
}

func TestBadEntriesAreQuoted(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                       `"": is empty`,
		"08:00-18:00":            `"08:00-18:00": no days before "08:00-18:00": daily, Mon-Fri, 2026-12-24`,
		"Mo 08:00-18:00":         `"Mo" is no weekday`,
		"Mon- Fri":               `"" is no weekday`,
		"Mon,":                   `"" is no weekday`,
		"Mon 8:00-18:00":         `"8:00-18:00" is not a span of hours`,
		"Mon 08:00":              `"08:00" is not a span of hours`,
		"Mon 08:00-24:01":        `is not a span`,
		"Mon 24:00-08:00":        `is not a span`,
		"Mon 08:60-09:00":        `is not a span`,
		"Mon 08:00-08:00":        `has no length`,
		"Mon 08:00-09:00,":       `"" is not a span of hours`,
		"Mon 08:00-09:00 CET":    `"CET" after the hours`,
		"2026-02-30":             `"2026-02-30" is no date`,
		"day 0":                  `"0" is no day of a month: 1 to 31`,
		"day":                    `"day" needs a word after it`,
		"last":                   `"last" needs a word after it`,
		"1st day":                `"day" is no weekday`,
		"6th Fri":                `"6th" is no date`,
		"1st Mon-Fri":            `"Mon-Fri" is no weekday`,
		strings.Repeat("x", 201): "an entry is longer than 200 bytes",
	} {
		_, err := New(Config{Times: []string{"daily", text}})
		if err == nil {
			t.Errorf("%q is taken", text)
		} else if got := err.Error(); !strings.HasPrefix(got, "times[1]: ") || !strings.Contains(got, want) || len(text) < 99 && !strings.Contains(got, `"`+text+`"`) {
			t.Errorf("%q: %s", text, got)
		}
	}
}

func TestAllProblemsAreTold(t *testing.T) {
	t.Parallel()
	c := Config{Timezone: "Mars/Olympus", Times: []string{"Mon", "x"}, Except: []string{"y"}}
	want := `periods[2].timezone: "Mars/Olympus" is not a time zone of IANA's list, as Europe/London is
periods[2].times[1]: "x": "x" is no weekday: Mon, Tue, Wed, Thu, Fri, Sat or Sun
periods[2].except[0]: "y": "y" is no weekday: Mon, Tue, Wed, Thu, Fri, Sat or Sun`
	if diff := cmp.Diff(want, c.Validate("periods[2]").Error()); diff != "" {
		t.Error(diff)
	}
	for _, c := range []Config{{}, {Times: []string{"daily"}, Timezone: "Local"}, {Times: make([]string, 101)}} {
		if err := c.Validate("p"); err == nil {
			t.Errorf("%.80v is taken", c)
		}
	}
	if err := (Config{Times: []string{"daily"}, Timezone: "Asia/Kathmandu"}).Validate("p"); err != nil {
		t.Error(err)
	}
}

func BenchmarkContains(b *testing.B) {
	p := mustNew(b, Config{Timezone: "Europe/Berlin", Times: []string{"Mon-Fri 08:00-18:00"}, Except: []string{"2026-12-24"}})
	when := at(b, "2026-11-20T12:00:00Z")
	for b.Loop() {
		p.Contains(when)
	}
}

func BenchmarkNext(b *testing.B) {
	when := at(b, "2026-11-20T12:00:00Z")
	for name, c := range map[string]Config{
		"office":  {Timezone: "Europe/Berlin", Times: []string{"Mon-Fri 08:00-18:00"}},
		"monthly": {Timezone: "Europe/Berlin", Times: []string{"last Fri 02:00-04:00"}},
		"always":  {Timezone: "Europe/Berlin", Times: []string{"daily"}},
		"never":   {Timezone: "Europe/Berlin", Times: []string{"daily 08:00-09:00"}, Except: []string{"daily 08:00-09:00"}},
	} {
		p := mustNew(b, c)
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				p.Next(when)
			}
		})
	}
}
