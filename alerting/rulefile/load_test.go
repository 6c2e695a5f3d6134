package rulefile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func write(t *testing.T, name, text string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

const whole = `
groups:
  - name: web
    interval: 30s
    query_offset: 1m
    limit: 5
    labels: {team: web, tier: front}
    rules:
      - record: job:up:sum
        expr: sum by (job) (up)
        labels: {tier: back}
      - alert: Down
        expr: up == 0
        for: 5m
        keep_firing_for: 2m
        labels: {severity: page, on: "{{ $labels.instance }}"}
        annotations: {summary: "{{ $labels.instance }} is down"}
`

func TestAllOfAGroupIsRead(t *testing.T) {
	dir := t.TempDir()
	path := write(t, filepath.Join(dir, "rules", "a.yml"), whole)
	got, err := Load(dir, []string{"rules/*.yml", path, "none/*.yml"})
	want := []Group{{
		File: path, Name: "web", Interval: 30 * time.Second, QueryOffset: time.Minute, Limit: 5,
		Rules: []Rule{
			{Record: "job:up:sum", Expr: "sum by (job) (up)", Labels: map[string]string{"team": "web", "tier": "back"}},
			{
				Alert: "Down", Expr: "up == 0", For: 5 * time.Minute, KeepFiringFor: 2 * time.Minute,
				Labels:      map[string]string{"team": "web", "tier": "front", "severity": "page", "on": "{{ $labels.instance }}"},
				Annotations: map[string]string{"summary": "{{ $labels.instance }} is down"},
			},
		},
	}}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(Rule{}, "Key")); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
}

func TestEverythingWrongIsToldAtOnce(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a.yml"), "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: 'up =='\n  - record: b\n    expr: up\n    for: 5m\n")
	write(t, filepath.Join(dir, "b.yml"), "groups:\n- nome: a\n")
	groups, err := Load(dir, []string{"*.yml", "[z"})
	if err == nil || groups != nil {
		t.Fatalf("%v, %v", groups, err)
	}
	_, err = Load(dir, []string{"*.yml"})
	for _, want := range []string{`a.yml: 5:11: group "a", rule 1, "A"`, `invalid field 'for' in recording rule`, "b.yml: yaml: unmarshal errors: line 2: field nome"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
}

func keys(t *testing.T, text string) (out []string) {
	t.Helper()
	path := write(t, filepath.Join(t.TempDir(), "r.yml"), text)
	groups, err := ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range groups {
		g.File = "r.yml"
		for _, r := range g.Rules {
			out = append(out, r.identity(g)+r.Key[strings.IndexByte(r.Key, '/'):])
		}
	}
	return out
}

// TestKeysSurviveChangesThatKeepTheState: of two rules of one name and labels
// the place among them counts, and of others neither expression nor place.
func TestKeysSurviveChangesThatKeepTheState(t *testing.T) {
	before := keys(t, "groups:\n- name: g\n  rules:\n  - {alert: A, expr: up}\n  - {alert: A, expr: down}\n  - {alert: A, expr: up, labels: {a: b}}\n  - {record: A, expr: up}\n")
	seen := map[string]bool{}
	for _, k := range before {
		if seen[k] {
			t.Errorf("%s twice of %v", k, before)
		}
		seen[k] = true
	}
	after := keys(t, "groups:\n- name: g\n  rules:\n  - {record: A, expr: up}\n  - {alert: A, expr: up, labels: {a: b}}\n  - {alert: A, expr: up > 2, for: 5m}\n  - {alert: A, expr: down}\n")
	if diff := cmp.Diff([]string{before[3], before[2], before[0], before[1]}, after); diff != "" {
		t.Error(diff)
	}
}

func TestAFileTooLongIsRefused(t *testing.T) {
	path := write(t, filepath.Join(t.TempDir(), "r.yml"), strings.Repeat("# nothing\n", maxFileBytes/10+1))
	if _, err := ReadFile(path); err == nil || !strings.Contains(err.Error(), "is longer than") {
		t.Error(err)
	}
}

func TestDuplicatesAreNamedOnce(t *testing.T) {
	r := Rule{Record: "a", Labels: map[string]string{"b": "c"}}
	other := Rule{Record: "a"}
	got := Duplicates([]Group{{Rules: []Rule{r, other, r}}, {Rules: []Rule{r}}})
	if diff := cmp.Diff([]string{`a{b="c"}`}, got); diff != "" {
		t.Error(diff)
	}
}
