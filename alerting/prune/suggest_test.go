package prune_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"
	"pgregory.net/rapid"

	"plimsoll/alerting/depend"
	"plimsoll/alerting/hold"
	"plimsoll/alerting/prune"
	"plimsoll/alerting/rule"
	"plimsoll/internal/config"
	"plimsoll/internal/metric"
)

const day = 24 * time.Hour

func TestBound(t *testing.T) {
	for n, want := range map[int]float64{0: 1, 1: 0.95, 40: 0.0722, 100: 0.0295} {
		if got := prune.Bound(n, 0.95); math.Abs(got-want) > 0.0001 {
			t.Errorf("of %d: %v, want %v", n, got, want)
		}
	}
}

// farm is a quarter of a year of a few rules, each a trouble by design.
type farm struct {
	history
	rules []rule.Config
	rng   *rand.Rand
	end   time.Time
}

func newFarm(seed uint64) *farm {
	f := &farm{rng: rand.New(rand.NewPCG(seed, 7)), end: begin.Add(91 * day)}
	f.add(labels.FromStrings("__name__", "up", "instance", "x"), begin, f.end, minute, func(time.Time) (float64, bool) { return 1, true })
	return f
}

// trouble is when a series is bad: from, and for how long.
type trouble struct{ at, lasts time.Duration }

// rule adds a rule of that name on a metric of that name, which is 9 in its
// troubles and 1 else.
func (f *farm) rule(name string, class metric.Class, troubles map[string][]trouble) {
	f.rules = append(f.rules, rule.Config{Name: name, Class: class, Expr: strings.ToLower(name) + " > 8", Interval: minute, Severity: metric.Critical})
	for instance, ts := range troubles {
		l := labels.FromStrings("__name__", strings.ToLower(name), "instance", instance)
		slices.SortFunc(ts, func(a, b trouble) int { return int(a.at - b.at) })
		i := 0
		f.add(l, begin, f.end, minute, func(at time.Time) (float64, bool) {
			since := at.Sub(begin)
			for i < len(ts) && ts[i].at+ts[i].lasts <= since {
				i++
			}
			if i < len(ts) && ts[i].at <= since {
				return 9, true
			}
			return 1, true
		})
	}
}

// anywhere are n troubles, each within its own part of the time.
func (f *farm) anywhere(n int, lasts func() time.Duration) []trouble {
	out := make([]trouble, n)
	part := 88 * day / time.Duration(n)
	for i := range out {
		out[i] = trouble{day + time.Duration(i)*part + f.upTo(part*3/4), lasts()}
	}
	return out
}

func (f *farm) upTo(d time.Duration) time.Duration { return time.Duration(f.rng.Int64N(int64(d))) }

func (f *farm) between(a, b time.Duration) func() time.Duration {
	return func() time.Duration { return a + f.upTo(b-a) }
}

// live is what the rules did, with those acknowledged that lasted and cares
// picks.
func (f *farm) live(t *testing.T, cares func(prune.Episode) bool) []prune.Episode {
	t.Helper()
	var all []prune.Episode
	for _, c := range f.rules {
		for _, e := range replay(t, f.querier(), c, begin, f.end).Episodes {
			if e.Told = 1; cares(e) {
				e.Acked, e.AckedBy, e.Acted = e.Hard.Add(5*minute), "ann", true
			}
			all = append(all, e)
		}
	}
	return all
}

