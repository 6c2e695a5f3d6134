package alerting

import (
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v2"

	"plimsoll/alerting/rulefile"
)

// promtool runs files of unit tests through Debian's promtool, which
// scripts/need installs, and returns those that pass.
func promtool(t *testing.T, files []string) map[string]bool {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "promtool", append([]string{"test", "rules"}, files...)...).Output()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatalf("promtool: %v", err)
	}
	passed := map[string]bool{}
	for _, m := range regexp.MustCompile(`Unit Testing: +(\S+)\n  SUCCESS`).FindAllStringSubmatch(string(out), -1) {
		passed[m[1]] = true
	}
	return passed
}

func trialOf(s rulefile.Setting) (rulefile.Trial, error) {
	c := Default()
	c.RuleFiles = RuleFiles{Groups: s.Groups, EvaluationInterval: s.Interval, ExternalLabels: s.ExternalLabels}
	c.DashboardURL, c.Querier, c.Sink = s.ExternalURL, s.Querier, s.Sink
	return NewTrial(c)
}

// ours runs a file of unit tests and returns why it does not pass.
func ours(t *testing.T, file string) string {
	t.Helper()
	tests, err := rulefile.ReadTests(file)
	if err != nil {
		return err.Error()
	}
	var failures []string
	for _, r := range tests.Run(t.Context(), trialOf, nil) {
		failures = append(failures, r.Failures...)
	}
	return strings.Join(failures, "\n")
}

// TestUnitTestsPassAndFailAsInPromtool runs the corpus through both, and each of
// its files with one expectation at a time made wrong: those must fail in both.
func TestUnitTestsPassAndFailAsInPromtool(t *testing.T) {
	corpus, err := filepath.Glob("testdata/rulefile/*.test.yml")
	if err != nil || len(corpus) < 10 {
		t.Fatalf("%d files, %v", len(corpus), err)
	}
	dir := t.TempDir()
	var mutants []string
	for _, file := range corpus {
		if !strings.Contains(file, "broken") {
			mutants = append(mutants, mutate(t, file, dir)...)
		}
	}
	if len(mutants) < 60 {
		t.Errorf("only %d mutants", len(mutants))
	}
	passed := promtool(t, append(corpus, mutants...))
	for _, file := range corpus {
		broken := strings.Contains(file, "broken")
		if why := ours(t, file); passed[file] == broken || (why == "") == broken {
			t.Errorf("%s: passes in promtool: %v; here: %s", file, passed[file], why)
		}
	}
	for _, file := range mutants {
		if ours(t, file) == "" || passed[file] {
			text, _ := os.ReadFile(file)
			t.Errorf("passes in promtool: %v, here: %v\n%s", passed[file], ours(t, file) == "", text)
		}
	}
}

// TestNewerFormat is what Debian's promtool does not know yet.
func TestNewerFormat(t *testing.T) {
	if why := ours(t, "testdata/rulefile/newer.yml"); why != "" {
		t.Error(why)
	}
}

// TestPromtoolsOwnFiles runs what promtool of our version of Prometheus is tested
// with, to the same ends (prometheus/prometheus:cmd/promtool/unittest_test.go).
func TestPromtoolsOwnFiles(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/prometheus/prometheus").Output()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(strings.TrimSpace(string(out)), "cmd", "promtool", "testdata")
	for name, passes := range map[string]bool{
		"unittest": true, "long-period": true, "at-modifier-test": true, "negative-offset-test": true,
		"no-test-group-interval": true, "start-time-test": true,
		"bad-input-series": false, "bad-promql": false, "bad-rules-syntax-test": false, "bad-rules-error-test": false,
		"failing": false, "rules_run": false, "rules_run_no_fuzzy": false, "rules_run_fuzzy": false,
	} {
		if why := ours(t, filepath.Join(dir, name+".yml")); (why == "") != passes {
			t.Errorf("%s: wanted to pass: %v; %s", name, passes, why)
		}
	}
}

type object = map[any]any

// mutate writes the file once for each expectation, with that one wrong.
func mutate(t *testing.T, file, dir string) (made []string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for n := 0; ; n++ {
		var whole object
		if err := yaml.Unmarshal(text, &whole); err != nil {
			t.Fatal(err)
		}
		for i, name := range list(whole, "rule_files") {
			abs, err := filepath.Abs(filepath.Join(filepath.Dir(file), name.(string)))
			if err != nil {
				t.Fatal(err)
			}
			whole["rule_files"].([]any)[i] = abs
		}
		if !spoil(whole, n) {
			return made
		}
		out, err := yaml.Marshal(whole)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, fmt.Sprintf("%s.%d", filepath.Base(file), n))
		if err := os.WriteFile(path, out, 0o600); err != nil {
			t.Fatal(err)
		}
		made = append(made, path)
	}
}

func list(o object, key string) []any {
	l, _ := o[key].([]any)
	return l
}

// spoil makes the n-th expectation wrong, leaves only the test that it is of,
// and reports whether there is one.
func spoil(whole object, n int) bool {
	for _, test := range list(whole, "tests") {
		var spoilers []func()
		for _, one := range list(test.(object), "alert_rule_test") {
			spoilers = append(spoilers, spoilAlerts(one.(object))...)
		}
		for _, one := range list(test.(object), "promql_expr_test") {
			spoilers = append(spoilers, spoilSamples(one.(object))...)
		}
		if n < len(spoilers) {
			spoilers[n]()
			whole["tests"] = []any{test}
			return true
		}
		n -= len(spoilers)
	}
	return false
}

func spoilAlerts(o object) []func() {
	want := list(o, "exp_alerts")
	out := []func(){func() { o["exp_alerts"] = append(want, object{"exp_labels": object{"no": "such"}}) }}
	for i := range want {
		out = append(out,
			func() { o["exp_alerts"] = append(want[:i:i], want[i+1:]...) },
			func() { want[i].(object)["exp_annotations"] = object{"no": "such"} })
	}
	return out
}

func spoilSamples(o object) []func() {
	want := list(o, "exp_samples")
	out := []func(){func() { o["exp_samples"] = append(want, object{"labels": "no", "value": 1}) }}
	for i := range want {
		sample := want[i].(object)
		out = append(out, func() { o["exp_samples"] = append(want[:i:i], want[i+1:]...) })
		if v, whole := sample["value"].(int); whole {
			out = append(out, func() { sample["value"] = math.Nextafter(float64(v), 1e9) })
		}
	}
	return out
}
