package otlp

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	pb "go.opentelemetry.io/proto/otlp/metrics/v1"
	resource "go.opentelemetry.io/proto/otlp/resource/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"plimsoll/internal/metric"
)

// sink remembers what it was given.
type sink struct {
	samples []metric.Sample
	refused *metric.RefusedError // what it was told that others refused
	refuse  func(metric.Sample) bool
	err     error
	wait    time.Duration // what the sender is to wait for
}

func (s *sink) Wait(int) time.Duration { return s.wait }

func (s *sink) Refused(r *metric.RefusedError) { s.refused = s.refused.With(r) }

func (s *sink) Put(_ context.Context, batch []metric.Sample) error {
	if s.err != nil {
		return s.err
	}
	var refused *metric.RefusedError
	for _, m := range batch {
		if s.refuse != nil && s.refuse(m) {
			refused = refused.Refuse(m, "series limit")
			continue
		}
		s.samples = append(s.samples, m)
	}
	return refused.OrNil()
}

// text writes the samples one a line, sorted, with times in seconds.
func (s *sink) text() []string {
	out := []string{}
	for _, m := range s.samples {
		line := fmt.Sprintf("%s %s %v @%v", m.Labels, m.Kind, m.Value, float64(m.At)/1000)
		if m.Kind == metric.Timing {
			line = fmt.Sprintf("%s timing of %v sum %v @%v", m.Labels, m.Sketch.Count(), m.Sketch.Sum(), float64(m.At)/1000)
		}
		if m.Start != 0 {
			line += fmt.Sprint(" since ", float64(m.Start)/1000)
		}
		out = append(out, line)
	}
	slices.Sort(out)
	return out
}

func newReceiver(t testing.TB, edit func(*Config)) (*Receiver, *sink) {
	t.Helper()
	s, cfg := &sink{}, Default()
	cfg.Now = time.Now
	cfg.SourceOf = func(r *http.Request) string { return r.RemoteAddr }
	cfg.SinkOf = func(*http.Request) metric.Sink { return s }
	if edit != nil {
		edit(&cfg)
	}
	r, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return r, s
}

func post(r *Receiver, contentType string, body []byte) *httptest.ResponseRecorder {
	req := httptest.NewRequest("POST", "/v1/metrics", bytes.NewReader(body))
	req.Header.Set("Content-Type", contentType)
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	return w
}

func attrs(pairs ...string) (out []*common.KeyValue) {
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, &common.KeyValue{Key: pairs[i], Value: &common.AnyValue{Value: &common.AnyValue_StringValue{StringValue: pairs[i+1]}}})
	}
	return out
}

// request is the message of one resource; MetricsData has the fields of
// ExportMetricsServiceRequest.
func request(res []*common.KeyValue, metrics ...*pb.Metric) *pb.MetricsData {
	return &pb.MetricsData{ResourceMetrics: []*pb.ResourceMetrics{{
		Resource: &resource.Resource{Attributes: res}, ScopeMetrics: []*pb.ScopeMetrics{{Metrics: metrics}},
	}}}
}

// sec returns seconds as the protocol has times.
func sec(s float64) uint64 { return uint64(s * 1e9) }

func send(t *testing.T, r *Receiver, m *pb.MetricsData) *httptest.ResponseRecorder {
	t.Helper()
	body, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return post(r, "application/x-protobuf", body)
}

func ints(v int64, start, at float64, pairs ...string) *pb.NumberDataPoint {
	return &pb.NumberDataPoint{
		Attributes: attrs(pairs...), StartTimeUnixNano: sec(start), TimeUnixNano: sec(at),
		Value: &pb.NumberDataPoint_AsInt{AsInt: v},
	}
}

func sumOf(name, unit string, monotonic bool, t pb.AggregationTemporality, points ...*pb.NumberDataPoint) *pb.Metric {
	return &pb.Metric{Name: name, Unit: unit, Data: &pb.Metric_Sum{Sum: &pb.Sum{
		DataPoints: points, IsMonotonic: monotonic, AggregationTemporality: t,
	}}}
}