func (f *farm) suggest(t *testing.T, episodes []prune.Episode) []prune.Suggestion {
	t.Helper()
	s, err := prune.Suggest(t.Context(), f.querier(), prune.Input{Rules: f.rules, Episodes: episodes, Now: f.end})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func ids(suggestions []prune.Suggestion) []string {
	out := []string{}
	for _, s := range suggestions {
		out = append(out, s.ID)
	}
	slices.Sort(out)
	return out
}

func after(troubles []trouble, d, lasts time.Duration) []trouble {
	out := slices.Clone(troubles)
	for i := range out {
		out[i] = trouble{out[i].at + d, lasts}
	}
	return out
}

func planted(t *testing.T) (*farm, []prune.Episode) {
	f := newFarm(1)
	hour := f.between(40*minute, 3*time.Hour)
	f.rule("Flappy", "", map[string][]trouble{"a": append(f.anywhere(150, f.between(minute, 4*minute)), f.anywhere(9, hour)...)})
	hover := []trouble{}
	for _, h := range f.anywhere(40, hour) {
		for i := range 6 {
			hover = append(hover, trouble{h.at + time.Duration(i)*6*minute, 3 * minute})
		}
	}
	f.rule("Hovering", "", map[string][]trouble{"a": hover})
	backup := []trouble{}
	for d := range 89 {
		backup = append(backup, trouble{time.Duration(d)*day + 2*time.Hour + f.upTo(20*minute), 50 * minute})
	}
	f.rule("Backup", "", map[string][]trouble{"db1": backup})
	sunday := []trouble{}
	for w := range 12 {
		sunday = append(sunday, trouble{time.Duration(w)*7*day + 6*day + 23*time.Hour + f.upTo(90*minute), 30 * minute})
	}
	f.rule("Weekly", "", map[string][]trouble{"db1": sunday})
	down := f.anywhere(12, hour)
	f.rule("SwitchDown", metric.UpDown, map[string][]trouble{"sw1": down})
	f.rule("AppErrors", "", map[string][]trouble{"web1": after(down, 3*minute, time.Hour), "web2": after(down, 4*minute, time.Hour)})
	disks := map[string][]trouble{}
	for _, host := range []string{"db1", "db2"} {
		disks[host] = f.anywhere(6, hour)
		f.rule("Slow"+host, "", map[string][]trouble{host: after(disks[host], 2*minute, 30*minute)})
	}
	f.rule("DiskBusy", "", disks)
	both := f.anywhere(9, hour)
	f.rule("Latency", "", map[string][]trouble{"lb": both})
	f.rule("Errors", "", map[string][]trouble{"lb": after(both, 0, 20*minute)})
	f.rule("Ignored", "", map[string][]trouble{"a": f.anywhere(40, hour)})
	f.rule("Good", "", map[string][]trouble{"a": f.anywhere(8, hour), "b": f.anywhere(9, hour)})
	f.rule("Quiet", "", map[string][]trouble{"a": nil})
	f.rules = append(f.rules, rule.Config{Name: "Nothing", Expr: "no_such_metric > 1"}, rule.Config{Name: "Gone", Expr: "absent(no_such_metric_either) and on() no_such"})
	unloved := []string{"Backup", "Weekly", "Ignored", "Hovering"}
	return f, f.live(t, func(e prune.Episode) bool {
		return !slices.Contains(unloved, e.Rule) && e.Ended.Sub(e.Hard) >= 10*minute
	})
}

func TestSuggestionsFindWhatWasPlanted(t *testing.T) {
	f, episodes := planted(t)
	got := f.suggest(t, episodes)
	want := []string{
		"depend/AppErrors/SwitchDown", "depend/Slowdb1/DiskBusy", "depend/Slowdb2/DiskBusy", "for/Flappy", "group/Errors", "hysteresis/Hovering",
		"retire/Ignored", "schedule/Backup", "schedule/Weekly", "stale/Nothing",
	}
	if diff := cmp.Diff(want, ids(got)); diff != "" {
		t.Error(diff)
	}
	texts := map[string]string{}
	for _, s := range got {
		texts[s.ID] = s.Text
		canBeWritten(t, s)
	}
	for id, text := range map[string]string{
		"retire/Ignored":              "40 firings, nobody acknowledged: with 95 % confidence fewer than 7.3 % of them matter",
		"for/Flappy":                  "for 5m: 50 → 2, all 2 that somebody cared for kept, 5 min later",
		"depend/AppErrors/SwitchDown": "follows SwitchDown on sw1: on 12 of 12 occasions, 3 min later: it says nothing new",
	} {
		if texts[id] != text {
			t.Errorf("%s: %s, want %s", id, texts[id], text)
		}
	}
}

// What was judged rests for a month.
func TestSuggestionsRest(t *testing.T) {
	f := newFarm(4)
	f.rule("Ignored", "", map[string][]trouble{"a": f.anywhere(40, f.between(time.Hour, 2*time.Hour))})
	episodes := f.live(t, func(prune.Episode) bool { return false })
	cared := episode("Other", "a", 80*day, time.Hour)
	cared.Acted = true
	episodes = append(episodes, cared)
	found := f.suggest(t, episodes)
	for ago, want := range map[time.Duration]int{29 * day: 0, 31 * day: 1} {
		j := prune.Judgement{ID: "retire/Ignored", At: f.end.Add(-ago)}
		if got := prune.Unjudged(found, []prune.Judgement{j}, f.end); len(got) != want {
			t.Errorf("judged %v ago: %v", ago, ids(got))
		}
	}
}

// canBeWritten reads the change as a start of the service does, but for what
// belongs to other packages.
func canBeWritten(t *testing.T, s prune.Suggestion) {
	t.Helper()
	var c struct {
		Rules        []rule.Config   `yaml:"rules"`
		Dependencies []depend.Config `yaml:"dependencies"`
		Grouping     map[string]any  `yaml:"grouping"`
		Downtimes    []hold.Config   `yaml:"downtimes"`
	}
	r := config.NewReport(s.ID)
	config.Decode([]byte(s.Change), &c, r)
	for _, c := range c.Rules {
		r.AddInvalid(c.WithDefaults().Validate("rules[0]"))
	}
	for _, d := range c.Downtimes {
		r.AddInvalid(d.Validate("downtimes[0]"))
	}
	r.AddInvalid(depend.Validate("dependencies", c.Dependencies, nil))
	if err := r.Err(); err != nil || len(c.Rules)+len(c.Dependencies)+len(c.Grouping)+len(c.Downtimes) == 0 {
		t.Errorf("%v\n%s", err, s.Change)
	}
}

// Rules that fire now and then, for as long as it takes somebody to help, are
// left alone, however many there are.
func TestNothingIsSuggestedOfGoodRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := &farm{rng: rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1)), end: begin.Add(91 * day)}
		var episodes []prune.Episode
		for n := range 20 {
			name := fmt.Sprintf("Rule%d", n)
			f.rules = append(f.rules, rule.Config{Name: name, Expr: "x > 1"})
			for range 5 + f.rng.IntN(60) {
				e := episode(name, fmt.Sprintf("host%d", f.rng.IntN(5)), day+f.upTo(89*day), f.between(10*minute, 6*time.Hour)())
				if f.rng.IntN(3) == 0 {
					e.Acked = e.Hard.Add(minute)
				}
				episodes = append(episodes, e)
			}
		}
		got, err := prune.Suggest(t.Context(), f.querier(), prune.Input{Rules: f.rules, Episodes: episodes, Now: f.end})
		if err != nil || len(got) > 0 {
			t.Fatalf("%v, %v", ids(got), err)
		}
	})
}

