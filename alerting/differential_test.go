package alerting

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v2"

	"plimsoll/alerting/rulefile"
	"plimsoll/internal/query"
)

// scenario is random series and rules, and what ours make of them.
type scenario struct {
	r      *rand.Rand
	dir    string
	series []object
	rules  string // the file
}

// TestRandomRulesAreAsInPrometheus lets ours evaluate random rules over random
// series, writes what came of each alert and each series at each step down as
// unit tests, and lets promtool, with Prometheus' own rules package, run them.
func TestRandomRulesAreAsInPrometheus(t *testing.T) {
	const scenarios, steps = 12, 24
	var files []string
	firing, results := 0, 0
	for i := range scenarios {
		s := &scenario{r: rand.New(rand.NewPCG(uint64(i), 7)), dir: t.TempDir()}
		s.makeSeries(steps)
		s.makeRules(t)
		test, f, n := s.play(t, steps)
		firing, results = firing+f, results+n
		files = append(files, s.write(t, test))
	}
	if firing < 300 || results < 3000 {
		t.Errorf("only %d alerts fired, and %d samples", firing, results)
	}
	passed := promtool(t, files)
	for i, file := range files {
		if !passed[file] {
			text, _ := os.ReadFile(filepath.Join(filepath.Dir(file), "rules.yml"))
			t.Errorf("scenario %d: Prometheus has it otherwise\n%s", i, text)
		}
		if why := ours(t, file); why != "" {
			t.Errorf("scenario %d: not what ours did before: %s", i, why)
		}
	}
}

// makeSeries makes some that come, go, become stale, and repeat themselves.
func (s *scenario) makeSeries(steps int) {
	for _, name := range []string{"m0", "m1", "m2"} {
		for _, lbls := range []string{`a="x",b="p"`, `a="x",b="q"`, `a="y",b="p"`} {
			var values []string
			v := s.r.IntN(11)
			for range steps {
				switch s.r.IntN(12) {
				case 0:
					values = append(values, "_")
					continue
				case 1:
					values = append(values, "stale")
					continue
				case 2, 3, 4:
					v = s.r.IntN(11)
				}
				values = append(values, fmt.Sprint(v))
			}
			s.series = append(s.series, object{"series": name + "{" + lbls + "}", "values": strings.Join(values, " ")})
		}
	}
}

