package app

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/alerting"
	"plimsoll/alerting/ledger"
	"plimsoll/alerting/prune"
	"plimsoll/alerting/rule"
	"plimsoll/alerting/state"
	"plimsoll/internal/config"
	"plimsoll/internal/metric"
)

// constant is a history in which every range query gives 9 all the time.
type constant struct{ metric.Querier }

func (constant) Query(_ context.Context, q metric.Query) (metric.Result, error) {
	s := metric.Series{Labels: labels.FromStrings("__name__", "load")}
	for at := q.Start; !at.After(q.End); at = at.Add(q.Step) {
		s.Points = append(s.Points, metric.Point{At: at.UnixMilli(), Value: 9})
	}
	return metric.Result{Type: metric.Matrix, Series: []metric.Series{s}}, nil
}

func TestRulesAreReplayed(t *testing.T) {
	a := &App{history: constant{}}
	var told []any
	text := "rules: [{name: High, expr: load > 8, for: 1h}, {name: Both, expr: load > 8}]"
	got, err := a.replay(t.Context(), url.Values{"since": {"1d"}}, strings.NewReader(text), func(v any) { told = append(told, v) })
	if err != nil {
		t.Fatal(err)
	}
	reports := got.([]Replayed)
	if len(reports) != 2 || len(told) != 2 || reports[0].Summary.Episodes != 1 || reports[0].To.Sub(reports[0].From).Round(time.Hour) != 24*time.Hour {
		t.Fatalf("%+v, told %v", reports, told)
	}
	if want := "would have fired 1 time on 1 series, longest 23 h"; !strings.HasPrefix(reports[0].Text, want) {
		t.Errorf("%q, want %q", reports[0].Text, want)
	}
}

func TestRulesThatCannotBeReplayed(t *testing.T) {
	for text, want := range map[string]string{
		"":                                      "content has no rules",
		"rules: [{name: a, expr: 'up =='}]":     "rules:1: rules[0].expr: ",
		"rules:\n- {name: a, exp: up}":          "rules[0].exp: unknown key",
		"rules: [" + strings.Repeat(" ", 1<<20): "longer than",
	} {
		if _, err := rulesFrom(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: %v, want %q", text, err, want)
		}
	}
	for _, since := range []string{"soon", "0s", "2y"} {
		if _, err := spanOf(url.Values{"since": {since}}, time.Now()); !errors.Is(err, metric.ErrBadQuery) {
			t.Errorf("since %s: %v", since, err)
		}
	}
}

// What is sent is what is read.
func TestRulesTravel(t *testing.T) {
	rules := []rule.Config{{
		Name: "a: b", Expr: "up == 0\nand x", Clear: "up == 1", For: 90 * time.Second, Interval: time.Minute, NoData: time.Hour,
		Class: metric.UpDown, Severity: metric.Critical, Labels: map[string]string{"team": "yes"},
	}, {Name: "b", Expr: "up == 0", Flapping: state.Thresholds{Off: true}}, {Name: "c", Expr: "up == 0", Flapping: state.Thresholds{Low: 10, High: 40}}}
	text, err := config.Encode(Rules{Rules: rules})
	if err != nil {
		t.Fatal(err)
	}
	got, err := rulesFrom(strings.NewReader(string(text)))
	for i := range rules {
		rules[i] = rules[i].WithDefaults()
	}
	if diff := cmp.Diff(rules, got); err != nil || diff != "" {
		t.Errorf("%v\n%s\n%s", err, text, diff)
	}
}

func TestRulesAreCounted(t *testing.T) {
	c := alerting.Default()
	c.Dir, c.Querier = t.TempDir(), constant{}
	c.Rules = []rule.Config{{Name: "High", Expr: "load > 8"}}
	engine, err := alerting.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = engine.Close() })
	a := &App{history: constant{}, engine: engine, adviser: newAdviser()}
	stats, err := a.ruleStats(t.Context(), url.Values{"days": {"30"}}, nil, nil)
	if diff := cmp.Diff([]prune.RuleStats{}, stats); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	if _, err := a.ruleStats(t.Context(), url.Values{"days": {"0"}}, nil, nil); !errors.Is(err, metric.ErrBadQuery) {
		t.Errorf("no days: %v", err)
	}
	found, err := a.ruleSuggestions(t.Context(), nil, nil, nil)
	if diff := cmp.Diff([]prune.Suggestion{}, found); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	judge := func(id, by, judgement string) error {
		_, err := a.judgeSuggestion(t.Context(), url.Values{"id": {id}, "by": {by}, "judgement": {judgement}}, nil, nil)
		return err
	}
	a.adviser.found = []prune.Suggestion{{ID: "retire/High"}, {ID: "for/Low"}, {ID: "stale/None"}}
	if err := errors.Join(judge("retire/High", "ann", "dismissed"), judge("retire/High", "bob", "accepted"), judge("for/Low", "ann", "accepted")); err != nil {
		t.Error(err)
	}
	for _, bad := range [][3]string{{"", "ann", "dismissed"}, {"for/Low", "", "dismissed"}, {"for/Low", "ann", "hated"}} {
		if err := judge(bad[0], bad[1], bad[2]); !errors.Is(err, metric.ErrBadQuery) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	found, err = a.ruleSuggestions(t.Context(), nil, nil, nil)
	if diff := cmp.Diff([]prune.Suggestion{{ID: "stale/None"}}, found); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	kept, err := engine.Judgements(t.Context())
	if err != nil || len(kept) != 2 || kept[0].By != "bob" || !kept[0].Accepted || kept[1].ID != "for/Low" {
		t.Errorf("kept: %+v, %v", kept, err)
	}
	if names := engine.RuleConfigs(); names[0].Name != "High" || len(names) < 2 {
		t.Errorf("rules: %+v", names)
	}
}

func TestEpisodesAreJudged(t *testing.T) {
	at := time.Unix(1_700_000_000, 0)
	got := judged(ledger.Episode{
		AlertID: "rule/High/1", Name: "High", Severity: metric.Warning, Labels: map[string]string{"a": "b"}, Began: at,
		Hard: at.Add(1), Ended: at.Add(2), Acked: at.Add(3), AckedBy: "ann", Acted: "restarted it", Messages: 4,
	})
	want := prune.Episode{
		AlertID: "rule/High/1", Rule: "High", Severity: "warning", Labels: map[string]string{"a": "b"}, Began: at,
		Hard: at.Add(1), Ended: at.Add(2), Acked: at.Add(3), AckedBy: "ann", Acted: true, Told: 4,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestAdviceIsKeptForAWhile(t *testing.T) {
	d, now, asked := newAdviser(), time.Unix(1_700_000_000, 0), 0
	for _, c := range []struct {
		after time.Duration
		err   error
		asked int
	}{{0, errors.New("broken"), 1}, {time.Second, nil, 2}, {5 * time.Minute, nil, 2}, {10*time.Minute + time.Second, nil, 3}} {
		_, err := d.at(t.Context(), now.Add(c.after), func(context.Context) ([]prune.Suggestion, error) {
			asked++
			return []prune.Suggestion{}, c.err
		})
		if !errors.Is(err, c.err) || asked != c.asked {
			t.Errorf("after %v: asked %d times, %v", c.after, asked, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	d.turn <- struct{}{}
	if _, err := d.at(ctx, now, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("while another asks: %v", err)
	}
}
