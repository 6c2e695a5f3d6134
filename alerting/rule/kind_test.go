package rule

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/metric"
	"plimsoll/internal/query"
	"plimsoll/internal/query/querytest"
)

func ptr(v float64) *float64 { return &v }

// lookback is the engine's own.
const lookback = 5 * time.Minute

func shelf(t *testing.T, text string) querytest.Shelf {
	t.Helper()
	s, err := querytest.Load(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// loaded is an engine over series in promtool's notation.
func loaded(t *testing.T, text string, lookback time.Duration) metric.Querier {
	t.Helper()
	c := query.Default()
	c.Lookback = lookback
	return query.New(shelf(t, text), c)
}

func ready(t *testing.T, c Config) *Rule {
	t.Helper()
	c = c.WithDefaults()
	if err := c.Validate("rules[0]"); err != nil {
		t.Fatal(err)
	}
	r, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// watch looks at each instant, as an engine does that knows what was bad, and
// writes what it sees: "instance verdict value severity".
func watch(t *testing.T, r *Rule, q metric.Querier, at ...time.Duration) []string {
	t.Helper()
	known := map[string]map[string]string{}
	var out []string
	for _, after := range at {
		found, err := r.Look(t.Context(), q, time.Unix(0, 0).Add(after), known)
		if err != nil {
			t.Fatal(err)
		}
		var seen []string
		for _, s := range found {
			verdict := []string{"good", "bad", "held", "missing"}[s.Verdict]
			text := strings.TrimSpace(fmt.Sprint(s.Labels["instance"], " ", verdict, " ", s.Severity))
			if s.Value != nil {
				text += fmt.Sprintf(" %.4g", *s.Value)
			}
			seen = append(seen, text)
			if known[s.Key] = s.Labels; verdict == "good" {
				delete(known, s.Key)
			}
		}
		slices.Sort(seen)
		out = append(out, strings.Join(seen, ", "))
	}
	return out
}

func expect(t *testing.T, got []string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func minutes(list ...int) (out []time.Duration) {
	for _, m := range list {
		out = append(out, time.Duration(m)*time.Minute)
	}
	return out
}

func TestLevelHasTheSeverityOfTheWorstThatItPassed(t *testing.T) {
	r := ready(t, Config{Name: "Full", Level: &Level{Of: "used", Above: &Steps{Warn: ptr(90), Critical: ptr(95), Clear: ptr(80)}}})
	if r.Expr != "used > 90" || r.Clear != "used < 80" {
		t.Errorf("expr %q, clear %q", r.Expr, r.Clear)
	}
	q := loaded(t, "load 1m\n  used{instance=\"a\"} 85 91 96 93 85 80 79 85 stale", lookback)
	expect(t, watch(t, r, q, minutes(0, 1, 2, 3, 4, 5, 6, 7, 8)...),
		"", "a bad warning 91", "a bad critical 96", "a bad warning 93", "a held warning 85", "a held warning 80", "a good 79", "", "")
}

func TestLevelBelow(t *testing.T) {
	r := ready(t, Config{Name: "Few", Level: &Level{Of: "sum by (instance) (left)", Below: &Steps{Critical: ptr(5), Clear: ptr(10)}}})
	if r.Severity != metric.Critical || r.Expr != "sum by (instance) (left) < 5" {
		t.Errorf("severity %s, expr %s", r.Severity, r.Expr)
	}
	q := loaded(t, "load 1m\n  left{instance=\"a\"} 5 4 10 11 3 stale", lookback)
	expect(t, watch(t, r, q, minutes(0, 1, 2, 3, 4, 5)...), "", "a bad 4", "a held 10", "a good 11", "a bad 3", "a missing")
}

func TestPeers(t *testing.T) {
	r := ready(t, Config{Name: "Odd", Peers: &Peers{Of: "errs", By: []string{"job"}, Min: 1}})
	q := loaded(t, `load 1m
  errs{job="web",instance="a"} 10 10  10 10 10
  errs{job="web",instance="b"} 11 11  11 11 11
  errs{job="web",instance="c"} 12 12  12 12 12
  errs{job="web",instance="d"} 13 13  13 13 13
  errs{job="web",instance="e"} 14 19  0  16 stale
  errs{job="two",instance="x"} 1  99  1  1  1
  errs{job="two",instance="y"} 1  1   1  1  1
  errs{job="one",instance="z"} 1  99  1  1  1
`, lookback)
	// Minute 1: the median is 12, the deviations 2 1 0 1 7, their median 1.
	// Minute 2: the values 0 10 11 12 13, median 11, deviations 11 1 0 1 2.
	// Minute 3: 4 from the median 12, a deviation of 1: above 3.75, it goes on.
	expect(t, watch(t, r, q, minutes(0, 1, 2, 3, 4)...), "", "e bad 7", "e bad 11", "e held 4", "e missing")
	above := ready(t, Config{Name: "Many", Peers: &Peers{Of: "errs", By: []string{"job"}, Min: 1, Side: "above"}})
	expect(t, watch(t, above, q, minutes(1, 2)...), "e bad 7", "e good -11")
	below := ready(t, Config{Name: "Few", Peers: &Peers{Of: "errs", By: []string{"job"}, Min: 1, Side: "below"}})
	expect(t, watch(t, below, q, minutes(1, 2)...), "", "e bad 11")
}

func TestEqualPeersDifferByMin(t *testing.T) {
	q := loaded(t, `load 1m
  t{instance="a"} 20 20 20
  t{instance="b"} 20 20 20
  t{instance="c"} 20 20 20
  t{instance="d"} 20 20 NaN
  t{instance="e"} 20 23 26
`, lookback)
	r := ready(t, Config{Name: "Odd", Peers: &Peers{Of: "t", Min: 5}})
	// A deviation is at least 1: 23 is 3 away, 26 is 6, and a NaN is nobody's peer.
	expect(t, watch(t, r, q, minutes(0, 1, 2)...), "", "", "e bad 6")
	s, err := r.Look(t.Context(), q, time.Unix(120, 0), nil)
	if err != nil || s[0].Summary != "6 times the usual deviation away from its peers" {
		t.Errorf("%+v, %v", s, err)
	}
}

// weeksOf is a load of one value for each of the last weeks, the oldest first,
// and now; NaN stands for nothing.
func weeksOf(values ...float64) string {
	text := "load 10m\n  hits{instance=\"a\"}"
	const week = 7 * 24 * 6
	for i, v := range values {
		one, n := "_", week-1
		if !math.IsNaN(v) {
			one = fmt.Sprint(v)
		}
		if i == len(values)-1 {
			n = 10
		}
		text += fmt.Sprintf(" %s+0x%d", one, n)
		if one == "_" {
			text = strings.TrimSuffix(text, fmt.Sprintf("_+0x%d", n)) + fmt.Sprintf("_x%d", n+1)
		}
	}
	return text + "\n"
}

func TestPastWeeks(t *testing.T) {
	week := 7 * 24 * time.Hour
	weeks := func(n int) time.Duration { return time.Duration(n)*week + 80*time.Minute }
	gone := math.NaN()
	for _, tt := range []struct {
		name   string
		values []float64
		c      PastWeeks
		want   string
	}{
		// median of 100 110 120 130 is 115, deviations 15 5 5 15, their median 10
		{"usual", []float64{100, 110, 120, 130, 150}, PastWeeks{Min: 1}, ""},
		{"high", []float64{100, 110, 120, 130, 165}, PastWeeks{Min: 1}, "a bad 5"},
		{"low", []float64{100, 110, 120, 130, 65}, PastWeeks{Min: 1, Side: "below"}, "a bad 5"},
		{"high, which is not asked", []float64{100, 110, 120, 130, 165}, PastWeeks{Min: 1, Side: "below"}, ""},
		{"not enough to matter", []float64{100, 110, 120, 130, 165}, PastWeeks{Min: 60}, ""},
		{"a week is missing", []float64{100, gone, 110, 120, 170}, PastWeeks{Min: 1}, "a bad 6"}, // 110 and 10
		{"two weeks", []float64{100, 120, 200}, PastWeeks{Min: 1}, "a bad 9"},                    // 110 and 10
		{"one week", []float64{100, 1000}, PastWeeks{Min: 1}, ""},
		{"no week", []float64{1000}, PastWeeks{Min: 1}, ""},
		{"constant", []float64{100, 100, 100, 100, 120}, PastWeeks{Min: 10}, "a bad 8"}, // 10 / 4 each
		{"one strange week", []float64{100, 900, 100, 100, 100}, PastWeeks{Min: 10}, ""},
		{"nothing now", []float64{100, 110, 120, 130, gone}, PastWeeks{Min: 1}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.c.Of = "hits"
			r := ready(t, Config{Name: "Unusual", PastWeeks: &tt.c})
			q := loaded(t, weeksOf(tt.values...), 15*time.Minute)
			expect(t, watch(t, r, q, weeks(len(tt.values)-1)), tt.want)
		})
	}
}

func TestShare(t *testing.T) {
	q := loaded(t, `load 1m
  hits{instance="a"} 30+0x120 12+0x170 30+0x200
  hits{instance="b"} 30+0x120 39+0x170 30+0x200
  hits{instance="c"} 30+0x120 39+0x170 0+0x200
  hits{instance="d"} 10+0x120 10+0x170 40+0x200
`, lookback)
	r := ready(t, Config{Name: "LostShare", Share: &Share{Of: "hits", MinTotal: 50}})
	// Of 100, a had 30: 12 is 40 %. An hour and a half later 12 is the usual. Then
	// c has none, for good.
	expect(t, watch(t, r, q, minutes(119, 122, 200, 220, 292, 480)...),
		"", "a bad 0.4", "a bad 0.4", "a good 1", "c bad 0", "c bad 0")
	little := ready(t, Config{Name: "LostShare", Share: &Share{Of: "hits", MinTotal: 101}})
	expect(t, watch(t, little, q, minutes(122)...), "")
	alone := ready(t, Config{Name: "LostShare", Share: &Share{Of: "hits", By: []string{"instance"}, MinTotal: 5}})
	expect(t, watch(t, alone, q, minutes(122)...), "")
}

func TestKindsSayWhatIsWrong(t *testing.T) {
	for _, tt := range []struct {
		c    Config
		want string
	}{
		{Config{}, "r.expr: is missing"},
		{Config{Expr: "up", Level: &Level{Of: "x", Above: &Steps{Warn: ptr(1)}}}, "r.level: stands for an expression, and expr is one, too"},
		{Config{Clear: "up", Level: &Level{Of: "x", Above: &Steps{Warn: ptr(1)}}}, "r.level: has its own end, and clear is one, too"},
		{Config{Level: &Level{Of: "x", Above: &Steps{}}}, "r.level.above: neither warn nor critical is there"},
		{Config{Level: &Level{Of: "x"}}, "r.level.above: one of above and below must be there"},
		{Config{Level: &Level{Of: "x[5m]", Above: &Steps{Warn: ptr(1)}}}, "r.level.of: gives a range vector, and a rule needs an instant vector"},
		{Config{Level: &Level{Of: "x", Above: &Steps{Warn: ptr(9), Critical: ptr(8)}}}, "r.level.above.critical: 8 is not beyond warn, 9"},
		{Config{Level: &Level{Of: "x", Below: &Steps{Warn: ptr(9), Clear: ptr(8)}}}, "r.level.below.clear: 8 is beyond the level at which the alert begins, 9"},
		{Config{Level: &Level{Of: "x", Below: &Steps{Warn: ptr(math.NaN())}}}, "r.level.below.warn: NaN is not a finite number"},
		{
			Config{Severity: metric.Critical, Level: &Level{Of: "x", Above: &Steps{Warn: ptr(8), Critical: ptr(9)}}},
			"r.level.warn: the severity of the rule, which is that of warn, is critical already",
		},
		{Config{Peers: &Peers{Of: "x"}}, "r.peers.min: 0 is not a number above 0"},
		{Config{Peers: &Peers{Of: "x", Min: 1, AtLeast: 2}}, "r.peers.at_least: 2 is less than 3"},
		{Config{Peers: &Peers{Of: "x", Min: 1, By: []string{"a-b"}}}, `r.peers.by: "a-b" is no label name`},
		{Config{Peers: &Peers{Of: "x", Min: 1, Side: "left"}}, `r.peers.side: "left" is none of above, below, both`},
		{Config{PastWeeks: &PastWeeks{Of: "x", Min: 1, Weeks: 1}}, "r.past_weeks.weeks: 1 is not between 2 and 12"},
		{Config{PastWeeks: &PastWeeks{Of: "x", Min: 1, Window: time.Second}}, "r.past_weeks.window: 1s is not between 5m and 24h"},
		{Config{Share: &Share{Of: "x"}}, "r.share.min_total: 0 is not a number above 0"},
		{Config{Share: &Share{Of: "x", MinTotal: 1, Drop: 1}}, "r.share.drop: 1 is not between 0 and 1"},
		{Config{Expr: "up", Runbook: "{{"}, "r.runbook: error parsing template annotation: template: annotation:1: unclosed action"},
	} {
		c := tt.c.WithDefaults()
		if err := c.Validate("r"); err == nil || err.Error() != strings.ReplaceAll(tt.want, "r.level.warn", "r.level.above.warn") {
			t.Errorf("got %v, want %s", err, tt.want)
		}
	}
	two := Config{Level: &Level{Of: "x", Above: &Steps{Warn: ptr(1)}}, Share: &Share{Of: "x", MinTotal: 1}}.WithDefaults()
	if err := two.Validate("r"); err == nil || !strings.Contains(err.Error(), "r.share: is not the only kind of the rule") {
		t.Errorf("two kinds: %v", err)
	}
}

func TestRunbookIsToldWithTheTrouble(t *testing.T) {
	r := ready(t, Config{Name: "Down", Expr: "up == 0", Runbook: "Look at {{ $labels.instance }}."})
	found, err := r.Look(t.Context(), loaded(t, "load 1m\n  up{instance=\"a\"} 0\n", lookback), time.Unix(0, 0), nil)
	if err != nil || found[0].Runbook != "Look at a." || r.Annotations["runbook"] == "" {
		t.Errorf("%+v, %v", found, err)
	}
}

func TestPrometheusRunbooksAreFound(t *testing.T) {
	r := ready(t, Config{Name: "Down", Expr: "up == 0", Annotations: map[string]string{"runbook_url": "https://wiki/{{ $labels.instance }}"}})
	found, err := r.Look(t.Context(), loaded(t, "load 1m\n  up{instance=\"a\"} 0\n", lookback), time.Unix(0, 0), nil)
	if err != nil || found[0].Runbook != "https://wiki/a" {
		t.Errorf("%+v, %v", found, err)
	}
}

func TestMessagesNameTheKind(t *testing.T) {
	for want, c := range map[string]Config{
		"x > 1":           {Expr: "x > 1"},
		"x > 2":           {Level: &Level{Of: "x", Above: &Steps{Warn: ptr(2)}}},
		"peers of x":      {Peers: &Peers{Of: "x", Min: 1}},
		"past_weeks of x": {PastWeeks: &PastWeeks{Of: "x", Min: 1}},
		"share of x":      {Share: &Share{Of: "x", MinTotal: 1}},
		"runs_out of x":   {RunsOut: &RunsOut{Of: "x"}},
	} {
		if got := ready(t, c).Short(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestOperandLeavesCommentsBehind(t *testing.T) {
	for of, want := range map[string]string{
		"a + b # why": "(a + b)", "a # why": "a", "sum(a)": "sum(a)", "(a)": "(a)", "-a": "(-a)",
	} {
		if got := operand(of); got != want {
			t.Errorf("operand(%q) = %q, want %q", of, got, want)
		}
	}
}
