package rulefile

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v2"

	"github.com/google/go-cmp/cmp"
)

// dumb is a Trial that notes when it is asked.
type dumb struct {
	asked []string
	fails string
}

func (d *dumb) Evaluate(_ context.Context, at time.Time) error {
	d.asked = append(d.asked, at.UTC().Format(time.RFC3339))
	if d.asked[len(d.asked)-1] == d.fails {
		return errors.New("group g: rule A: no")
	}
	return nil
}

func (d *dumb) Firing(string) []Firing { return nil }

func TestEvaluationsAreFromTheStartToTheLastQuestion(t *testing.T) {
	path := write(t, filepath.Join(t.TempDir(), "t.yml"), `
evaluation_interval: 30s
tests:
- start_timestamp: 1704067200.5
  alert_rule_test: [{eval_time: 70s, alertname: A, exp_alerts: [{}]}]
- start_timestamp: 2024-01-01T01:00:00+01:00
  promql_expr_test: [{expr: 1, eval_time: 0s}]
`)
	f, err := ReadTests(path)
	if err != nil {
		t.Fatal(err)
	}
	trial := &dumb{fails: "2024-01-01T00:01:00Z"}
	got := f.Run(t.Context(), func(Setting) (Trial, error) { return trial, nil }, nil)
	want := []Result{
		{Name: "unnamed#0", Failures: []string{"at 1m: group g: rule A: no"}},
		{Name: "unnamed#1", Failures: []string{"expr: \"1\", time: 0s\n    exp: nothing\n    got: {} 1"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"2024-01-01T00:00:00Z", "2024-01-01T00:00:30Z", "2024-01-01T00:01:00Z", "2024-01-01T00:00:00Z"}, trial.asked); diff != "" {
		t.Error(diff)
	}
}

func TestBadTestFilesSayWhy(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "r.yml"), "groups:\n- {name: a}\n- {name: b, rules: [{alert: A, expr: )}]}\n")
	for text, want := range map[string]string{
		"tests: [{interval: x}]":   "not a valid duration string",
		"test: []":                 "field test not found",
		"group_eval_order: [a, a]": "group name repeated in evaluation order: a",
		"tests: [{name: n, alert_rule_test: [{eval_time: 1m}]}]": "n: an item under alert_rule_test misses required attribute alertname at eval_time 1m",
		"rule_files: [r.yml]":                                      "could not parse expression",
		"tests: [{start_timestamp: soon}]":                         `cannot parse "soon" to a valid timestamp`,
		"tests: [{promql_expr_test: [{exp_samples: [{value: x}]}]": "did not find expected",
	} {
		_, err := ReadTests(write(t, filepath.Join(dir, "t.yml"), text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

// FuzzTestFile: no text makes the reader or the parser of series panic.
func FuzzTestFile(f *testing.F) {
	f.Add("tests:\n- interval: 1m\n  input_series: [{series: 'a{b=\"c\"}', values: '1+1x3 _ stale'}]\n  promql_expr_test: [{expr: a, eval_time: 1m, exp_samples: [{labels: a, value: 1}]}]\n")
	f.Fuzz(func(t *testing.T, text string) {
		file := &TestFile{}
		if yaml.UnmarshalStrict([]byte(text), file) != nil {
			return
		}
		for _, g := range file.Tests {
			g.InputSeries = g.InputSeries[:min(len(g.InputSeries), 3)]
			for _, s := range g.InputSeries {
				if len(s.Values) > 40 || strings.Count(s.Values, "x") > 0 && len(s.Values) > 8 {
					return // x makes many of one
				}
			}
			r := &run{file: file, test: g}
			_, _ = r.parseInput()
			for _, e := range g.ExprTests {
				_, _ = expected(e)
			}
		}
	})
}