// Where nobody acknowledges anything, that nobody acknowledged a rule says
// nothing.
func TestNothingRetiresWhereNobodyAcknowledges(t *testing.T) {
	f := newFarm(2)
	f.rule("Ignored", "", map[string][]trouble{"a": f.anywhere(60, f.between(time.Hour, 2*time.Hour))})
	if got := f.suggest(t, f.live(t, func(prune.Episode) bool { return false })); len(got) > 0 {
		t.Errorf("%+v", got)
	}
}

// Where the archives are too coarse to show what happened, the rule's own past
// tells what a longer `for` would have done.
func TestCoarseArchivesDoNotMislead(t *testing.T) {
	f := newFarm(3)
	f.rule("Flappy", "", map[string][]trouble{"a": append(f.anywhere(150, f.between(minute, 4*minute)), f.anywhere(30, f.between(time.Hour, 2*time.Hour))...)})
	episodes := f.live(t, func(e prune.Episode) bool { return e.Ended.Sub(e.Hard) >= 10*minute })
	f.coarseStep, f.coarseUntil = 30*minute, f.end.Add(-day)
	got := f.suggest(t, episodes)
	if len(got) != 1 || got[0].ID != "for/Flappy" || !strings.HasSuffix(got[0].Text, "by what it did itself, as the archives there are too coarse") {
		t.Errorf("%+v", got)
	}
}
