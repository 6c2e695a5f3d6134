package main

import (
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