const (
	deltas      = pb.AggregationTemporality_AGGREGATION_TEMPORALITY_DELTA
	cumulatives = pb.AggregationTemporality_AGGREGATION_TEMPORALITY_CUMULATIVE
)

// everything has a metric of each kind.
func everything() *pb.MetricsData {
	total := 7.5
	return request(
		attrs("service.name", "shop", "service.namespace", "web", "service.instance.id", "i1", "host.name", "h1"),
		sumOf("http.server.requests", "1", true, cumulatives, ints(3, 90, 100, "http.method", "GET", "http_method", "b")),
		sumOf("queue", "{item}", false, cumulatives, ints(-4, 90, 100)),
		&pb.Metric{Name: "memory.usage", Unit: "By", Data: &pb.Metric_Gauge{Gauge: &pb.Gauge{DataPoints: []*pb.NumberDataPoint{
			{TimeUnixNano: sec(100), Value: &pb.NumberDataPoint_AsDouble{AsDouble: 0.25}},
			{TimeUnixNano: sec(100), Flags: 1, Attributes: attrs("gone", "x")},
		}}}},
		&pb.Metric{Name: "request.duration", Unit: "s", Data: &pb.Metric_Histogram{Histogram: &pb.Histogram{
			AggregationTemporality: cumulatives,
			DataPoints: []*pb.HistogramDataPoint{{
				StartTimeUnixNano: sec(90), TimeUnixNano: sec(100), Count: 6, Sum: &total,
				ExplicitBounds: []float64{0.5, 2}, BucketCounts: []uint64{1, 2, 3},
			}},
		}}},
		&pb.Metric{Name: "db.time", Unit: "ms", Data: &pb.Metric_ExponentialHistogram{ExponentialHistogram: &pb.ExponentialHistogram{
			AggregationTemporality: deltas,
			DataPoints: []*pb.ExponentialHistogramDataPoint{{
				StartTimeUnixNano: sec(90), TimeUnixNano: sec(100), Count: 6, Sum: &total, ZeroCount: 1, Scale: 20,
				Positive: &pb.ExponentialHistogramDataPoint_Buckets{Offset: -3, BucketCounts: []uint64{1, 0, 2}},
				Negative: &pb.ExponentialHistogramDataPoint_Buckets{Offset: 5, BucketCounts: []uint64{2}},
			}},
		}}},
		&pb.Metric{Name: "rpc", Data: &pb.Metric_Summary{Summary: &pb.Summary{DataPoints: []*pb.SummaryDataPoint{{
			StartTimeUnixNano: sec(90), TimeUnixNano: sec(100), Count: 9, Sum: 2.5,
			QuantileValues: []*pb.SummaryDataPoint_ValueAtQuantile{{Quantile: 0.5, Value: 1.5}},
		}}}}},
	)
}

var everythingStored = []string{
	`{__name__="db_time_milliseconds", host_name="h1", instance="i1", job="web/shop"} timing of 6 sum 7.5 @100 since 90`,
	`{__name__="http_server_requests_total", host_name="h1", http_method="GET;b", instance="i1", job="web/shop"} counter 3 @100 since 90`,
	`{__name__="memory_usage_bytes", gone="x", host_name="h1", instance="i1", job="web/shop"} gauge NaN @100`,
	`{__name__="memory_usage_bytes", host_name="h1", instance="i1", job="web/shop"} gauge 0.25 @100`,
	`{__name__="queue", host_name="h1", instance="i1", job="web/shop"} gauge -4 @100`,
	`{__name__="request_duration_seconds_bucket", host_name="h1", instance="i1", job="web/shop", le="+Inf"} counter 6 @100 since 90`,
	`{__name__="request_duration_seconds_bucket", host_name="h1", instance="i1", job="web/shop", le="0.5"} counter 1 @100 since 90`,
	`{__name__="request_duration_seconds_bucket", host_name="h1", instance="i1", job="web/shop", le="2"} counter 3 @100 since 90`,
	`{__name__="request_duration_seconds_count", host_name="h1", instance="i1", job="web/shop"} counter 6 @100 since 90`,
	`{__name__="request_duration_seconds_sum", host_name="h1", instance="i1", job="web/shop"} counter 7.5 @100 since 90`,
	`{__name__="rpc", host_name="h1", instance="i1", job="web/shop", quantile="0.5"} gauge 1.5 @100`,
	`{__name__="rpc_count", host_name="h1", instance="i1", job="web/shop"} counter 9 @100 since 90`,
	`{__name__="rpc_sum", host_name="h1", instance="i1", job="web/shop"} counter 2.5 @100 since 90`,
	`{__name__="target_info", host_name="h1", instance="i1", job="web/shop"} gauge 1 @100`,
}

