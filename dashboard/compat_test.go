package dashboard

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	jsoniter "github.com/json-iterator/go"
	"github.com/prometheus/client_golang/api"
	prom "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/util/jsonutil"

	"plimsoll/internal/metric"
)

// promClient is Prometheus' own client library, talking to a running Server.
func promClient(t *testing.T, cfg Config) prom.API {
	t.Helper()
	client, err := api.NewClient(api.Config{Address: "http://" + runServer(t, cfg).Addr().String()})
	if err != nil {
		t.Fatal(err)
	}
	return prom.NewAPI(client)
}

func compatConfig() Config {
	cfg := alertsConfig()
	cfg.Metadata = func() []metric.Meta { return []metric.Meta{{Name: "up", Type: "gauge", Help: "Up."}} }
	cfg.History = &fakeQuerier{
		series: []labels.Labels{labels.FromStrings("__name__", "up", "job", "node")},
		names:  []string{"__name__", "job"},
		values: map[string][]string{"job": {"node"}},
		answer: func(_ context.Context, q metric.Query) (metric.Result, error) {
			s := metric.Series{Labels: labels.FromStrings("__name__", "up", "job", "node"), Points: []metric.Point{{At: q.End.UnixMilli(), Value: math.Inf(1)}}}
			kind := metric.Vector
			if q.Step > 0 {
				kind = metric.Matrix
			}
			return metric.Result{Type: kind, Series: []metric.Series{s}, Warnings: []string{"w"}, Infos: []string{"i"}, Resolution: time.Minute}, nil
		},
	}
	return cfg
}

func TestPrometheusClientReadsValues(t *testing.T) {
	client, ctx := promClient(t, compatConfig()), t.Context()
	at := time.UnixMilli(1700000000123).UTC()
	v, warnings, _, err := client.Query(ctx, "up", at)
	if err != nil || len(warnings) != 1 {
		t.Fatalf("%v, warnings %v", err, warnings)
	}
	metricUp := model.Metric{"__name__": "up", "job": "node"}
	if diff := cmp.Diff(model.Value(model.Vector{{Metric: metricUp, Value: model.SampleValue(math.Inf(1)), Timestamp: 1700000000123}}), v); diff != "" {
		t.Errorf("query: -want +got:\n%s", diff)
	}
	v, _, _, err = client.QueryRange(ctx, "up", prom.Range{Start: at.Add(-time.Minute), End: at, Step: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	want := model.Matrix{{Metric: metricUp, Values: []model.SamplePair{{Timestamp: 1700000000123, Value: model.SampleValue(math.Inf(1))}}}}
	if diff := cmp.Diff(model.Value(want), v); diff != "" {
		t.Errorf("query_range: -want +got:\n%s", diff)
	}
	series, _, _, err := client.Series(ctx, []string{"up"}, time.Time{}, at)
	if err != nil || len(series) != 1 || series[0]["job"] != "node" {
		t.Errorf("series: %v, %v", series, err)
	}
	names, _, _, err := client.LabelNames(ctx, nil, time.Time{}, time.Time{})
	if err != nil || len(names) != 2 {
		t.Errorf("labels: %v, %v", names, err)
	}
	values, _, _, err := client.LabelValues(ctx, "job", []string{"up"}, at, at)
	if err != nil || len(values) != 1 {
		t.Errorf("label values: %v, %v", values, err)
	}
}

func TestPrometheusClientReadsTheRest(t *testing.T) {
	client, ctx := promClient(t, compatConfig()), t.Context()
	meta, err := client.Metadata(ctx, "up", "")
	if err != nil || len(meta["up"]) != 1 || meta["up"][0].Type != prom.MetricTypeGauge {
		t.Errorf("metadata: %v, %v", meta, err)
	}
	rules, err := client.Rules(ctx, nil)
	if err != nil || len(rules.Groups) != 2 {
		t.Fatalf("rules: %+v, %v", rules, err)
	}
	rule, ok := rules.Groups[0].Rules[0].(prom.AlertingRule)
	if !ok || rule.Name != "cpu high" || rule.State != "firing" || rule.Duration != 60 || len(rule.Alerts) != 2 {
		t.Errorf("rule: %+v", rules.Groups[0].Rules[0])
	}
	alerts, err := client.Alerts(ctx)
	if err != nil || len(alerts.Alerts) != 2 || alerts.Alerts[0].State != prom.AlertStateFiring {
		t.Errorf("alerts: %+v, %v", alerts, err)
	}
	info, err := client.Buildinfo(ctx)
	if err != nil || info.Version != engineVersion {
		t.Errorf("build info: %+v, %v", info, err)
	}
	text, err := client.FormatQuery(ctx, "a+b")
	if err != nil || text != `"a + b"` { // the client leaves the quotes
		t.Errorf("format_query: %q, %v", text, err)
	}
	exemplars, err := client.QueryExemplars(ctx, "up", time.Time{}, time.Now())
	if err != nil || len(exemplars) != 0 {
		t.Errorf("exemplars: %v, %v", exemplars, err)
	}
}

func TestPrometheusClientReadsTheStatus(t *testing.T) {
	cfg := compatConfig()
	cfg.Hosts = func() []metric.Host {
		return []metric.Host{{Instance: "web1:9100", Job: "node", Up: true, IntervalSeconds: 10}, {Instance: "web2:9100", Job: "node"}}
	}
	client, ctx := promClient(t, cfg), t.Context()
	run, err := client.Runtimeinfo(ctx)
	if err != nil || run.GoroutineCount == 0 || run.StartTime.IsZero() {
		t.Errorf("runtime: %+v, %v", run, err)
	}
	flags, err := client.Flags(ctx)
	if err != nil || flags["query.timeout"] == "" {
		t.Errorf("flags: %v, %v", flags, err)
	}
	if _, err := client.Config(ctx); err != nil {
		t.Errorf("config: %v", err)
	}
	stats, err := client.TSDB(ctx)
	if err != nil || stats.HeadStats.NumSeries != 1 || len(stats.SeriesCountByMetricName) != 1 || len(stats.LabelValueCountByLabelName) != 2 {
		t.Errorf("tsdb: %+v, %v", stats, err)
	}
	targets, err := client.Targets(ctx)
	if err != nil || len(targets.Active) != 2 || targets.Active[0].Health != prom.HealthGood || targets.Active[1].Health != prom.HealthBad {
		t.Errorf("targets: %+v, %v", targets, err)
	}
	if _, err := client.AlertManagers(ctx); err != nil {
		t.Errorf("alertmanagers: %v", err)
	}
}

// FuzzNumbers holds instants and values to the bytes that Prometheus writes.
func FuzzNumbers(f *testing.F) {
	for _, v := range []float64{0, 1, -0.5, 1e-7, 1e-6, 1e21, 123456789.125, math.Inf(1), math.NaN(), math.MaxFloat64} {
		f.Add(int64(1435781451781), v)
		f.Add(int64(-1), v)
	}
	f.Fuzz(func(t *testing.T, ms int64, v float64) {
		stream := jsoniter.NewStream(jsoniter.ConfigDefault, nil, 64)
		jsonutil.MarshalTimestamp(ms, stream)
		stream.WriteMore()
		jsonutil.MarshalFloat(v, stream)
		got := append(append(append(appendTime(nil, ms), `,"`...), appendFloat(nil, v)...), '"')
		if string(got) != string(stream.Buffer()) {
			t.Errorf("%d, %v: %s, Prometheus writes %s", ms, v, got, stream.Buffer())
		}
	})
}
