package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/alerting/prune"
	"plimsoll/internal/app"
)

func TestRulesReplay(t *testing.T) {
	var asked string
	at := time.Date(2026, 3, 2, 1, 0, 0, 0, time.Local)
	report := app.Replayed{Text: "would have fired 11 times", Report: prune.Report{Rule: "High"}}
	for i := range 11 {
		e := prune.Episode{Hard: at.Add(time.Duration(i) * time.Minute), Labels: map[string]string{"instance": "a"}}
		if i < 10 {
			e.Ended = e.Hard.Add(30 * time.Second)
		}
		report.Episodes = append(report.Episodes, e)
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asked = r.Method + " " + r.URL.String() + "\n" + string(body)
		if strings.Contains(asked, "broken") {
			_, _ = io.WriteString(w, `{"error":"query went wrong"}`)
			return
		}
		_, _ = io.WriteString(w, `{"progress":{"rule":"High"}}`+"\n")
		_ = json.NewEncoder(w).Encode(map[string]any{"result": []any{report}})
	}))
	defer s.Close()
	own := ruleFile(t, "rules:\n- {name: High, expr: load > 8, for: 2m, contacts: []}\n- {name: Low, expr: broken < 1}\n")
	out, errs, code := cli("rules", "replay", "-server", s.URL, "-since", "90d", "-rule", "High", own)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if code != exitGood || len(lines) != 12 || lines[0] != "High: would have fired 11 times" ||
		lines[2] != `  Mon 2026-03-02 01:01:00  30s   {instance="a"}` || lines[11] != `  Mon 2026-03-02 01:10:00  open  {instance="a"}` {
		t.Errorf("exit %d: %s\n%s", code, errs, out)
	}
	want := "POST /api/plimsoll/v1/rules/replay?since=90d\nrules:\n  - name: High\n    expr: load > 8\n    for: 2m0s\n"
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Error(diff)
	}
	if _, errs, code := cli("rules", "replay", "-server", s.URL, own); code != exitFailed || !strings.Contains(errs, "query went wrong") {
		t.Errorf("exit %d: %s", code, errs)
	}
	theirs := ruleFile(t, "groups:\n- name: a\n  rules:\n  - {alert: A, expr: up == 0, labels: {severity: critical}}\n  - {record: b, expr: up}\n")
	if _, errs, code := cli("rules", "replay", "-server", s.URL, theirs); code != exitGood {
		t.Errorf("exit %d: %s", code, errs)
	}
	want = "POST /api/plimsoll/v1/rules/replay?since=30d\nrules:\n  - name: A\n    expr: up == 0\n    interval: 1m0s\n    severity: critical\n    labels:\n      severity: critical\nas_prometheus: true\n"
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Error(diff)
	}
}

func TestRulesReplayOfNothing(t *testing.T) {
	for args, want := range map[string]int{"no-such-file": exitFailed, "-rule|x|" + ruleFile(t, "rules: []"): exitFailed} {
		if _, errs, code := cli(append([]string{"rules", "replay"}, strings.Split(args, "|")...)...); code != want {
			t.Errorf("%s: exit %d: %s", args, code, errs)
		}
	}
	if _, _, code := cli("rules", "replay"); code != exitWrongUse {
		t.Errorf("exit %d without a file", code)
	}
}
