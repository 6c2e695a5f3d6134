package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/alerting/prune"
)

func TestRulesStatsAndSuggestions(t *testing.T) {
	var asked string
	results := map[string]any{
		"/api/plimsoll/v1/rules/stats": []prune.RuleStats{{Rule: "Disk", Windows: []prune.Window{{
			Days: 30, Episodes: 40, Acked: 10, AckedShare: 0.25, SelfResolvedShare: 0.5, Night: 3, Duplicates: 2, DetectSeconds: 75, AckSeconds: 600, PageMinutes: 310,
		}}}},
		"/api/plimsoll/v1/rules/suggestions": []prune.Suggestion{{
			ID: "for/Disk", Rule: "Disk", Kind: prune.Longer, Text: "for 10m: 40 → 3, 4 min later", Change: "rules:\n  - name: Disk\n    for: 10m0s # was 0s\n",
		}},
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.Method + " " + r.URL.String()
		if r.Method == http.MethodPost {
			asked += " " + r.FormValue("id") + " " + r.FormValue("judgement") + " by " + r.FormValue("by")
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"result": results[r.URL.Path]})
	}))
	defer s.Close()
	out, errs, code := cli("rules", "stats", "-server", s.URL, "-days", "30")
	want := "RULE  EPISODES  ACKNOWLEDGED  ACTED ON  OVER BY ITSELF  AT NIGHT  DUPLICATES  DETECTED IN  ACKNOWLEDGED IN  PAGE-MINUTES\n" +
		"Disk  40        25 %          0 %       50 %            3         2           1m15s        10m0s            310\n"
	if diff := cmp.Diff(want, out); diff != "" || code != exitGood || asked != "GET /api/plimsoll/v1/rules/stats?days=30" {
		t.Errorf("exit %d: %s, asked %s\n%s", code, errs, asked, diff)
	}
	out, errs, code = cli("rules", "suggest", "-server", s.URL)
	want = "for/Disk: for 10m: 40 → 3, 4 min later\n    rules:\n      - name: Disk\n        for: 10m0s # was 0s\n"
	if diff := cmp.Diff(want, out); diff != "" || code != exitGood {
		t.Errorf("exit %d: %s\n%s", code, errs, diff)
	}
	results["/api/plimsoll/v1/rules/suggestions"] = []int{}
	if out, _, _ := cli("rules", "suggest", "-server", s.URL); out != "nothing to suggest\n" {
		t.Errorf("%q", out)
	}
	if out, _, _ := cli("rules", "suggest", "-json", "-server", s.URL); out != "[]\n" {
		t.Errorf("%q", out)
	}
	for flag, judgement := range map[string]string{"-dismiss": "dismissed", "-accept": "accepted"} {
		_, errs, code := cli("rules", "suggest", "-server", s.URL, "-by", "ann", flag, "for/Disk")
		if want := "POST /api/plimsoll/v1/rules/suggestions for/Disk " + judgement + " by ann"; asked != want || code != exitGood {
			t.Errorf("exit %d: %s, asked %s", code, errs, asked)
		}
	}
	if _, _, code := cli("rules", "suggest", "-dismiss", "a", "-accept", "b"); code != exitWrongUse {
		t.Errorf("exit %d for two judgements", code)
	}
	if _, _, code := cli("rules", "suggest", "now"); code != exitWrongUse {
		t.Errorf("exit %d", code)
	}
}
