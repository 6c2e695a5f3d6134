package dashboard

import (
	"context"
	"errors"
	"math"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/metric"
)

func alertsConfig() Config {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	value, infinite := 93.5, math.Inf(1)
	alerting := newFakeAlerting()
	alerting.alerts = []metric.Alert{
		{ID: "web", Name: "web", Class: metric.UpDown, State: metric.OK, Severity: metric.Critical, Hard: true, Since: at, Checked: at, Summary: "200 OK", Target: "http://127.0.0.1"},
		{
			ID: "cpu/a", Name: "cpu high", Class: metric.Threshold, Labels: map[string]string{"instance": "a", "severity": "x"}, State: metric.Warning, Severity: metric.Warning,
			Hard: true, Since: at, Checked: at, Value: &value, Summary: "93 %", Expr: "cpu > 90",
		},
		{ID: "cpu/b", Name: "cpu high", Class: metric.Threshold, State: metric.Warning, Severity: metric.Warning, Since: at, Checked: at, Value: &infinite, Expr: "cpu > 90"},
	}
	alerting.rules = []metric.RuleInfo{
		{
			ID: "cpu", Name: "cpu high", Class: metric.Threshold, Expr: "cpu > 90", For: time.Minute, Severity: metric.Warning,
			Annotations: map[string]string{"summary": "hot"}, LastEval: at, EvalTime: 2 * time.Millisecond,
		},
		{ID: "disk", Name: "disk full", Class: metric.Resource, Expr: "disk > 95", Severity: metric.Critical, LastError: "no", LastEval: at},
	}
	alerting.history = []metric.AlertEvent{{At: at, AlertID: "web", Name: "web", Kind: "state", From: metric.Critical, To: metric.OK, Hard: true}, {}}
	cfg := testConfig()
	cfg.Alerting = alerting
	cfg.Hosts = func() []metric.Host {
		return []metric.Host{{Instance: "a", Job: "node", Up: true, LastSeen: at, IntervalSeconds: 10}}
	}
	return cfg
}

func TestAlertsEventsHosts(t *testing.T) {
	s := newServer(t, alertsConfig())
	const at = `"2026-01-02T03:04:05Z"`
	for target, want := range map[string]string{
		"/api/plimsoll/v1/alerts": `{"alerts":[` +
			`{"id":"web","name":"web","class":"up/down","state":"ok","severity":"critical","hard":true,"since":` + at + `,"checked":` + at + `,"summary":"200 OK","target":"http://127.0.0.1"},` +
			`{"id":"cpu/a","name":"cpu high","class":"threshold","labels":{"instance":"a","severity":"x"},"state":"warning","severity":"warning","hard":true,"since":` + at + `,"checked":` + at + `,"value":93.5,"summary":"93 %","expr":"cpu \u003e 90"},` +
			`{"id":"cpu/b","name":"cpu high","class":"threshold","state":"warning","severity":"warning","hard":false,"since":` + at + `,"checked":` + at + `,"summary":"","expr":"cpu \u003e 90"}]}`,
		"/api/plimsoll/v1/history?limit=1": `{"history":[{"at":` + at + `,"alert_id":"web","name":"web","kind":"state","from":"critical","to":"ok","hard":true,"summary":""}]}`,
		"/api/plimsoll/v1/hosts":           `{"hosts":[{"instance":"a","job":"node","up":true,"last_seen":` + at + `,"interval_seconds":10}]}`,
		"/api/plimsoll/v1/counters":        `{"received":3}`,
		"/api/plimsoll/v1/status":          `{"version":"1.2.3"}`,
		"/api/v1/alerts": `{"status":"success","data":{"alerts":[` +
			`{"labels":{"alertname":"cpu high","instance":"a","severity":"warning"},"annotations":{"summary":"93 %"},"state":"firing","activeAt":` + at + `,"value":"9.35e+01"},` +
			`{"labels":{"alertname":"cpu high","severity":"warning"},"annotations":{"summary":""},"state":"pending","activeAt":` + at + `,"value":"+Inf"}]}}`,
		"/api/v1/rules": `{"status":"success","data":{"groups":[` +
			`{"name":"threshold","file":"","rules":[{"state":"firing","duration":60,"keepFiringFor":0,"annotations":{"summary":"hot"},"alerts":[` +
			`{"labels":{"alertname":"cpu high","instance":"a","severity":"warning"},"annotations":{"summary":"93 %"},"state":"firing","activeAt":` + at + `,"value":"9.35e+01"},` +
			`{"labels":{"alertname":"cpu high","severity":"warning"},"annotations":{"summary":""},"state":"pending","activeAt":` + at + `,"value":"+Inf"}],` +
			`"name":"cpu high","query":"cpu \u003e 90","labels":{"severity":"warning"},"health":"ok","evaluationTime":0.002,"lastEvaluation":` + at + `,"type":"alerting"}],"interval":0,"limit":0,"evaluationTime":0.002,"lastEvaluation":` + at + `},` +
			`{"name":"resource","file":"","rules":[{"state":"inactive","duration":0,"keepFiringFor":0,"annotations":{},"alerts":[],` +
			`"name":"disk full","query":"disk \u003e 95","labels":{"severity":"critical"},"health":"err","lastError":"no","evaluationTime":0,"lastEvaluation":` + at + `,"type":"alerting"}],"interval":0,"limit":0,"evaluationTime":0,"lastEvaluation":` + at + `}]}}`,
		"/api/v1/rules?type=record": `{"status":"success","data":{"groups":[]}}`,
	} {
		t.Run(target, func(t *testing.T) {
			w := get(s, target)
			if diff := cmp.Diff(want, w.Body.String()); diff != "" || w.Code != 200 || w.Header().Get("Cache-Control") != "no-store" {
				t.Errorf("%d %v -want +got:\n%s", w.Code, w.Header(), diff)
			}
		})
	}
}

