package hold

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestConfig(t *testing.T) {
	t.Parallel()
	picks := matching(t, `instance=~"db.*"`)
	once := Config{Name: "move", Match: picks, From: "2026-10-25 02:15", Until: "2026-10-25 02:30", Timezone: "Europe/Berlin", Note: "to rack 3"}
	h, err := once.Hold()
	if err != nil || h.Name != "move" || h.Kind != Downtime || h.Note != "to rack 3" || !h.Match.Matches(map[string]string{"instance": "db1"}) {
		t.Fatalf("%v, %v", h, err)
	}
	if got := h.Until.Sub(h.From); got != 75*time.Minute || !h.From.Equal(at(t, "2026-10-25T00:15:00Z")) {
		t.Errorf("from the first 02:15 to the second 02:30: %v from %v", got, h.From)
	}
	for _, c := range []Config{
		{Match: picks, Times: []string{"last Fri 02:00-04:00"}},
		{Match: picks, Times: []string{"last Fri 02:00-04:00"}, Flexible: time.Hour, From: "2026-01-01 00:00"},
		{Match: picks, Times: []string{"2020-01-01"}},
		{All: true, From: "2020-01-01T00:00:00Z", Until: "2020-01-01T02:00:00+01:00"},
	} {
		if err := c.Validate("downtimes[0]"); err != nil {
			t.Errorf("%v: %v", c, err)
		}
	}
}

func TestAllProblemsAreTold(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		config Config
		want   string
	}{
		{
			Config{Timezone: "x", From: "today", Until: "2026-01-01", Flexible: time.Second, Times: []string{"Mo", "Tu"}},
			`downtimes[1].match: is empty, which would pick every alert; say all: true if that is meant
downtimes[1].flexible: 1s is not between 1m and 30d
downtimes[1].timezone: "x" is not a time zone of IANA's list, as Europe/London is
downtimes[1].from: "today" is not a date and a time, as 2026-01-05 09:00
downtimes[1].until: "2026-01-01" is not a date and a time, as 2026-01-05 09:00
downtimes[1].times[0]: "Mo": "Mo" is no weekday: Mon, Tue, Wed, Thu, Fri, Sat or Sun
downtimes[1].times[1]: "Tu": "Tu" is no weekday: Mon, Tue, Wed, Thu, Fri, Sat or Sun`,
		},
		{
			Config{All: true},
			`downtimes[1].from: is missing
downtimes[1].until: is missing; a downtime needs an end`,
		},
		{Config{All: true, Times: []string{"Mon-Sun"}}, `downtimes[1].times: never end, and until is missing`},
	} {
		err := c.config.Validate("downtimes[1]")
		if err == nil {
			t.Fatalf("%v is taken", c.config)
		}
		if diff := cmp.Diff(c.want, err.Error()); diff != "" {
			t.Error(diff)
		}
	}
}

func drawHold(t *rapid.T) Hold {
	from := time.Date(2026, 10, 20, 0, 0, 0, 0, time.UTC)
	h := Hold{Kind: Downtime, All: true, From: from, Until: from.Add(time.Duration(rapid.IntRange(1, 200).Draw(t, "hours")) * time.Hour)}
	if rapid.Bool().Draw(t, "flexible?") {
		h.Flexible = time.Duration(rapid.IntRange(1, 30).Draw(t, "flexible")) * time.Hour
	}
	if rapid.Bool().Draw(t, "recurring?") {
		r, err := Recur("Europe/Berlin", []string{rapid.SampledFrom([]string{"daily 22:00-04:00", "Mon-Fri 08:00-18:00", "Sun", "daily 02:15-02:45", "daily"}).Draw(t, "times")})
		if err != nil {
			t.Fatal(err)
		}
		h.Recurring = r
	}
	if rapid.Bool().Draw(t, "ended?") {
		h.Ended = from.Add(time.Duration(rapid.IntRange(0, 200).Draw(t, "ended")) * time.Hour)
	}
	return h
}

// TestLifeOfAHold lets problems come and go, and holds to what the doc says.
func TestLifeOfAHold(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h := drawHold(t)
		over := false
		windows := h.Windows(h.From, 1000)
		for now := h.From.Add(-time.Hour); now.Before(h.From.Add(240 * time.Hour)); now = now.Add(15 * time.Minute) {
			in := false
			for _, w := range windows {
				in = in || !now.Before(w.From) && now.Before(w.Until)
			}
			if rapid.IntRange(0, 20).Draw(t, "problem") == 0 {
				begun, changed := h.Trigger(now)
				if changed && (!in || !begun.Active(now)) {
					t.Fatalf("%v began at %v, and its windows are %v", h, now, windows)
				}
				h = begun
			}
			if h.Flexible == 0 && h.Active(now) != in {
				t.Fatalf("%v is active at %v: %v, and its windows are %v", h, now, !in, windows)
			}
			if over && (h.Active(now) || !h.Over(now)) {
				t.Fatalf("%v came back at %v", h, now)
			}
			over = h.Over(now)
		}
	})
}

func FuzzParseTime(f *testing.F) {
	for _, text := range []string{"", "2026-10-25 02:15", "2026-10-25T02:15:00Z", "2026-10-25", "9999-12-31 23:59"} {
		f.Add(text, text)
	}
	f.Fuzz(func(t *testing.T, from, until string) {
		c := Config{All: true, From: from, Until: until, Timezone: "Europe/Berlin"}
		h, err := c.Hold()
		if err == nil && !h.From.Before(h.Until) {
			t.Errorf("%q to %q is %v to %v", from, until, h.From, h.Until)
		}
	})
}