func TestEveryKindInBothEncodings(t *testing.T) {
	binary, err := proto.Marshal(everything())
	if err != nil {
		t.Fatal(err)
	}
	text, err := protojson.Marshal(everything())
	if err != nil {
		t.Fatal(err)
	}
	for contentType, body := range map[string][]byte{"application/x-protobuf": binary, "application/json; charset=utf-8": text} {
		r, s := newReceiver(t, func(c *Config) { c.Promote = []string{"host.name"} })
		w := post(r, contentType, body)
		if w.Code != 200 || !strings.HasPrefix(contentType, w.Header().Get("Content-Type")) || len(w.Body.String()) > 2 {
			t.Errorf("%s: %d %s", contentType, w.Code, w.Body)
		}
		if diff := cmp.Diff(everythingStored, s.text()); diff != "" {
			t.Errorf("%s: %s", contentType, diff)
		}
	}
}

func TestAttributesOfAllTypes(t *testing.T) {
	list := &common.AnyValue{Value: &common.AnyValue_ArrayValue{ArrayValue: &common.ArrayValue{Values: []*common.AnyValue{
		{Value: &common.AnyValue_IntValue{IntValue: 1 << 60}}, {Value: &common.AnyValue_StringValue{StringValue: "x"}},
	}}}}
	values := []*common.KeyValue{
		{Key: "int", Value: &common.AnyValue{Value: &common.AnyValue_IntValue{IntValue: -5}}},
		{Key: "float", Value: &common.AnyValue{Value: &common.AnyValue_DoubleValue{DoubleValue: 0.5}}},
		{Key: "nan", Value: &common.AnyValue{Value: &common.AnyValue_DoubleValue{DoubleValue: math.NaN()}}},
		{Key: "yes", Value: &common.AnyValue{Value: &common.AnyValue_BoolValue{BoolValue: true}}},
		{Key: "bytes", Value: &common.AnyValue{Value: &common.AnyValue_BytesValue{BytesValue: []byte{1, 2}}}},
		{Key: "list", Value: list},
		{Key: "map", Value: &common.AnyValue{Value: &common.AnyValue_KvlistValue{KvlistValue: &common.KeyValueList{
			Values: []*common.KeyValue{{Key: "k", Value: list}},
		}}}},
		{Key: "none"},
		{Key: "0digit", Value: &common.AnyValue{Value: &common.AnyValue_StringValue{StringValue: "d"}}},
	}
	p := ints(1, 0, 100)
	p.Attributes = values
	m := request(nil, &pb.Metric{Name: "m", Data: &pb.Metric_Gauge{Gauge: &pb.Gauge{DataPoints: []*pb.NumberDataPoint{p}}}})
	text, err := protojson.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{`{__name__="m", bytes="AQI=", float="0.5", int="-5", key_0digit="d", list="[1152921504606846976,\"x\"]", ` +
		`map="{\"k\":[1152921504606846976,\"x\"]}", nan="NaN", yes="true"} gauge 1 @100`}
	r, s := newReceiver(t, nil)
	send(t, r, m)
	if diff := cmp.Diff(want, s.text()); diff != "" {
		t.Error(diff)
	}
	s.samples = nil
	post(r, "application/json", text)
	if diff := cmp.Diff(want, s.text()); diff != "" {
		t.Error(diff)
	}
}

