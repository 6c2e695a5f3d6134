package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const night = `rules: [{name: Busy, expr: load > 8, interval: 15s}]
contacts: [{name: ops}]
---
load load{instance="a"} 1x3 9x20
at 2m expect ops problem Busy@a
`

func writeAs(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestRulesTestRunsTimelines(t *testing.T) {
	good := writeAs(t, "night.txt", night)
	if out, errs, code := cli("rules", "test", good); code != exitGood || errs != "" || out != good+": night: passed\n" {
		t.Errorf("exit %d: %q, %q", code, out, errs)
	}
	bad := writeAs(t, "night.timeline", strings.Replace(night, "problem Busy@a", "problem Busy@b", 1))
	report := filepath.Join(t.TempDir(), "junit.xml")
	out, _, code := cli("rules", "test", "-junit", report, good, bad)
	want := good + ": night: passed\n" + bad + ": night: failed\n  " + bad +
		":5: at 2m expect ops problem Busy@b\n    wanted: ops problem Busy@b\n    got:    ops problem Busy@a\n"
	if code != exitFailed || out != want {
		t.Errorf("exit %d: %s", code, out)
	}
	xml, err := os.ReadFile(report)
	if err != nil || strings.Count(string(xml), "<testcase") != 2 || !strings.Contains(string(xml), "<failure") {
		t.Errorf("%v: %s", err, xml)
	}
	if out, _, code := cli("rules", "test", "-run", "day", bad); code != exitGood || out != "" {
		t.Errorf("exit %d: %s", code, out)
	}
}

// TestRulesTestOfAConfiguration leads the checks and contacts of the service
// through a story: neither is reached.
func TestRulesTestOfAConfiguration(t *testing.T) {
	c := writeAs(t, "plimsoll.yml", `default_rules: false
checks: [{name: web, http: {url: "http://127.0.0.1:1/"}, interval: 5s, max_attempts: 1}]
contacts:
  - {name: ops, email: {to: [ops@example.org], from: plimsoll@example.org, smtp: "127.0.0.1:1"}}
`)
	story := writeAs(t, "story", "at 1m expect state web ok hard\nat 1m check web down \"no route\"\nat 2m expect ops problem web\n")
	if out, errs, code := cli("rules", "test", "-config", c, story); code != exitGood || out != story+": story: passed\n" {
		t.Errorf("exit %d: %q, %q", code, out, errs)
	}
	if out, _, code := cli("rules", "test", story); code != exitFailed || !strings.Contains(out, "story: not run\n  ") || !strings.Contains(out, "has no configuration") {
		t.Errorf("exit %d: %q", code, out)
	}
	if _, errs, code := cli("rules", "test", "-config", "no-such-file", story); code != exitFailed || !strings.Contains(errs, "no-such-file") {
		t.Errorf("exit %d: %q", code, errs)
	}
}
