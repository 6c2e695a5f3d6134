package prune_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"
	"pgregory.net/rapid"

	"plimsoll/alerting/prune"
	"plimsoll/alerting/rule"
	"plimsoll/alerting/state"
	"plimsoll/internal/metric"
	"plimsoll/internal/query"
)

const minute = time.Minute

func high() rule.Config {
	return rule.Config{Name: "High", Expr: "load > 8", For: 2 * minute, Severity: metric.Critical, Labels: map[string]string{"team": "a"}}
}

func TestReplayFindsEpisodes(t *testing.T) {
	h := &history{}
	end := begin.Add(26 * time.Hour)
	h.add(load("a"), begin, end, 15*time.Second, spikes(10*minute, time.Hour, 23*time.Hour))
	h.add(load("b"), begin, end, 15*time.Second, spikes(minute, 5*time.Hour)) // too short
	h.add(load("c"), begin, end, 15*time.Second, spikes(2*time.Hour, 25*time.Hour))
	r := replay(t, h.querier(), high(), begin, end)
	at := begin.Add
	want := []prune.Episode{
		{Began: at(time.Hour), Hard: at(62 * minute), Ended: at(70 * minute), Labels: map[string]string{"instance": "a", "team": "a"}},
		{Began: at(23 * time.Hour), Hard: at(23*time.Hour + 2*minute), Ended: at(23*time.Hour + 10*minute), Labels: map[string]string{"instance": "a", "team": "a"}},
		{Began: at(25 * time.Hour), Hard: at(25*time.Hour + 2*minute), Labels: map[string]string{"instance": "c", "team": "a"}},
	}
	for i := range want {
		want[i].Rule, want[i].Severity = "High", "critical"
	}
	if diff := cmp.Diff(want, r.Episodes); diff != "" || r.Blips != 1 || r.Coarse != nil || r.Missing != nil {
		t.Errorf("%+v\n%s", r, diff)
	}
	const text = "would have fired 3 times on 2 series, longest 58 min, 3 at night; 74 page-minutes; 1 still open; bad 1 time for too short to be believed"
	if got := r.Text(prune.Night); got != text {
		t.Errorf("%s\nwant %s", got, text)
	}
}

func TestReplaySaysWhatTheHistoryDoesNotTell(t *testing.T) {
	h := &history{coarseStep: 10 * minute, coarseUntil: begin.Add(24 * time.Hour)}
	end := begin.Add(48 * time.Hour)
	h.add(load("a"), begin, end, 15*time.Second, func(at time.Time) (float64, bool) {
		since := at.Sub(begin)
		return 1, since < 30*time.Hour || since >= 40*time.Hour
	})
	c := query.Default()
	c.Now = func() time.Time { return end }
	c.Resolution = func(age, _ time.Duration) time.Duration {
		if end.Add(-age).Before(h.coarseUntil) {
			return h.coarseStep
		}
		return 15 * time.Second
	}
	r := replay(t, query.New(h, c), high(), begin, end)
	coarse := []prune.Span{{From: begin, Until: r.Coarse[0].Until, StepSeconds: 600}}
	if late := r.Coarse[0].Until.Sub(h.coarseUntil); late < -10*minute || late > 6*time.Hour || cmp.Diff(coarse, r.Coarse) != "" {
		t.Errorf("coarse: %+v", r.Coarse)
	}
	missing := []prune.Span{{From: begin.Add(30*time.Hour + 5*minute), Until: begin.Add(40 * time.Hour)}}
	if diff := cmp.Diff(missing, r.Missing); diff != "" {
		t.Error(diff)
	}
	bare := &history{coarseStep: 10 * minute, coarseUntil: end}
	if r := replay(t, bare.querier(), high(), begin, end); r.Coarse != nil || r.Text(prune.Night) != "would not have fired; there was no data at all" {
		t.Error(r.Text(prune.Night))
	}
	odd := high()
	odd.Expr = "absent(load)"
	if r := replay(t, h.querier(), odd, begin, begin.Add(time.Hour)); !r.Unjudged {
		t.Error("absence is judged by absence")
	}
}

// A look at stored history sees what a look at each instant saw.
func TestReplayIsWhatLiveWas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h, end := &history{}, begin.Add(time.Hour)
		for _, host := range []string{"a", "b", "c"} {
			h.addRandom(t, host, end)
		}
		spell := func(name string) time.Duration {
			return time.Duration(rapid.IntRange(0, 20).Draw(t, name)) * 15 * time.Second
		}
		c := rule.Config{
			Name: "High", Expr: rapid.SampledFrom([]string{"load > 5", "load > 5 and load < 9", "sum by (instance) (load) > 5", "max_over_time(load[2m]) >= 8"}).Draw(t, "expr"),
			Clear: rapid.SampledFrom([]string{"", "load < 3"}).Draw(t, "clear"),
			For:   spell("for"), KeepFiringFor: spell("keep"), NoData: spell("no data"),
		}.WithDefaults()
		if rapid.Bool().Draw(t, "of a rule file") {
			c.Prometheus, c.Clear = &rule.Prometheus{Limit: rapid.SampledFrom([]int{0, 3}).Draw(t, "limit")}, ""
			c.Labels = map[string]string{"severity": "critical", "where": "{{ $labels.instance }}"}
		}
		want, blips := live(t, h.querier(), c, end)
		got, err := prune.Replay(t.Context(), h.querier(), c, begin, end)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got.Episodes); diff != "" || blips != got.Blips {
			t.Errorf("%d blips, want %d\n%s", got.Blips, blips, diff)
		}
	})
}

