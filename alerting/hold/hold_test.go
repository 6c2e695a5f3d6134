package hold

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/google/go-cmp/cmp"

	"plimsoll/alerting/match"
)

func at(t testing.TB, text string) time.Time {
	t.Helper()
	if text == "" {
		return time.Time{}
	}
	if !strings.Contains(text, "T") {
		text = "2026-11-" + text[:2] + "T" + text[3:] + ":00Z"
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func matching(t testing.TB, text string) match.Set {
	t.Helper()
	s, err := match.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func recur(t testing.TB, times ...string) *Recurrence {
	t.Helper()
	r, err := Recur("Europe/Berlin", times)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// fixed is a silence of an hour, which the cases change.
func fixed(t testing.TB) Hold {
	return Hold{Kind: Silence, Match: matching(t, `instance="web1"`), From: at(t, "20 10:00"), Until: at(t, "20 11:00"), By: "ada"}
}

func flexible(t testing.TB) Hold {
	h := fixed(t)
	h.Kind, h.Flexible = Downtime, 2*time.Hour
	return h
}

func nightly(t testing.TB) Hold {
	h := fixed(t)
	h.Kind, h.Recurring, h.Until = Downtime, recur(t, "daily 22:00-04:00"), time.Time{}
	return h
}

func TestFixed(t *testing.T) {
	t.Parallel()
	h := fixed(t)
	ended := h
	ended.Ended = at(t, "20 10:30")
	for when, want := range map[string][4]bool{ // active, over; the same of ended
		"20 09:59": {false, false, false, false}, "20 10:00": {true, false, true, false},
		"20 10:30": {true, false, false, true}, "20 11:00": {false, true, false, true},
	} {
		now := at(t, when)
		if got := [4]bool{h.Active(now), h.Over(now), ended.Active(now), ended.Over(now)}; got != want {
			t.Errorf("%s: %v, want %v", when, got, want)
		}
	}
	if _, changed := h.Trigger(at(t, "20 10:30")); changed {
		t.Error("a fixed hold was triggered")
	}
}

func TestFlexible(t *testing.T) {
	t.Parallel()
	h := flexible(t)
	for _, when := range []string{"20 09:59", "20 11:00"} {
		if _, changed := h.Trigger(at(t, when)); changed {
			t.Errorf("it began at %s", when)
		}
	}
	if h.Active(at(t, "20 10:30")) || h.Over(at(t, "20 10:30")) || !h.Over(at(t, "20 11:00")) {
		t.Error("without a problem it should wait until its end, and be over")
	}
	begun, changed := h.Trigger(at(t, "20 10:50"))
	if !changed || !h.Triggered.IsZero() {
		t.Fatalf("changed: %v, and the first one began at %v", changed, h.Triggered)
	}
	if _, again := begun.Trigger(at(t, "20 10:55")); again {
		t.Error("it began twice")
	}
	for when, want := range map[string][2]bool{ // active, over
		"20 10:49": {false, false}, "20 10:50": {true, false}, "20 12:49": {true, false}, "20 12:50": {false, true},
	} {
		if got := [2]bool{begun.Active(at(t, when)), begun.Over(at(t, when))}; got != want {
			t.Errorf("%s: %v, want %v", when, got, want)
		}
	}
	begun.Ended = at(t, "20 12:00")
	if begun.Active(at(t, "20 12:00")) || !begun.Over(at(t, "20 12:00")) {
		t.Error("it goes on after it was taken back")
	}
	h.Ended = at(t, "20 10:10")
	if _, changed := h.Trigger(at(t, "20 10:30")); changed {
		t.Error("it began after it was taken back")
	}
}

func TestFlexibleBeginsOnceInEachWindow(t *testing.T) {
	t.Parallel()
	h := nightly(t)
	h.Flexible = time.Hour
	var begun []string
	for now := h.From; now.Before(at(t, "22 12:00")); now = now.Add(10 * time.Minute) {
		var changed bool
		if h, changed = h.Trigger(now); changed {
			begun = append(begun, now.Format("02 15:04"))
		}
	}
	if diff := cmp.Diff([]string{"20 21:00", "21 21:00"}, begun); diff != "" {
		t.Error(diff)
	}
}

func TestWindows(t *testing.T) {
	t.Parallel()
	change := func(h Hold, f func(*Hold)) Hold { f(&h); return h }
	for name, c := range map[string]struct {
		hold Hold
		from string
		want []string
	}{
		"fixed":                    {fixed(t), "20 10:30", []string{"20 10:00 20 11:00"}},
		"fixed, over":              {fixed(t), "20 11:00", nil},
		"fixed, ended":             {change(fixed(t), func(h *Hold) { h.Ended = at(t, "20 10:40") }), "20 10:30", []string{"20 10:00 20 10:40"}},
		"never begun":              {change(fixed(t), func(h *Hold) { h.Ended = at(t, "20 09:40") }), "20 09:30", nil},
		"flexible":                 {flexible(t), "20 09:00", []string{"20 10:00 20 11:00"}},
		"flexible, begun":          {change(flexible(t), func(h *Hold) { h.Triggered = at(t, "20 10:50") }), "20 11:30", []string{"20 10:50 20 12:50"}},
		"the next":                 {nightly(t), "20 09:00", []string{"20 21:00 21 03:00", "21 21:00 22 03:00", "22 21:00 23 03:00", "23 21:00 24 03:00", "24 21:00 25 03:00"}},
		"the present one is whole": {change(nightly(t), func(h *Hold) { h.Until = at(t, "22 12:00") }), "20 23:00", []string{"20 21:00 21 03:00", "21 21:00 22 03:00"}},
		"cut by both": {
			change(nightly(t), func(h *Hold) { h.From, h.Until = at(t, "20 23:00"), at(t, "22 01:00") }), "20 10:00", []string{"20 23:00 21 03:00", "21 21:00 22 01:00"},
		},
		"taken back":       {change(nightly(t), func(h *Hold) { h.Ended = at(t, "21 22:00") }), "20 10:00", []string{"20 21:00 21 03:00", "21 21:00 21 22:00"}},
		"beyond the bound": {change(nightly(t), func(h *Hold) { h.Until = at(t, "22 01:00") }), "22 02:00", nil},
	} {
		var got []string
		for _, w := range c.hold.Windows(at(t, c.from), 5) {
			got = append(got, w.From.UTC().Format("02 15:04 ")+w.Until.UTC().Format("02 15:04"))
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	h := nightly(t)
	h.Recurring = recur(t, "daily")
	if got := h.Windows(at(t, "20 12:00"), 5); len(got) != 1 || !got[0].Until.IsZero() {
		t.Errorf("always is %v", got)
	}
}

func TestRecurrenceIsOverWithItsLastDate(t *testing.T) {
	t.Parallel()
	h := nightly(t)
	h.Recurring = recur(t, "2026-11-24 12:00-18:00")
	for when, want := range map[string]bool{"20 09:00": false, "24 10:00": false, "24 12:00": false, "24 17:00": true, "25 00:00": true} {
		if h.Over(at(t, when)) != want {
			t.Errorf("%s: over is %v", when, !want)
		}
	}
}

func TestMatches(t *testing.T) {
	t.Parallel()
	web := map[string]string{"instance": "web1"}
	if h := fixed(t); !h.Matches(web) || h.Matches(map[string]string{"instance": "web2"}) {
		t.Error("a hold picks others than its own")
	}
	if (Hold{}).Matches(web) || !(Hold{All: true}).Matches(web) {
		t.Error("all must be asked for, and is then given")
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	now := at(t, "20 09:00")
	for _, h := range []Hold{fixed(t), flexible(t), nightly(t), {Kind: Downtime, All: true, Recurring: recur(t, "2026-12-24")}} {
		if err := h.Validate(now); err != nil {
			t.Errorf("%v: %v", h, err)
		}
	}
	for want, change := range map[string]func(*Hold){
		`kind: "x" is none of silence, downtime`:                          func(h *Hold) { h.Kind = "x" },
		"match: is empty, which would pick every alert; say all: true":    func(h *Hold) { h.Match = match.Set{} },
		`all: is true, and match picks instance="web1": only one of them`: func(h *Hold) { h.All = true },
		"from: is missing":                                             func(h *Hold) { h.From = time.Time{} },
		"until: is missing; a silence needs an end":                    func(h *Hold) { h.Until = time.Time{} },
		"until: 2026-11-20T10:00:00Z is not after from":                func(h *Hold) { h.Until = h.From },
		"until: 2028-11-20T10:00:00Z is more than 400 days after from": func(h *Hold) { h.Until = h.From.AddDate(2, 0, 0) },
		"until: all of it is over":                                     func(h *Hold) { h.From, h.Until = now.Add(-time.Hour), now },
		"ended: all of it is over":                                     func(h *Hold) { h.Ended = now },
		"flexible: a silence is not":                                   func(h *Hold) { h.Flexible = time.Hour },
		"flexible: 721h0m0s is not between 1m and 30d":                 func(h *Hold) { h.Kind, h.Flexible = Downtime, 721*time.Hour },
		"flexible: -1m0s is not between":                               func(h *Hold) { h.Kind, h.Flexible = Downtime, -time.Minute },
		"note: is longer than 4096 bytes":                              func(h *Hold) { h.Note = strings.Repeat("x", 5000) },
		"times: never end, and until is missing":                       func(h *Hold) { *h = nightly(t); h.Recurring = recur(t, "daily") },
		"times: give no window between from and until":                 func(h *Hold) { h.Recurring = recur(t, "2026-12-24") },
		"times: all of it is over":                                     func(h *Hold) { *h = nightly(t); h.From = at(t, "10 00:00"); h.Recurring = recur(t, "2026-11-19") },
		`times[0]: "Mo": "Mo" is no weekday`:                           func(h *Hold) { h.Recurring = &Recurrence{Times: []string{"Mo"}} },
		`timezone: "x" is not a time zone`:                             func(h *Hold) { h.Recurring = &Recurrence{Timezone: "x", Times: []string{"Mon"}} },
	} {
		h := fixed(t)
		change(&h)
		if err := h.Validate(now); err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("want %q, got: %v", want, err)
		}
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	h := nightly(t)
	h.ID, h.Flexible, h.Note = 7, time.Hour, "backup"
	written, err := json.Marshal(h)
	want := `{"id":7,"kind":"downtime","match":"instance=\"web1\"","from":"2026-11-20T10:00:00Z","flexible":3600000000000,` +
		`"recurring":{"timezone":"Europe/Berlin","times":["daily 22:00-04:00"]},"by":"ada","note":"backup"}`
	if string(written) != want || err != nil {
		t.Fatalf("%s, %v", written, err)
	}
	var read Hold
	if err := json.Unmarshal(written, &read); err != nil {
		t.Fatal(err)
	}
	if again, err := json.Marshal(read); string(again) != want || err != nil {
		t.Errorf("%s, %v", again, err)
	}
	if read.Recurring.period == nil || !read.Recurring.Equal(h.Recurring) {
		t.Errorf("its windows are %v", read.Recurring)
	}
}

func TestUnreadableRecurrenceHoldsNothingBack(t *testing.T) {
	t.Parallel()
	var h Hold
	text := `{"kind":"downtime","all":true,"flexible":60000000000,"recurring":{"timezone":"Moon/Crater","times":["every full moon"]}}`
	if err := json.Unmarshal([]byte(text), &h); err != nil {
		t.Fatal(err)
	}
	now := at(t, "20 10:00")
	_, changed := h.Trigger(now)
	if h.Active(now) || h.Over(now) || changed || h.Windows(now, 5) != nil || h.Validate(now) == nil {
		t.Errorf("%v is taken for one", h)
	}
}