func TestDeltasBecomeTotals(t *testing.T) {
	r, s := newReceiver(t, func(c *Config) { c.MaxSeries = 2 })
	add := func(name string, v int64, start, at float64) *httptest.ResponseRecorder {
		return send(t, r, request(nil, sumOf(name, "", true, deltas, ints(v, start, at))))
	}
	add("a", 3, 90, 100)
	add("a", 4, 100, 110)
	if w := add("a", 4, 100, 110); w.Code != 200 || s.refused.Reasons[reasonLate] != 1 { // told twice
		t.Errorf("%d, %v", w.Code, s.refused)
	}
	s.err = errors.New("disk full")
	if w := add("a", 5, 110, 120); w.Code != 503 || w.Header().Get("Retry-After") == "" {
		t.Errorf("%d", w.Code)
	}
	s.err, s.wait = nil, 1500*time.Millisecond
	if w := add("a", 5, 110, 120); w.Code != 429 || w.Header().Get("Retry-After") != "2" {
		t.Errorf("%d, %v", w.Code, w.Header())
	}
	s.wait = 0
	add("a", 5, 110, 120) // again; what was counted until then is in the store
	add("b", 1, 90, 100)
	add("c", 1, 90, 100) // a is forgotten
	add("a", 6, 120, 130)
	send(t, r, request(nil, sumOf("gone", "", false, deltas, ints(2, 90, 100)), sumOf("gone", "", false, deltas, ints(-5, 100, 110))))
	want := []string{
		`{__name__="a_total"} counter 3 @100 since 90`,
		`{__name__="a_total"} counter 5 @120 since 110`,
		`{__name__="a_total"} counter 6 @130 since 120`,
		`{__name__="a_total"} counter 7 @110 since 90`,
		`{__name__="b_total"} counter 1 @100 since 90`,
		`{__name__="c_total"} counter 1 @100 since 90`,
		`{__name__="gone"} gauge -3 @110`,
		`{__name__="gone"} gauge 2 @100`,
	}
	if diff := cmp.Diff(want, s.text()); diff != "" {
		t.Error(diff)
	}
}

func exponentialOf(start, at float64, total float64, scale int32, zero uint64, offset int32, counts ...uint64) *pb.MetricsData {
	n := zero
	for _, c := range counts {
		n += c
	}
	return request(nil, &pb.Metric{Name: "t", Unit: "s", Data: &pb.Metric_ExponentialHistogram{ExponentialHistogram: &pb.ExponentialHistogram{
		AggregationTemporality: cumulatives,
		DataPoints: []*pb.ExponentialHistogramDataPoint{{
			StartTimeUnixNano: sec(start), TimeUnixNano: sec(at), Count: n, Sum: &total, Scale: scale, ZeroCount: zero,
			Positive: &pb.ExponentialHistogramDataPoint_Buckets{Offset: offset, BucketCounts: counts},
		}},
	}}})
}