func (s *scenario) makeRules(t *testing.T) {
	t.Helper()
	var groups []any
	n := 0
	for g := range 1 + s.r.IntN(2) {
		var rules []any
		for range 2 + s.r.IntN(4) {
			rules = append(rules, s.rule(n))
			n++
		}
		groups = append(groups, object{"name": fmt.Sprint("g", g), "rules": rules})
	}
	text, err := yaml.Marshal(object{"groups": groups})
	if err != nil {
		t.Fatal(err)
	}
	s.rules = filepath.Join(s.dir, "rules.yml")
	if err := os.WriteFile(s.rules, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// rule is the n-th. Alerts may share names, but no labels: Prometheus cannot
// store the series of two that do.
func (s *scenario) rule(n int) object {
	metric := func() string { return fmt.Sprint("m", s.r.IntN(3)) }
	level := s.r.IntN(10)
	if s.r.IntN(4) == 0 {
		expr := []string{metric() + " * 2", fmt.Sprintf("sum by (a) (%s)", metric()), fmt.Sprintf("%s > %d", metric(), level)}
		return object{"record": fmt.Sprint("rec:", n), "expr": expr[s.r.IntN(len(expr))]}
	}
	// No range ends on a sample: Prometheus 3 leaves out the one at its begin.
	exprs := []string{
		fmt.Sprintf("%s > %d", metric(), level), fmt.Sprintf(`%s{a="x"} < %d`, metric(), level), fmt.Sprintf(`absent(%s{b="q"})`, metric()),
		fmt.Sprintf("sum by (a) (%s) > %d", metric(), 2*level), fmt.Sprintf("%s > 3 and on (a) %s < 8", metric(), metric()),
		fmt.Sprintf("rec:%d > %d", s.r.IntN(n+1), level), `sum by (alertstate) (ALERTS{alertname="A0"})`, fmt.Sprintf("count_over_time(%s[170s]) > 1", metric()),
		fmt.Sprintf("max_over_time(%s[230s:]) - %s > 4", metric(), metric()),
	}
	lbls := object{"rule": fmt.Sprint(n)}
	if s.r.IntN(3) == 0 {
		lbls["level"] = "{{ if gt $value 7.0 }}high{{ else }}low{{ end }}"
	}
	return object{
		"alert": fmt.Sprint("A", s.r.IntN(3)), "expr": exprs[s.r.IntN(len(exprs))], "labels": lbls,
		"for": fmt.Sprintf("%ds", 30*s.r.IntN(8)), "keep_firing_for": fmt.Sprintf("%ds", 30*s.r.IntN(6)),
		"annotations": object{"value": "{{ $value }} of {{ $labels.a }}"},
	}
}

// everything is what rules wrote.
const everything = `{__name__=~"ALERTS|ALERTS_FOR_STATE|rec:.*"}`

// play evaluates and returns what came of it as a test.
func (s *scenario) play(t *testing.T, steps int) (test object, firing, samples int) {
	t.Helper()
	test = object{"interval": "1m", "input_series": s.series}
	groups, err := rulefile.ReadFile(s.rules)
	if err != nil {
		t.Fatal(err)
	}
	var alerts, exprs []any
	watch := func(setting rulefile.Setting) (rulefile.Trial, error) {
		setting.Groups = groups
		trial, err := trialOf(setting)
		return &watched{trial, func(at time.Duration) {
			for i := range 3 {
				name := fmt.Sprint("A", i)
				var want []any
				for _, f := range trial.Firing(name) {
					want = append(want, object{"exp_labels": f.Labels, "exp_annotations": f.Annotations})
				}
				firing += len(want)
				alerts = append(alerts, object{"eval_time": at.String(), "alertname": name, "exp_alerts": want})
			}
			want := written(t, setting.Querier.(*query.Engine), at)
			samples += len(want)
			exprs = append(exprs, object{"expr": everything, "eval_time": at.String(), "exp_samples": want})
		}}, err
	}
	// A test of one expression at the end makes it last that long.
	path := s.write(t, object{"interval": "1m", "input_series": s.series, "promql_expr_test": []any{
		object{"expr": "1", "eval_time": fmt.Sprintf("%dm", steps), "exp_samples": []any{object{"labels": "{}", "value": 1}}},
	}})
	file, err := rulefile.ReadTests(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range file.Run(t.Context(), watch, nil) {
		if len(r.Failures) > 0 {
			t.Fatal(r.Failures)
		}
	}
	test["alert_rule_test"], test["promql_expr_test"] = alerts, exprs
	return test, firing, samples
}

// watched is a trial that is looked at after each step.
type watched struct {
	rulefile.Trial
	look func(at time.Duration)
}

func written(t *testing.T, engine *query.Engine, at time.Duration) (want []any) {
	t.Helper()
	vector, err := engine.Instant(t.Context(), everything, time.Unix(0, 0).Add(at))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range vector {
		want = append(want, object{"labels": e.Metric.String(), "value": e.F})
	}
	return want
}

// write writes a file with the test, evaluated each 30 seconds.
func (s *scenario) write(t *testing.T, test object) string {
	t.Helper()
	text, err := yaml.Marshal(object{"rule_files": []string{s.rules}, "evaluation_interval": "30s", "group_eval_order": []string{"g0", "g1"}, "tests": []any{test}})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(s.dir, "tests.yml")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Evaluate implements rulefile.Trial.
func (w *watched) Evaluate(ctx context.Context, at time.Time) error {
	err := w.Trial.Evaluate(ctx, at)
	w.look(at.Sub(time.Unix(0, 0)))
	return err
}
