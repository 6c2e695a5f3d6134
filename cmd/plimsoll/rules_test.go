package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func ruleFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rules.yml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestRulesCheck(t *testing.T) {
	good := ruleFile(t, "groups:\n- name: a\n  rules:\n  - {alert: A, expr: up == 0}\n  - {record: b, expr: up}\n  - {record: b, expr: up}\n")
	out, errs, code := cli("rules", "check", good)
	if want := good + ": 3 rules in 1 groups\n" + good + ": more than one rule gives b{}\n"; out != want || errs != "" || code != exitGood {
		t.Errorf("exit %d, said %q, %q", code, out, errs)
	}
	bad := ruleFile(t, "groups:\n- name: a\n  rules:\n  - {alert: A, expr: up ==}\n")
	if out, _, code := cli("rules", "check", good, bad); code != exitFailed || !strings.Contains(out, bad+": 4:22: ") {
		t.Errorf("exit %d, said %q", code, out)
	}
	if _, _, code := cli("rules", "check"); code != exitWrongUse {
		t.Errorf("exit %d without files", code)
	}
}

const unitTests = `rule_files: [%s]
tests:
  - name: good
    interval: 1m
    input_series: [{series: up, values: '1 0 0'}]
    alert_rule_test: [{eval_time: 1m, alertname: Down, exp_alerts: [{}]}]
  - name: bad
    interval: 1m
    input_series: [{series: up, values: '1 0 0'}]
    promql_expr_test: [{expr: up, eval_time: 1m, exp_samples: [{labels: up, value: 1}]}]
`

func TestRulesTest(t *testing.T) {
	tests := ruleFile(t, fmt.Sprintf(unitTests, ruleFile(t, "groups:\n- name: a\n  rules:\n  - {alert: Down, expr: up == 0}\n")))
	report := filepath.Join(t.TempDir(), "report.xml")
	out, errs, code := cli("rules", "test", "-junit", report, tests)
	want := tests + ": good: passed\n" + tests + ": bad: failed\n" +
		"  expr: \"up\", time: 1m\n      exp: {__name__=\"up\"} 1\n      got: {__name__=\"up\"} 0\n"
	if out != want || code != exitFailed || !strings.Contains(errs, "not all tests passed") {
		t.Errorf("exit %d, said %q, %q, want %q", code, out, errs, want)
	}
	text, err := os.ReadFile(report)
	if err != nil || !strings.Contains(string(text), `tests="2" failures="1" errors="0"`) {
		t.Errorf("%v: %s", err, text)
	}
	if out, _, code := cli("rules", "test", "-run", "^good$", tests); code != exitGood || out != tests+": good: passed\n" {
		t.Errorf("exit %d, said %q", code, out)
	}
	none := ruleFile(t, "rule_files: [none.yml]\ntests: []\n")
	if out, _, _ := cli("rules", "test", none); out != none+": rule_files: no file is \"none.yml\"\n" {
		t.Errorf("said %q", out)
	}
	if _, errs, code := cli("rules", "test", "-run", "(", tests); code != exitWrongUse {
		t.Errorf("exit %d, said %q", code, errs)
	}
	if out, _, code := cli("rules", "test", ruleFile(t, "tests: 1\n")); code != exitFailed || !strings.Contains(out, ": not run\n") {
		t.Errorf("exit %d, said %q", code, out)
	}
}
