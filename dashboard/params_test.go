package dashboard

import (
	"encoding/json"
	"math"
	"net/url"
	"testing"
	"time"
)

func TestParseTime(t *testing.T) {
	for text, want := range map[string]time.Time{
		"0":                         time.Unix(0, 0),
		"-1.5":                      time.UnixMilli(-1500),
		"1435781451.781":            time.UnixMilli(1435781451781),
		"1.4357814517809e9":         time.UnixMilli(1435781451781),
		"2015-07-01T20:10:51.781Z":  time.UnixMilli(1435781451781),
		"2015-07-01T22:10:51+02:00": time.Unix(1435781451, 0),
	} {
		if got, err := parseTime(text); err != nil || !got.Equal(want) {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "now", "NaN", "+Inf", "1435781451781", "1e300", "2015-07-01"} {
		if got, err := parseTime(text); err == nil {
			t.Errorf("%s: %v", text, got)
		}
	}
}

// The constants are what Prometheus computes.
func TestEndsOfTime(t *testing.T) {
	first := time.Unix(math.MinInt64/1000+62135596801, 0).UTC().Format(time.RFC3339Nano)
	last := time.Unix(math.MaxInt64/1000-62135596801, 999999999).UTC().Format(time.RFC3339Nano)
	if first != minTime || last != maxTime {
		t.Errorf("%s to %s", first, last)
	}
}

func TestParseDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"15": 15 * time.Second, "0.25": 250 * time.Millisecond, "1h30m": 90 * time.Minute, "-1": -time.Second, "1d": 24 * time.Hour,
	} {
		if got, err := parseDuration(text); err != nil || got != want {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "x", "NaN", "1e300", "-Inf", "1.5h"} {
		if got, err := parseDuration(text); err == nil {
			t.Errorf("%s: %v", text, got)
		}
	}
}

// FuzzParams holds the parameters of any request to what the querier may be
// asked: instants in milliseconds that are in order, a step, a bound on points.
func FuzzParams(f *testing.F) {
	f.Add("query=up&start=1&end=2&step=1&limit=3&timeout=5s&match[]=up")
	f.Add("query=up&start=2015-07-01T20:10:51.781Z&end=" + url.QueryEscape(maxTime) + "&step=1e9&match[]={a=~\"b\"}")
	f.Add("start=NaN&end=1e300&step=-Inf&match=a&cf=last&resolution=1m")
	f.Fuzz(func(t *testing.T, form string) {
		values, err := url.ParseQuery(form)
		if err != nil {
			return
		}
		p := params{values, time.Unix(1700000000, 0)}
		if q, err := p.rangeQuery(); err == nil {
			points := (q.End.UnixMilli() - q.Start.UnixMilli()) / q.Step.Milliseconds()
			if q.End.Before(q.Start) || q.Step < time.Millisecond || points < 0 || points > 2*maxPoints {
				t.Errorf("%+v", q)
			}
		}
		if sel, limit, err := p.selection(); err == nil && (limit < 0 || sel.Limit < 0 || len(sel.Sets) != len(values["match[]"])) {
			t.Errorf("%+v, limit %d", sel, limit)
		}
		if d, err := p.timeout(time.Minute); err == nil && (d <= 0 || d > time.Minute) {
			t.Errorf("timeout %s", d)
		}
		if req, err := p.fetchRequest(); err == nil && (len(req.Matchers) == 0 || req.End.Before(req.Start) || req.Resolution < 0) {
			t.Errorf("%+v", req)
		}
	})
}

// FuzzAppendString holds the strings of answers to JSON.
func FuzzAppendString(f *testing.F) {
	f.Add("plain")
	f.Add("\"\\<\x00\xff é\u2028")
	f.Fuzz(func(t *testing.T, s string) {
		var got string
		b := appendString(nil, s)
		if err := json.Unmarshal(b, &got); err != nil {
			t.Fatalf("%q: %v", b, err)
		}
		want, _ := json.Marshal(s)
		var back string
		if err := json.Unmarshal(want, &back); err != nil || got != back {
			t.Errorf("%q became %q", s, got)
		}
	})
}
