package rule

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/alerting/state"
	"plimsoll/internal/metric"
)

// answers is a Querier that knows each expression's answer by heart.
type answers map[string]map[string]float64

func (a answers) Query(_ context.Context, q metric.Query) (metric.Result, error) {
	res := metric.Result{Type: metric.Vector}
	vector, ok := a[q.Expr]
	if !ok {
		return res, fmt.Errorf("no answer to %q", q.Expr)
	}
	for instance, v := range vector {
		res.Series = append(res.Series, metric.Series{
			Labels: labels.FromStrings("__name__", "load", "instance", instance),
			Points: []metric.Point{{At: q.End.UnixMilli(), Value: v}},
		})
	}
	return res, nil
}

func (answers) Series(context.Context, metric.Selection) ([]labels.Labels, error) { return nil, nil }

func (answers) LabelNames(context.Context, metric.Selection) ([]string, error) { return nil, nil }

func (answers) LabelValues(context.Context, string, metric.Selection) ([]string, error) {
	return nil, nil
}

func look(t *testing.T, c Config, a answers, known ...string) map[string]state.Verdict {
	t.Helper()
	c = c.WithDefaults()
	if err := c.Validate("rules[0]"); err != nil {
		t.Fatal(err)
	}
	r, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	old := map[string]map[string]string{}
	for _, k := range known {
		old[labels.FromStrings("instance", k).String()] = map[string]string{"instance": k}
	}
	found, err := r.Look(t.Context(), a, time.Unix(1_700_000_000, 0), old)
	if err != nil {
		t.Fatal(err)
	}
	verdicts := map[string]state.Verdict{}
	for _, s := range found {
		verdicts[s.Labels["instance"]] = s.Verdict
	}
	return verdicts
}

func TestVerdicts(t *testing.T) {
	plain := Config{Expr: "load > 8"}
	levels := Config{Expr: "load > 8", Clear: "load < 5"}
	odd := Config{Expr: "load > 8 and on() up"}
	oddLevels := Config{Expr: "load > 8 and on() up", Clear: "load unless load >= 5"}
	a := answers{
		"load > 8": {"high": 9}, "load < 5": {"low": 1}, "load": {"high": 9, "mid": 6, "low": 1},
		"load > 8 and on() up": {"high": 9}, "load unless load >= 5": {"low": 1},
	}
	known := []string{"high", "mid", "low", "gone"}
	tests := []struct {
		c    Config
		want map[string]state.Verdict
	}{
		{plain, map[string]state.Verdict{"high": state.Bad, "mid": state.Good, "low": state.Good, "gone": state.Missing}},
		{levels, map[string]state.Verdict{"high": state.Bad, "mid": state.Held, "low": state.Good, "gone": state.Missing}},
		{odd, map[string]state.Verdict{"high": state.Bad, "mid": state.Good, "low": state.Good, "gone": state.Good}},
		{oddLevels, map[string]state.Verdict{"high": state.Bad, "mid": state.Held, "low": state.Good, "gone": state.Held}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, look(t, tt.c, a, known...)); diff != "" {
			t.Errorf("%s clear %q: %s", tt.c.Expr, tt.c.Clear, diff)
		}
	}
	if diff := cmp.Diff(map[string]state.Verdict{"high": state.Bad}, look(t, plain, a)); diff != "" {
		t.Errorf("nothing known: %s", diff)
	}
}

func TestQueryErrorIsNoVerdict(t *testing.T) {
	r, err := New(Config{Expr: "load > 8"}.WithDefaults())
	if err != nil {
		t.Fatal(err)
	}
	found, err := r.Look(t.Context(), answers{"load > 8": {}}, time.Unix(0, 0), map[string]map[string]string{"{}": {}})
	if err == nil || found != nil {
		t.Errorf("got %v and error %v, want only an error", found, err)
	}
}

func TestInfiniteValueIsStillTrouble(t *testing.T) {
	r, _ := New(Config{Name: "r", Expr: "load > 8"}.WithDefaults())
	found, err := r.Look(t.Context(), answers{"load > 8": {"a": math.Inf(1)}}, time.Unix(0, 0), nil)
	if err != nil || len(found) != 1 || found[0].Value != nil || found[0].Summary != "r is +Inf" {
		t.Errorf("got %+v, error %v", found, err)
	}
}