func TestCumulativeExponentialsBecomeIntervals(t *testing.T) {
	r, s := newReceiver(t, nil)
	send(t, r, exponentialOf(90, 100, 10, 0, 0, 1, 2))  // two between 2 and 4
	send(t, r, exponentialOf(90, 110, 16, 0, 1, 1, 4))  // two more, and a zero
	send(t, r, exponentialOf(90, 120, 16, 0, 1, 1, 4))  // nothing
	send(t, r, exponentialOf(90, 130, 22, -1, 1, 0, 6)) // coarser: two more between 1 and 4
	s.err = errors.New("disk full")
	send(t, r, exponentialOf(90, 140, 25, -1, 1, 0, 7)) // not stored
	s.err = nil
	send(t, r, exponentialOf(90, 140, 25, -1, 1, 0, 7))        // again
	send(t, r, exponentialOf(145, 150, 3, 0, 0, 1, 1))         // restarted
	late := send(t, r, exponentialOf(145, 150, 3, 0, 0, 1, 1)) // told twice
	if late.Body.Len() == 0 {
		t.Error("nothing is refused of what is told twice")
	}
	want := []string{
		`{__name__="t_seconds"} timing of 1 sum 3 @140 since 130`,
		`{__name__="t_seconds"} timing of 1 sum 3 @150 since 145`,
		`{__name__="t_seconds"} timing of 2 sum 10 @100 since 90`,
		`{__name__="t_seconds"} timing of 2 sum 6 @130 since 120`,
		`{__name__="t_seconds"} timing of 3 sum 6 @110 since 100`,
	}
	if diff := cmp.Diff(want, s.text()); diff != "" {
		t.Error(diff)
	}
	if q := s.samples[0].Sketch.Quantile(0.5); q < 2 || q > 4 {
		t.Errorf("the median of what lies between 2 and 4 is %v", q)
	}
	old, s2 := newReceiver(t, nil)
	send(t, old, exponentialOf(100, 5000, 10, 0, 0, 1, 2)) // began long ago: a baseline
	send(t, old, exponentialOf(100, 5010, 13, 0, 0, 1, 3))
	if diff := cmp.Diff([]string{`{__name__="t_seconds"} timing of 1 sum 3 @5010 since 5000`}, s2.text()); diff != "" {
		t.Error(diff)
	}
}

func TestPointsThatAreRefusedDoNotHurtOthers(t *testing.T) {
	r, s := newReceiver(t, func(c *Config) { c.MaxSamples = 4 })
	s.refuse = func(m metric.Sample) bool { return m.Name() == "sunk" }
	many := ints(1, 0, 100)
	for i := range maxAttrs + 1 {
		many.Attributes = append(many.Attributes, attrs(fmt.Sprint("a", i), "x")...)
	}
	w := send(t, r, request(
		nil,
		sumOf("", "", false, cumulatives, ints(1, 0, 100)),
		sumOf("many", "", false, cumulatives, many),
		sumOf("untold", "", true, 0, ints(1, 0, 100)),
		sumOf("empty", "", false, cumulatives, &pb.NumberDataPoint{TimeUnixNano: sec(100)}),
		sumOf("text", "", false, cumulatives, ints(1, 0, 100, "__", "x")),
		&pb.Metric{Name: "h", Data: &pb.Metric_Histogram{Histogram: &pb.Histogram{
			AggregationTemporality: cumulatives, DataPoints: []*pb.HistogramDataPoint{{ExplicitBounds: []float64{1}, BucketCounts: []uint64{1}}},
		}}},
		sumOf("sunk", "", false, cumulatives, ints(1, 0, 100)),
		sumOf("good", "", false, cumulatives, ints(1, 0, 100), ints(2, 0, 101), ints(3, 0, 102), ints(4, 0, 103)),
	))
	if w.Code != 200 || !bytes.Contains(w.Body.Bytes(), []byte("8 samples refused")) {
		t.Errorf("%d %q", w.Code, w.Body)
	}
	want := map[string]int{
		reasonName: 1, reasonMany: 1, reasonTemporality: 1, reasonEmpty: 1, reasonLabels: 1, reasonBuckets: 1, reasonTooMany: 1,
	}
	delete(s.refused.Reasons, "series limit") // which the sink counted itself
	if diff := cmp.Diff(want, s.refused.Reasons); diff != "" {
		t.Error(diff)
	}
	if len(s.samples) != 3 {
		t.Errorf("stored %v", s.text())
	}
}

