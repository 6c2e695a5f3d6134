package rule

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"plimsoll/alerting/state"
	"plimsoll/alerting/trend"
	"plimsoll/internal/metric"
	"plimsoll/internal/query/querytest"
)

var noon = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

// fills are points each hour for some days up to noon: a function of the days
// from now.
func fills(days int, f func(day float64) float64) []metric.Point {
	var points []metric.Point
	for h := -24 * days; h <= 0; h++ {
		at := noon.Add(time.Duration(h) * time.Hour)
		points = append(points, metric.Point{At: at.UnixMilli(), Value: f(float64(h) / 24)})
	}
	return points
}

// disk is a file system of 100 that is used as f says.
func disk(mount string, f func(day float64) float64) querytest.Shelf {
	lbls := []string{"instance", "db1", "mountpoint", mount}
	used, size := series(fills(30, f), lbls...), series(fills(30, func(float64) float64 { return 100 }), lbls...)
	used.Labels, size.Labels = named(used, "used"), named(size, "size")
	return querytest.Shelf{used, size}
}

func TestRunsOutSaysWhen(t *testing.T) {
	r := ready(t, Config{Name: "Full", RunsOut: &RunsOut{
		Of: "used", Limit: "size", Within: 40 * day, CriticalWithin: 7 * day, LeadTime: 17 * day,
	}})
	if r.Class != metric.Resource || r.Interval != 10*time.Minute || r.Expr != "used / size" {
		t.Errorf("%+v", r.Config)
	}
	shelf := disk("/data", func(d float64) float64 { return 69 + d }) // full in 31 days
	shelf = append(shelf, disk("/", func(float64) float64 { return 50 })...)
	shelf = append(shelf, disk("/full", func(d float64) float64 { return min(100+d, 100) })...)
	shelf = append(shelf, disk("/soon", func(d float64) float64 { return 97 + d })...) // in 3 days
	got := sightings(t, r, shelf, nil)
	for mount, want := range map[string]string{
		"/data": "bad warning 2.678e+06: /data on db1 is full on 3 March; order by 14 February",
		"/full": "bad critical 0: /full on db1 is full now",
		"/soon": "bad critical 2.592e+05: /soon on db1 is full on 3 February; order now",
	} {
		if got[mount] != want {
			t.Errorf("%s: %s\nwant %s", mount, got[mount], want)
		}
	}
	if len(got) != 3 {
		t.Errorf("%v", got)
	}
}

// sightings are what a rule sees at noon, by mount point.
func sightings(t *testing.T, r *Rule, s querytest.Shelf, known map[string]map[string]string) map[string]string {
	t.Helper()
	found, err := r.Look(t.Context(), s.Engine(), noon, known)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, s := range found {
		text := strings.TrimSpace([]string{"good", "bad", "held", "missing"}[s.Verdict] + " " + string(s.Severity))
		if s.Value != nil {
			text += fmt.Sprintf(" %.4g", *s.Value)
		}
		got[s.Labels["mountpoint"]] = text + ": " + s.Summary
	}
	return got
}

func TestWhatIsLeftRunsOutAtZero(t *testing.T) {
	r := ready(t, Config{Name: "Licences", RunsOut: &RunsOut{Of: "used"}})
	got := sightings(t, r, disk("/", func(d float64) float64 { return 20 - d }), nil)
	if want := "bad 1.728e+06: / on db1 is full on 20 February"; got["/"] != want {
		t.Errorf("%s", got["/"])
	}
}

func TestRunsOutEndsByHysteresisAndOnEvidence(t *testing.T) {
	r := ready(t, Config{Name: "Full", RunsOut: &RunsOut{Of: "used", Limit: "100", Within: 20 * day}})
	for _, tt := range []struct {
		name string
		days int
		f    func(day float64) float64
		want string
	}{
		{"near", 30, func(d float64) float64 { return 81 + d }, "bad 1.642e+06: / on db1 is full on 19 February"},
		{"between", 30, func(d float64) float64 { return 77 + d }, "held 1.987e+06: "},
		{"far", 30, func(d float64) float64 { return 70 + d }, "good 2.592e+06: does not run out before 2 March"},
		{"steady", 30, func(float64) float64 { return 70 }, "good: does not run out as far as can be seen"},
		{"new", 2, func(d float64) float64 { return 99 + d }, "held: "},
	} {
		s := series(fills(tt.days, tt.f), "instance", "db1", "mountpoint", "/")
		s.Labels = named(s, "used")
		key, lbls := identify(s.Labels)
		got := sightings(t, r, querytest.Shelf{s}, map[string]map[string]string{key: lbls.Map()})
		if got["/"] != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got["/"], tt.want)
		}
	}
	gone := map[string]map[string]string{"x": {"mountpoint": "/gone"}}
	if got := sightings(t, r, querytest.Shelf{}, gone); got["/gone"] != "missing: " {
		t.Errorf("%v", got)
	}
}

