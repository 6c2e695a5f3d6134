package dashboard

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	prom "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"

	"plimsoll/internal/metric"
)

// ruleFileConfig has two groups of one name in two files, and two rules of one
// name in one of them.
func ruleFileConfig() Config {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	f := newFakeAlerting()
	of := metric.RuleInfo{File: "/a.yml", Group: "g", Limit: 3, Interval: 30 * time.Second, LastEval: at}
	add := func(change func(*metric.RuleInfo)) {
		i := of
		change(&i)
		f.rules = append(f.rules, i)
	}
	add(func(i *metric.RuleInfo) {
		i.ID, i.Name, i.Expr, i.Labels = "rulefile/Slow/1/0", "Slow", "slow > 1", map[string]string{"severity": "page"}
		i.Severity, i.KeepFiring = metric.Critical, time.Minute
	})
	add(func(i *metric.RuleInfo) { i.ID, i.Name, i.Expr = "rulefile/Slow/1/1", "Slow", "slow > 2" })
	add(func(i *metric.RuleInfo) { i.ID, i.Name, i.Expr, i.Recording = "2", "job:a", "a", true })
	of.File = "/b.yml"
	add(func(i *metric.RuleInfo) { i.ID, i.Name, i.Expr, i.Recording = "3", "job:b", "b", true })
	f.alerts = []metric.Alert{{
		ID: "rulefile/Slow/1/0/x", Name: "Slow", Class: metric.Threshold, Labels: map[string]string{"severity": "page"},
		State: metric.Critical, Severity: metric.Critical, Hard: true, Since: at, Expr: "slow > 1", Group: "g",
		Annotations: map[string]string{"summary": "very", "runbook": "http://x/"},
	}}
	c := testConfig()
	c.Alerting = f
	return c
}

func TestGroupsAreThoseOfTheFiles(t *testing.T) {
	got, err := promClient(t, ruleFileConfig()).Rules(t.Context(), nil)
	if err != nil || len(got.Groups) != 2 || len(got.Groups[0].Rules) != 3 || len(got.Groups[1].Rules) != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	if g := got.Groups[0]; g.Name != "g" || g.File != "/a.yml" || g.Interval != 30 || got.Groups[1].File != "/b.yml" {
		t.Errorf("%+v", got.Groups)
	}
	first, second := got.Groups[0].Rules[0].(prom.AlertingRule), got.Groups[0].Rules[1].(prom.AlertingRule)
	if first.State != "firing" || second.State != "inactive" || len(first.Alerts) != 1 || len(second.Alerts) != 0 {
		t.Errorf("%+v\n%+v", first, second)
	}
	wantLabels := model.LabelSet{"alertname": "Slow", "severity": "page"}
	wantNotes := model.LabelSet{"summary": "very", "runbook": "http://x/"}
	if diff := cmp.Diff([]model.LabelSet{wantLabels, wantNotes}, []model.LabelSet{first.Alerts[0].Labels, first.Alerts[0].Annotations}); diff != "" {
		t.Error(diff)
	}
	if r, is := got.Groups[0].Rules[2].(prom.RecordingRule); !is || r.Name != "job:a" || r.Query != "a" {
		t.Errorf("%+v", got.Groups[0].Rules[2])
	}
}

func TestRulesArePicked(t *testing.T) {
	s := newServer(t, ruleFileConfig())
	const (
		empty = `{"status":"success","data":{"groups":[]}}`
		onlyB = `{"status":"success","data":{"groups":[{"name":"g","file":"/b.yml","rules":[{"name":"job:b","query":"b","labels":{},"health":"ok",` +
			`"evaluationTime":0,"lastEvaluation":"2026-01-02T03:04:05Z","type":"recording"}],"interval":30,"limit":3,"evaluationTime":0,"lastEvaluation":"2026-01-02T03:04:05Z"}]}}`
	)
	for query, want := range map[string]string{
		"type=record&file[]=/b.yml": onlyB, "rule_name[]=job:b": onlyB, "rule_group[]=x": empty, "type=alert&file[]=/b.yml": empty,
	} {
		if got := get(s, "/api/v1/rules?"+query).Body.String(); got != want {
			t.Errorf("%s: %s", query, got)
		}
	}
}
