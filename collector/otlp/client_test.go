package otlp

import (
	"context"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	api "go.opentelemetry.io/otel/metric"
	sdk "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"

	"plimsoll/internal/metric"
)

// instruments is what a program measures with OpenTelemetry's SDK.
type instruments struct {
	served  api.Int64Counter
	waiting api.Int64UpDownCounter
	heat    api.Float64Gauge
	took    api.Float64Histogram
	slept   api.Float64Histogram
}

func newInstruments(t *testing.T, m api.Meter) (i instruments) {
	t.Helper()
	var errs [5]error
	i.served, errs[0] = m.Int64Counter("http.served")
	i.waiting, errs[1] = m.Int64UpDownCounter("http.waiting")
	i.heat, errs[2] = m.Float64Gauge("heat", api.WithUnit("Cel"))
	i.took, errs[3] = m.Float64Histogram("http.took", api.WithUnit("s"), api.WithExplicitBucketBoundaries(0.1, 1))
	i.slept, errs[4] = m.Float64Histogram("http.slept", api.WithUnit("s"))
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
	return i
}

func (i instruments) use(ctx context.Context) {
	get := api.WithAttributes(attribute.String("http.method", "GET"), attribute.Int("code", 200))
	i.served.Add(ctx, 3, get)
	i.waiting.Add(ctx, 2)
	i.heat.Record(ctx, 21.5)
	for _, v := range []float64{0.05, 0.5, 5} {
		i.took.Record(ctx, v)
		i.slept.Record(ctx, v)
	}
}

// export has OpenTelemetry's own exporter send what was measured, twice.
func export(t *testing.T, url string, temporality sdk.TemporalitySelector) {
	t.Helper()
	ctx := t.Context()
	exporter, err := otlpmetrichttp.New(
		ctx, otlpmetrichttp.WithEndpointURL(url), otlpmetrichttp.WithCompression(otlpmetrichttp.GzipCompression),
		otlpmetrichttp.WithTemporalitySelector(temporality),
	)
	if err != nil {
		t.Fatal(err)
	}
	exponential := sdk.NewView(
		sdk.Instrument{Name: "http.slept"},
		sdk.Stream{Aggregation: sdk.AggregationBase2ExponentialHistogram{MaxSize: 160, MaxScale: 20}},
	)
	provider := sdk.NewMeterProvider(
		sdk.WithReader(sdk.NewPeriodicReader(exporter, sdk.WithInterval(time.Hour))), sdk.WithView(exponential),
		sdk.WithResource(resource.NewSchemaless(
			attribute.String("service.name", "shop"), attribute.String("service.instance.id", "i1"), attribute.String("deployment.environment", "prod"),
		)),
	)
	i := newInstruments(t, provider.Meter("test"))
	for range 2 {
		i.use(ctx)
		if err := provider.ForceFlush(ctx); err != nil {
			t.Fatal(err)
		}
		for now := time.Now().UnixMilli(); now == time.Now().UnixMilli(); { // the next is of another millisecond
		}
	}
	if err := provider.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
}

func TestExporterOfTheSDK(t *testing.T) {
	delta := func(sdk.InstrumentKind) metricdata.Temporality { return metricdata.DeltaTemporality }
	for name, temporality := range map[string]sdk.TemporalitySelector{
		"cumulative": sdk.DefaultTemporalitySelector, "delta": delta, "delta as the SDK has it": sdk.DeltaTemporalitySelector,
	} {
		r, s := newReceiver(t, nil)
		srv := httptest.NewServer(r)
		export(t, srv.URL+"/v1/metrics", temporality)
		srv.Close()
		last := map[string]float64{}
		slept, began := 0.0, map[string][]int64{}
		for _, m := range s.samples {
			key := m.Name() + m.Labels.Get("le")
			last[key] = m.Value
			if m.Kind == metric.Timing {
				slept += m.Sketch.Count()
			}
			if m.Kind == metric.Counter && !slices.Contains(began[key], m.Start) {
				began[key] = append(began[key], m.Start)
			}
			if m.Labels.Get("job") != "shop" || m.Labels.Get("instance") != "i1" {
				t.Errorf("%s: %s", name, m.Labels)
			}
		}
		want := map[string]float64{
			"http_served_total": 6, "http_waiting": 4, "heat_celsius": 21.5, "target_info": 1, "http_slept_seconds": 0,
			"http_took_seconds_bucket0.1": 2, "http_took_seconds_bucket1": 4, "http_took_seconds_bucket+Inf": 6,
			"http_took_seconds_count": 6, "http_took_seconds_sum": 11.1,
		}
		if diff := cmp.Diff(want, last, cmp.Comparer(func(a, b float64) bool { return a-b < 1e-9 && b-a < 1e-9 })); diff != "" || slept != 6 {
			t.Errorf("%s: %v slept\n%s", name, slept, diff)
		}
		for key, starts := range began {
			if len(starts) != 1 || starts[0] == 0 {
				t.Errorf("%s: %s began at %v", name, key, starts)
			}
		}
		if !strings.Contains(strings.Join(s.text(), "\n"), `{__name__="http_served_total", code="200", http_method="GET", instance="i1", job="shop"}`) {
			t.Errorf("%s: stored %v", name, s.text())
		}
	}
}