func TestTooManyInstances(t *testing.T) {
	storm := map[string]float64{}
	for i := range MaxInstances + 10 {
		storm[fmt.Sprint(i)] = 9
	}
	r, _ := New(Config{Expr: "load > 8"}.WithDefaults())
	found, err := r.Look(t.Context(), answers{"load > 8": storm}, time.Unix(0, 0), nil)
	if !errors.Is(err, ErrTooMany) || len(found) != MaxInstances {
		t.Errorf("%d sightings and error %v, want %d and ErrTooMany", len(found), err, MaxInstances)
	}
}

func TestBare(t *testing.T) {
	for expr, want := range map[string]string{
		"up == 0":                        "up",
		"(up == 0)":                      "up",
		"8 < load":                       "load",
		`1 - a{x="y"} / b > 0.9`:         `1 - a{x="y"} / b`,
		"((a unless b == 1)) > 2":        "((a unless b == 1))",
		"a > b":                          "",
		"a > bool 1":                     "",
		"a > 1 and b":                    "",
		"absent(a)":                      "",
		"rate(a[1m]) > scalar(sum(b))":   "rate(a[1m])",
		"a > 1 unless on(instance) b==0": "",
	} {
		if got := bare(expr); got != want {
			t.Errorf("bare(%q) = %q, want %q", expr, got, want)
		}
	}
}

func TestTemplates(t *testing.T) {
	lbls := map[string]string{"instance": "web1"}
	for text, want := range map[string]string{
		"load is {{ $value }} on {{ $labels.instance }}":    "load is 0.91234 on web1",
		"{{ .Value | humanizePercentage }} {{ .Labels.x }}": "91.23% ",
		`{{ printf "%.1f" $value }}`:                        "0.9",
	} {
		tpl, err := ParseTemplate(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if got := tpl.Execute(lbls, 0.91234); got != want {
			t.Errorf("%q gave %q, want %q", text, got, want)
		}
	}
	for _, text := range []string{"{{ $value", "{{ .Valeu }}", "{{ nofunc 1 }}", `{{ $x }}`} {
		if _, err := ParseTemplate(text); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
	tpl, err := ParseTemplate(`{{ if $labels.instance }}{{ index "abc" 7 }}{{ end }}`)
	if err != nil {
		t.Fatal(err)
	}
	if got := tpl.Execute(lbls, 1); !strings.HasPrefix(got, "<error expanding template: ") {
		t.Errorf("an error at run time gave %q", got)
	}
}

func TestTextsAreCutOff(t *testing.T) {
	tpl, err := ParseTemplate(`{{ printf "%5000d" 1 }}`)
	if err != nil {
		t.Fatal(err)
	}
	if got := tpl.Execute(nil, 0); len(got) != maxTextBytes+len("…") {
		t.Errorf("%d bytes", len(got))
	}
}

func TestValidateNamesEveryKey(t *testing.T) {
	c := Config{
		Class: "odd", Absent: "maybe", Expr: "up ==", Clear: "5", For: -1, Interval: 1, NoData: -1,
		Annotations: map[string]string{"summary": "{{"},
	}
	err := c.WithDefaults().Validate("rules[1]")
	if err == nil {
		t.Fatal("a rule full of mistakes is accepted")
	}
	for _, key := range []string{"class", "expr", "clear", "for", "interval", "no_data", "absent", "annotations.summary"} {
		if !strings.Contains(err.Error(), "rules[1]."+key+": ") {
			t.Errorf("%q is not reported in:\n%v", key, err)
		}
	}
}

func TestAbsentNeedsALevel(t *testing.T) {
	ninety := 90.0
	for name, tt := range map[string]struct {
		c    Config
		good bool
	}{
		"compared":     {Config{Expr: "a > 1"}, true},
		"not compared": {Config{Expr: "a > 1 and b > 1"}, false},
		"clear":        {Config{Expr: "a > 1 and b > 1", Clear: "a < 1"}, true},
		"level":        {Config{Level: &Level{Of: "a", Above: &Steps{Warn: &ninety}}}, true},
	} {
		tt.c.Name, tt.c.Absent = "r", AbsentAlert
		if err := tt.c.WithDefaults().Validate("rules[0]"); (err == nil) != tt.good {
			t.Errorf("%s: error %v", name, err)
		}
	}
}