func (h *history) addRandom(t *rapid.T, host string, end time.Time) {
	at := begin
	level, there, left := 0.0, true, 0
	h.add(load(host), at, end, 15*time.Second, func(time.Time) (float64, bool) {
		if left--; left < 0 {
			level = float64(rapid.IntRange(0, 10).Draw(t, host))
			there = rapid.IntRange(0, 9).Draw(t, host+" is there") > 0
			left = rapid.IntRange(0, 30).Draw(t, host+" lasts")
		}
		return level, there
	})
}

// live looks at each instant with instant queries, as the engine does.
func live(t *rapid.T, q metric.Querier, c rule.Config, end time.Time) ([]prune.Episode, int) {
	r, err := rule.New(c)
	if err != nil {
		t.Fatal(err)
	}
	states, known, open := map[string]state.State{}, map[string]map[string]string{}, map[string]int{}
	episodes, blips := []prune.Episode{}, 0
	for at := begin; !at.After(end); at = at.Add(c.Interval) {
		found, err := r.Look(t.Context(), q, at, known)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range found {
			next, change := state.Next(c.Policy(c.Interval), states[s.Key], s.Verdict, at)
			states[s.Key], known[s.Key] = next, s.Labels
			switch change {
			case state.Problem:
				severity := string(c.Severity)
				if s.Severity != "" {
					severity = string(s.Severity)
				}
				open[s.Key] = len(episodes)
				episodes = append(episodes, prune.Episode{
					Rule: c.Name, Severity: severity, Labels: s.Labels, Began: next.BadSince, Hard: at,
				})
			case state.Recovery, state.Ended:
				episodes[open[s.Key]].Ended = at
			case state.SoftRecovery:
				blips++
			}
			if next.Phase == state.OK {
				delete(known, s.Key)
				delete(states, s.Key)
			}
		}
	}
	return episodes, blips
}

// A rule of two levels has the worst severity that its episode came to.
func TestReplayOfTwoLevels(t *testing.T) {
	h, warn, critical, clear := &history{}, 5.0, 8.0, 3.0
	for host, level := range map[string]float64{"a": 6, "b": 9} {
		h.add(load(host), begin, begin.Add(time.Hour), 15*time.Second, func(at time.Time) (float64, bool) {
			switch since := at.Sub(begin); {
			case since < 10*minute, since >= 40*minute:
				return 1, true
			case since < 20*minute:
				return 6, true
			case since < 30*minute:
				return level, true
			}
			return 4, true // neither bad nor well
		})
	}
	c := rule.Config{Name: "High", Level: &rule.Level{Of: "load", Above: &rule.Steps{Warn: &warn, Critical: &critical, Clear: &clear}}}
	r := replay(t, h.querier(), c, begin, begin.Add(time.Hour))
	got := map[string]string{}
	for _, e := range r.Episodes {
		got[e.Labels["instance"]] = e.Severity + " " + e.Ended.Sub(e.Hard).String()
	}
	if diff := cmp.Diff(map[string]string{"a": "warning 30m0s", "b": "critical 30m0s"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestReplayEnds(t *testing.T) {
	h := &history{}
	h.add(load("a"), begin, begin.Add(time.Hour), 15*time.Second, spikes(0))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := prune.Replay(ctx, h.querier(), high(), begin, begin.Add(time.Hour)); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
	if _, err := prune.Replay(t.Context(), h.querier(), high(), begin, begin); !errors.Is(err, metric.ErrBadQuery) {
		t.Errorf("no time: %v", err)
	}
}

// What is too much at once is asked in parts, and instances beyond the limit
// are told of.
func TestReplayIsBounded(t *testing.T) {
	h, end := &history{}, begin.Add(2*time.Hour)
	for i := range rule.MaxInstances + 1 {
		l := labels.FromStrings("__name__", "load", "n", time.Duration(i).String())
		h.add(l, begin, end, 30*minute, spikes(10*minute, 30*minute))
	}
	c := query.Default()
	c.MaxSamples = 5000 // about four steps
	r := replay(t, query.New(h, c), high(), begin, end)
	if len(r.Episodes) != rule.MaxInstances || r.TooMany == 0 {
		t.Errorf("%d episodes, %d looks found too many", len(r.Episodes), r.TooMany)
	}
}

func BenchmarkReplayMonthOf100Series(b *testing.B) {
	h, end := &history{}, begin.Add(30*24*time.Hour)
	for i := range 100 {
		l := labels.FromStrings("__name__", "load", "n", time.Duration(i).String())
		h.add(l, begin, end, 15*time.Second, spikes(10*minute, time.Duration(i)*time.Hour, 300*time.Hour))
	}
	b.ResetTimer()
	b.ReportAllocs()
	for b.Loop() {
		r, err := prune.Replay(b.Context(), h.querier(), high(), begin, end)
		if err != nil || len(r.Episodes) != 200 {
			b.Fatalf("%d episodes, %v", len(r.Episodes), err)
		}
	}
}
