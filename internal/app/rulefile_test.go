package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestRuleFilesAreRelativeToTheConfiguration, as Prometheus has it.
func TestRuleFilesAreRelativeToTheConfiguration(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	config := write("plimsoll.yml", "flush: 10s\nrule_files: [rules/*.yml]\n")
	write("rules/a.yml", "groups:\n- name: g\n  rules:\n  - {alert: A, expr: up == 0}\n")
	c, err := Check(config)
	if err != nil || len(c.Alerting.RuleFiles.Groups) != 1 {
		t.Fatalf("%+v, %v", c.Alerting.RuleFiles, err)
	}
	bad := write("rules/b.yml", "groups:\n- name: g\n  rules:\n  - {alert: A, expr: up ==}\n  - {record: b, expr: (}\n")
	_, err = Load(config)
	for _, want := range []string{config + " has 2 problems", config + ":2: rule_files: " + bad + ": 4:22: ", config + ":2: rule_files: " + bad + ": 5:23: "} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
}