func TestForeignRequests(t *testing.T) {
	r, s := newReceiver(t, func(c *Config) { c.MaxBodyBytes, c.MaxDecodedBytes, c.MaxRequests = 8000, 16000, 2 })
	for name, c := range map[string]struct {
		contentType, body string
		status            int
		answer            string
	}{
		"no message":      {"application/x-protobuf", "\x0a\x7f", 400, "malformed"},
		"no JSON":         {"application/json", "{", 400, `"code":3`},
		"no JSON, within": {"application/json", `{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"gauge":{"dataPoints":[{"timeUnixNano":"x"}]}}]}]}]}`, 400, `"code":3`},
		"text":            {"text/plain", "", 415, "text/plain"},
		"too large":       {"application/x-protobuf", strings.Repeat("x", 8001), 413, "8000"},
		"empty":           {"application/json", "{}", 200, "{}"},
	} {
		if w := post(r, c.contentType, []byte(c.body)); w.Code != c.status || !strings.Contains(w.Body.String(), c.answer) {
			t.Errorf("%s: %d %q", name, w.Code, w.Body)
		}
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write(make([]byte, 20000))
	_ = z.Close()
	req := httptest.NewRequest("POST", "/v1/metrics", &packed)
	req.Header.Set("Content-Type", "application/x-protobuf")
	req.Header.Set("Content-Encoding", "gzip")
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	if w.Code != 413 {
		t.Errorf("unpacks to much: %d", w.Code)
	}
	if !r.gate.Enter("192.0.2.1:1234") {
		t.Fatal("the gate is closed")
	}
	if w := post(r, "application/json", []byte("{}")); w.Code != 503 || w.Header().Get("Retry-After") == "" {
		t.Errorf("too many at a time: %d", w.Code)
	}
	if len(s.samples) != 0 {
		t.Errorf("stored %v", s.text())
	}
}

// Bodies that OpenTelemetry's SDK for Go sent, by its exporter, two in a row.
func TestCapturedBodies(t *testing.T) {
	for _, temporality := range []string{"cumulative", "delta"} {
		r, s := newReceiver(t, nil)
		for i := range 2 {
			body, err := os.ReadFile(fmt.Sprintf("testdata/otel-go-1.46.0-%s-%d.bin", temporality, i+1))
			if err != nil {
				t.Fatal(err)
			}
			if w := post(r, "application/x-protobuf", body); w.Code != 200 || w.Body.Len() != 0 {
				t.Errorf("%s: %d %q", temporality, w.Code, w.Body)
			}
		}
		last := map[string]float64{}
		for _, m := range s.samples {
			last[m.Name()+m.Labels.Get("le")] = m.Value
		}
		if last["http_served_total"] != 6 || last["http_took_seconds_bucket+Inf"] != 6 || last["heat_celsius"] != 21.5 {
			t.Errorf("%s: %v", temporality, last)
		}
	}
}

// FuzzReceive feeds any body: it may be refused, must not panic, and what is made
// of it keeps the bounds.
func FuzzReceive(f *testing.F) {
	binary, err := proto.Marshal(everything())
	if err != nil {
		f.Fatal(err)
	}
	text, err := protojson.Marshal(everything())
	if err != nil {
		f.Fatal(err)
	}
	coarse, err := proto.Marshal(exponentialOf(90, 100, 1, 20, 0, math.MaxInt32, 1))
	if err != nil {
		f.Fatal(err)
	}
	captured, err := filepath.Glob("testdata/*.bin")
	if err != nil || len(captured) == 0 {
		f.Fatal("no captured bodies", err)
	}
	for _, name := range captured {
		body, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body, false)
	}
	f.Add(binary, false)
	f.Add(coarse, false)
	f.Add(text, true)
	f.Fuzz(func(t *testing.T, body []byte, asJSON bool) {
		r, s := newReceiver(t, func(c *Config) { c.MaxSamples, c.MaxSeries = 10, 5 })
		contentType := "application/x-protobuf"
		if asJSON {
			contentType = "application/json"
		}
		for range 2 {
			w := post(r, contentType, body)
			if w.Code != 200 && w.Code != 400 {
				t.Fatalf("%d %s", w.Code, w.Body)
			}
		}
		if len(s.samples) > 20 || r.totals.len() > 5 {
			t.Fatalf("%d samples, %d totals", len(s.samples), r.totals.len())
		}
		for _, m := range s.samples {
			if m.Name() == "" || m.Start > m.At || m.Labels.Len() > maxAttrs+5 {
				t.Fatalf("sample %+v", m)
			}
		}
	})
}