func TestForecastOfThePlannerGoesFirst(t *testing.T) {
	r := ready(t, Config{Name: "Full", RunsOut: &RunsOut{Of: "used", Limit: "size"}})
	shelf := disk("/", func(float64) float64 { return 50 })
	for quantile, days := range map[string]float64{"0.1": 10, "0.5": 14, "0.9": 18} {
		s := series([]metric.Point{{At: noon.UnixMilli(), Value: seconds(noon) + days*86400}},
			"instance", "db1", "mountpoint", "/", "quantile", quantile, "rule", "Full")
		s.Labels = named(s, ForecastName)
		shelf = append(shelf, s)
	}
	if got, want := sightings(t, r, shelf, nil)["/"], "bad 8.64e+05: / on db1 is full on 14 February ± 4 days"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	other := ready(t, Config{Name: "Other", RunsOut: &RunsOut{Of: "used", Limit: "size"}})
	if got := sightings(t, other, shelf, nil); len(got) != 0 {
		t.Errorf("another rule's: %v", got)
	}
}

func TestReplayLooksAhead(t *testing.T) {
	r := ready(t, Config{Name: "Full", RunsOut: &RunsOut{Of: "used", Limit: "size"}})
	q := disk("/", func(d float64) float64 { return 80 + d }).Engine()
	past, err := r.Past(t.Context(), q, noon.Add(-time.Hour), noon, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	found, err := past.Look(t.Context(), noon, nil)
	if err != nil || len(found) != 1 || found[0].Verdict != state.Bad {
		t.Errorf("%+v, %v", found, err)
	}
}

// counting counts the queries.
type counting struct {
	metric.Querier
	n int
}

func (c *counting) Query(ctx context.Context, q metric.Query) (metric.Result, error) {
	c.n++
	return c.Querier.Query(ctx, q)
}

func TestReplayAsksForATrendOnlyWhenThereIsANewPoint(t *testing.T) {
	r := ready(t, Config{Name: "Full", RunsOut: &RunsOut{Of: "used", Limit: "size"}})
	q := &counting{Querier: disk("/", func(d float64) float64 { return 80 + d }).Engine()}
	past, err := r.Past(t.Context(), q, noon.Add(-6*time.Hour), noon, 10*time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	for at := noon.Add(-6 * time.Hour); !at.After(noon); at = at.Add(10 * time.Minute) {
		found, err := past.Look(t.Context(), at, nil)
		if err != nil || len(found) != 1 || found[0].Verdict != state.Bad {
			t.Fatalf("%v: %+v, %v", at, found, err)
		}
	}
	if looks := 3; q.n != 3*looks { // each has three queries
		t.Errorf("%d queries, want those of %d looks", q.n, looks)
	}
}

func TestWhenInWords(t *testing.T) {
	in := func(days float64) float64 { return seconds(noon) + days*86400 }
	berlin := RunsOut{TimeZone: "Europe/Berlin"}
	for _, tt := range []struct {
		o               RunsOut
		early, at, late float64
		want            string
	}{
		{RunsOut{LeadTime: 17 * day}, in(27), in(31), in(35), "on 3 March ± 4 days; order by 10 February"},
		{RunsOut{LeadTime: 17 * day}, in(340), in(350), in(369.9), "on 16 January 2027 ± 15 days; order by 20 December"},
		{RunsOut{LeadTime: 60 * day}, in(27), in(31), in(35), "on 3 March ± 4 days; order now"},
		{RunsOut{}, in(2), in(4), in(5), "on 4 February ± 2 days"},
		{RunsOut{}, in(0.9), in(1), in(1.1), "on 1 February, 12:00 ± 3 hours"},
		{berlin, in(0.48), in(0.5), in(0.52), "on 1 February, 01:00"},
		{RunsOut{}, in(5), in(50), math.Inf(1), "at 5 February the earliest"},
		{RunsOut{}, in(-1), in(0), in(0), "now"},
	} {
		got := tt.o.when(trend.RunOut{Early: tt.early, At: tt.at, Late: tt.late}, noon)
		if got != tt.want {
			t.Errorf("%s, want %s", got, tt.want)
		}
	}
}

func TestRunsOutSaysWhatIsWrong(t *testing.T) {
	for want, o := range map[string]RunsOut{
		"r.runs_out.of: is missing": {},
		"r.runs_out.limit: gives a string, and must be a number or an instant vector":                          {Of: "x", Limit: `"x"`},
		"r.runs_out.limit: +Inf is not a finite number":                                                        {Of: "x", Limit: "+Inf"},
		"r.runs_out.within: 1m0s is less than 1h":                                                              {Of: "x", Within: time.Minute},
		"r.runs_out.critical_within: 1000h0m0s is not between 0 and within, 720h0m0s":                          {Of: "x", CriticalWithin: 1000 * time.Hour},
		"r.runs_out.lead_time: -1s is negative":                                                                {Of: "x", LeadTime: -time.Second},
		"r.runs_out.history: 10h0m0s has fewer than 48 points of resolution, 1h0m0s, which must be 1m or more": {Of: "x", History: 10 * time.Hour},
		"r.runs_out.time_zone: unknown time zone Mars":                                                         {Of: "x", TimeZone: "Mars"},
	} {
		if err := (Config{RunsOut: &o}).WithDefaults().Validate("r"); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