func TestEmptyListsAreLists(t *testing.T) {
	s := newServer(t, testConfig())
	for target, want := range map[string]string{
		"/api/plimsoll/v1/alerts":  `{"alerts":[]}`,
		"/api/plimsoll/v1/history": `{"history":[]}`,
		"/api/plimsoll/v1/events":  `{"events":[]}`,
		"/api/plimsoll/v1/hosts":   `{"hosts":[]}`,
		"/api/v1/alerts":           `{"status":"success","data":{"alerts":[]}}`,
		"/api/v1/rules":            `{"status":"success","data":{"groups":[]}}`,
	} {
		if got := get(s, target).Body.String(); got != want {
			t.Errorf("%s: %s, want %s", target, got, want)
		}
	}
}

func TestFetchRequests(t *testing.T) {
	var asked FetchRequest
	cfg := testConfig()
	cfg.Fetch = func(_ context.Context, r FetchRequest) (any, error) { asked = r; return map[string]int{}, nil }
	s := newServer(t, cfg)
	w := get(s, `/api/plimsoll/v1/fetch?match=up{job="a"}&cf=max&resolution=10&start=100&end=200`)
	if w.Code != 200 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if len(asked.Matchers) != 2 || asked.CF != "MAX" || asked.Resolution != 10*time.Second || asked.Start.Unix() != 100 || asked.End.Unix() != 200 {
		t.Errorf("%+v", asked)
	}
	w = get(s, `/api/plimsoll/v1/fetch?cf=MEDIAN&resolution=-1&start=x`)
	want := `{"status":"error","errorType":"bad_data","error":"invalid parameter \"cf\": \"MEDIAN\" is none of AVERAGE, MIN, MAX, LAST\n` +
		`invalid parameter \"match\": unknown position: parse error: unexpected end of input\n` +
		`invalid parameter \"resolution\": resolution must not be negative\n` +
		`invalid parameter \"start\": cannot parse \"x\" to a valid timestamp"}`
	if diff := cmp.Diff(want, w.Body.String()); diff != "" || w.Code != 400 {
		t.Errorf("%d -want +got:\n%s", w.Code, diff)
	}
}

func TestFlush(t *testing.T) {
	var flushed int
	cfg := testConfig()
	cfg.Flush = func(context.Context) error { flushed++; return nil }
	s := newServer(t, cfg)
	if w := post(s, "/api/plimsoll/v1/flush", nil); w.Code != 200 || w.Body.String() != "{}" || flushed != 1 {
		t.Errorf("%d %s, flushed %d times", w.Code, w.Body, flushed)
	}
	var reported error
	cfg.Flush = func(context.Context) error { return errors.New("disk full") }
	cfg.Report = func(err error) { reported = err }
	if w := post(newServer(t, cfg), "/api/plimsoll/v1/flush", nil); w.Code != 500 || reported == nil {
		t.Errorf("%d %s, reported %v", w.Code, w.Body, reported)
	}
}

// Parts that are not wired answer that there is no such part.
func TestAbsentParts(t *testing.T) {
	cfg := testConfig()
	cfg.Counters, cfg.Status, cfg.Fetch, cfg.Write, cfg.Gatherer, cfg.Ready = nil, nil, nil, nil, nil, nil
	s := newServer(t, cfg)
	for target, want := range map[string]int{
		"/api/plimsoll/v1/counters": 404, "/api/plimsoll/v1/status": 404, "/api/plimsoll/v1/fetch?match=a": 404,
		"/metrics": 404, "/readyz": 200, "/api/v1/metadata": 200,
	} {
		if w := get(s, target); w.Code != want {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		}
	}
}

func TestHostsAreRetired(t *testing.T) {
	cfg := testConfig()
	cfg.Retire = func(instance, job string) int {
		return map[string]int{"web1 ": 2, "web1 node": 1}[instance+" "+job]
	}
	s := newServer(t, cfg)
	for form, want := range map[string]string{
		"instance=web1":          `{"retired":2}`,
		"instance=web1&job=node": `{"retired":1}`,
		"instance=web2":          `{"status":"error","errorType":"not_found","error":"no host \"web2\" is in the live view"}`,
		"":                       `{"status":"error","errorType":"bad_data","error":"invalid parameter \"instance\": name a host"}`,
	} {
		values, err := url.ParseQuery(form)
		if err != nil {
			t.Fatal(err)
		}
		if w := post(s, "/api/plimsoll/v1/hosts/retire", values); w.Body.String() != want {
			t.Errorf("%s: %d %s", form, w.Code, w.Body)
		}
	}
}
