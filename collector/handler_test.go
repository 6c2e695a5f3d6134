package collector

import (
	"bytes"
	"errors"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/golang/snappy"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/exp/api/remote"
	writev2 "github.com/prometheus/client_golang/exp/api/remote/genproto/v2"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/prompb"
	promv2 "github.com/prometheus/prometheus/prompb/io/prometheus/write/v2"

	"plimsoll/collector/limit"
	"plimsoll/internal/metric"
	"plimsoll/internal/remotewrite"
)

const (
	v1Type = "application/x-protobuf"
	v2Type = "application/x-protobuf;proto=io.prometheus.write.v2.Request"
)

var staleNaN = math.Float64frombits(value.StaleNaN)

// series makes a series of version 1.0 with one sample.
func series(at int64, v float64, pairs ...string) prompb.TimeSeries {
	ts := prompb.TimeSeries{Samples: []prompb.Sample{{Value: v, Timestamp: at}}}
	for i := 0; i < len(pairs); i += 2 {
		ts.Labels = append(ts.Labels, prompb.Label{Name: pairs[i], Value: pairs[i+1]})
	}
	return ts
}

// post sends a body, packed, and returns the answer.
func post(t *testing.T, c *Collector, contentType string, body []byte) (status int, text string, h http.Header) {
	t.Helper()
	req := httptest.NewRequest(http.MethodPost, "/api/v1/write", bytes.NewReader(snappy.Encode(nil, body)))
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("Content-Encoding", "snappy")
	w := httptest.NewRecorder()
	c.Handler().ServeHTTP(w, req)
	answer, err := io.ReadAll(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.Code, string(answer), w.Header()
}

func postV1(t *testing.T, c *Collector, req prompb.WriteRequest) (int, string) {
	t.Helper()
	body, err := req.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	status, text, _ := post(t, c, v1Type, body)
	return status, text
}

// client returns the client library, set to a server with c's handler.
func client(t *testing.T, c *Collector) *remote.API {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("/api/v1/write", c.Handler())
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	api, err := remote.NewAPI(srv.URL, remote.WithAPIBackoff(remote.BackoffConfig{Min: 1, Max: 1, MaxRetries: 1}))
	if err != nil {
		t.Fatal(err)
	}
	return api
}

func TestClientLibraryVersion2(t *testing.T) {
	c, stored, _ := newCollector(t, nil)
	symbols := writev2.NewSymbolTable()
	one := func(kind writev2.Metadata_MetricType, created, at int64, v float64, pairs ...string) *writev2.TimeSeries {
		return &writev2.TimeSeries{
			LabelsRefs: symbols.SymbolizeLabels(pairs, nil), Metadata: &writev2.Metadata{Type: kind},
			Samples: []*writev2.Sample{{Value: v, Timestamp: at}}, CreatedTimestamp: created,
		}
	}
	req := &writev2.Request{Timeseries: []*writev2.TimeSeries{
		one(writev2.Metadata_METRIC_TYPE_COUNTER, 500, 1000, 3, "__name__", "node_vmstat_pgfault", "instance", "web1"),
		one(writev2.Metadata_METRIC_TYPE_GAUGE, 500, 1000, 4, "__name__", "odd_total", "empty", ""),
		one(writev2.Metadata_METRIC_TYPE_UNSPECIFIED, 0, 1000, math.NaN(), "__name__", "b"),
		one(writev2.Metadata_METRIC_TYPE_SUMMARY, 0, 1000, 5, "__name__", "s_sum"),
		{LabelsRefs: symbols.SymbolizeLabels([]string{"__name__", "h"}, nil), Histograms: []*writev2.Histogram{{Sum: 1, Schema: 99}}},
	}}
	req.Symbols = symbols.Symbols()
	stats, err := client(t, c).Write(t.Context(), remote.WriteV2MessageType, req)
	if err == nil || !strings.Contains(err.Error(), `1 samples refused (invalid histogram: 1), the first of them {__name__="h"}`) {
		t.Errorf("error is %v", err)
	}
	if stats.Samples != 4 {
		t.Errorf("%d samples are said to be written", stats.Samples)
	}
	want := []string{
		`{__name__="node_vmstat_pgfault", instance="web1"} counter 3 @1000 since 500`,
		`{__name__="odd_total"} gauge 4 @1000 since 0`,
		`{__name__="b"} gauge NaN @1000 since 0`,
		`{__name__="s_sum"} counter 5 @1000 since 0`,
	}
	if diff := cmp.Diff(want, stored.text()); diff != "" {
		t.Error(diff)
	}
	if !value.IsStaleNaN(stored.samples[2].Value) {
		t.Error("a NaN is not passed on as a stale marker")
	}
}

func TestStartTimestampOfSample(t *testing.T) {
	c, stored, _ := newCollector(t, nil)
	req := promv2.Request{
		Symbols: []string{"", "__name__", "a_total"},
		Timeseries: []promv2.TimeSeries{{
			LabelsRefs: []uint32{1, 2},
			Samples:    []promv2.Sample{{Value: 1, Timestamp: 1000, StartTimestamp: 400}, {Value: 1, Timestamp: 2000, StartTimestamp: 9000}},
		}},
	}
	body, err := req.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	status, _, h := post(t, c, v2Type, body)
	if status != http.StatusNoContent || h.Get("X-Prometheus-Remote-Write-Samples-Written") != "2" {
		t.Errorf("status %d, header %v", status, h)
	}
	want := []string{
		`{__name__="a_total"} counter 1 @1000 since 400`,
		`{__name__="a_total"} counter 1 @2000 since 0`, // a start after the sample is no start
	}
	if diff := cmp.Diff(want, stored.text()); diff != "" {
		t.Error(diff)
	}
}

func TestClientLibraryVersion1(t *testing.T) {
	c, stored, _ := newCollector(t, nil)
	api := client(t, c)
	metadata := &prompb.WriteRequest{Metadata: []prompb.MetricMetadata{
		{Type: prompb.MetricMetadata_COUNTER, MetricFamilyName: "node_vmstat_pgfault"},
		{Type: prompb.MetricMetadata_HISTOGRAM, MetricFamilyName: "h"},
	}}
	samples := &prompb.WriteRequest{Timeseries: []prompb.TimeSeries{
		series(1000, 3, "__name__", "node_vmstat_pgfault", "instance", "web1"),
		series(1000, 4, "__name__", "h_count"),
		series(1000, staleNaN, "__name__", "b"),
	}}
	for _, req := range []*prompb.WriteRequest{metadata, samples} {
		if _, err := api.Write(t.Context(), remote.WriteV1MessageType, req); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{
		`{__name__="node_vmstat_pgfault", instance="web1"} counter 3 @1000 since 0`,
		`{__name__="h_count"} counter 4 @1000 since 0`,
		`{__name__="b"} gauge NaN @1000 since 0`,
	}
	if diff := cmp.Diff(want, stored.text()); diff != "" {
		t.Error(diff)
	}
}

func TestRefusedSamplesDoNotHurtOthers(t *testing.T) {
	c, stored, reg := newCollector(t, func(cfg *Config) {
		cfg.Limits.Labels, cfg.Limits.LabelBytes, cfg.MaxSamples = 3, 100, 3
	})
	stored.refuse = func(s metric.Sample) string {
		if s.At < 500 {
			return "late"
		}
		return ""
	}
	status, text := postV1(t, c, prompb.WriteRequest{Timeseries: []prompb.TimeSeries{
		series(1000, 1, "__name__", "good", "instance", "web1"),
		series(100, 1, "__name__", "old", "instance", "web1"),
		series(1000, 1, "a", "1"),
		series(1000, 1, "__name__", "a", "x", "1", "y", "1", "z", "1"),
		series(1000, 1, "__name__", "a", "x", strings.Repeat("x", 100)),
		series(1000, 1, "__name__", "a", "x", "1", "x", "2"),
		series(1000, 1, "__name__", "a", "x", "\xff"),
		series(1000, 1, "__name__", "fine"),
		series(1000, 1, "__name__", "fourth"),
	}})
	if status != http.StatusBadRequest || !strings.Contains(text, "late: 1") || !strings.Contains(text, "too many labels: 1") {
		t.Errorf("status %d: %s", status, text)
	}
	want := []string{`{__name__="good", instance="web1"} gauge 1 @1000 since 0`, `{__name__="fine"} gauge 1 @1000 since 0`}
	if diff := cmp.Diff(want, stored.text()); diff != "" {
		t.Error(diff)
	}
	refused := map[string]int{
		"late": 1, reasonUnnamed: 1, limit.ReasonLabels: 1, limit.ReasonLabelBytes: 1, reasonDuplicated: 1,
		reasonLabels: 1, reasonTooMany: 1,
	}
	senders := c.Sources()
	if len(senders) != 1 || senders[0].Source != "remote write 192.0.2.1" || senders[0].Instances != "web1" || senders[0].Samples != 2 {
		t.Fatalf("senders are %+v", senders)
	}
	if diff := cmp.Diff(refused, senders[0].Refused); diff != "" {
		t.Error(diff)
	}
	if got := metricValue(t, reg, "plimsoll_collector_refused_samples_total", limit.ReasonLabels); got != 1 {
		t.Errorf("%v samples are counted as refused for too many labels", got)
	}
}

func TestSinkNotAvailableIsRetried(t *testing.T) {
	c, stored, _ := newCollector(t, nil)
	stored.err = errors.New("disk full")
	status, text := postV1(t, c, prompb.WriteRequest{Timeseries: []prompb.TimeSeries{series(1, 1, "__name__", "a")}})
	if status != http.StatusServiceUnavailable || !strings.Contains(text, "disk full") {
		t.Errorf("status %d: %s", status, text)
	}
}

func TestMalformedAndForeignRequests(t *testing.T) {
	c, stored, _ := newCollector(t, func(cfg *Config) { cfg.MaxBodyBytes, cfg.MaxDecodedBytes = 1000, 5000 })
	noise := make([]byte, 2000)
	for i := range noise {
		noise[i] = byte(i * i * 7 >> 3)
	}
	badRef, err := (&promv2.Request{Symbols: []string{""}, Timeseries: []promv2.TimeSeries{{LabelsRefs: []uint32{0, 9}}}}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	oddRef, err := (&promv2.Request{Symbols: []string{""}, Timeseries: []promv2.TimeSeries{{LabelsRefs: []uint32{0}}}}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		contentType string
		body        []byte
		want        int
	}{
		"truncated 1.0":        {v1Type, []byte{0x0a, 0x05, 1}, http.StatusBadRequest},
		"truncated 2.0":        {v2Type, []byte{0x2a, 0x7f}, http.StatusBadRequest},
		"symbol out of range":  {v2Type, badRef, http.StatusBadRequest},
		"odd references":       {v2Type, oddRef, http.StatusBadRequest},
		"first symbol":         {v2Type, []byte{0x22, 1, 'x'}, http.StatusBadRequest},
		"unknown message":      {v1Type + ";proto=some.Other", nil, http.StatusUnsupportedMediaType},
		"JSON":                 {"application/json", nil, http.StatusUnsupportedMediaType},
		"too large, packed":    {v1Type, noise, http.StatusRequestEntityTooLarge},
		"too large, unpacked":  {v1Type, make([]byte, 6000), http.StatusRequestEntityTooLarge},
		"empty, which is fine": {v1Type, nil, http.StatusNoContent},
	} {
		if status, text, _ := post(t, c, test.contentType, test.body); status != test.want {
			t.Errorf("%s: status %d, want %d: %s", name, status, test.want, text)
		}
	}
	if len(stored.samples) != 0 {
		t.Errorf("stored %v", stored.text())
	}
}

func TestOtherMethodsAndEncodings(t *testing.T) {
	c, _, _ := newCollector(t, nil)
	for _, test := range []struct {
		method, encoding string
		body             string
		want             int
	}{
		{http.MethodGet, "snappy", "", http.StatusMethodNotAllowed},
		{http.MethodPost, "gzip", "", http.StatusUnsupportedMediaType},
		{http.MethodPost, "snappy", "\xff\xff\xff\xff\xff\xff", http.StatusBadRequest},
	} {
		req := httptest.NewRequest(test.method, "/api/v1/write", strings.NewReader(test.body))
		req.Header.Set("Content-Encoding", test.encoding)
		w := httptest.NewRecorder()
		c.Handler().ServeHTTP(w, req)
		if w.Code != test.want {
			t.Errorf("%s with %s: status %d, want %d", test.method, test.encoding, w.Code, test.want)
		}
	}
}

func TestTooManyRequestsAtATime(t *testing.T) {
	c, _, _ := newCollector(t, func(cfg *Config) { cfg.MaxRequests = 2 })
	if !c.gate.Enter("remote write 192.0.2.1") { // another request of the same address
		t.Fatal("the gate is closed")
	}
	if status, _, h := post(t, c, v1Type, nil); status != http.StatusServiceUnavailable || h.Get("Retry-After") == "" {
		t.Errorf("status %d, header %v", status, h)
	}
}

func TestSlowSenderIsCutOff(t *testing.T) {
	c, _, _ := newCollector(t, func(cfg *Config) { cfg.RequestTimeout = 50 * time.Millisecond })
	srv := httptest.NewServer(c.Handler())
	defer srv.Close()
	body, feed := io.Pipe()
	defer func() { _ = feed.Close() }()
	resp, err := http.Post(srv.URL, v1Type, body) // nothing ever comes through the pipe
	if err == nil {
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusBadRequest {
			t.Errorf("status %d", resp.StatusCode)
		}
	}
	if got := c.Sources(); len(got) != 1 || !strings.Contains(got[0].LastError, "timeout") {
		t.Errorf("senders are %+v", got)
	}
}

// FuzzDecode feeds both decoders any input: they may refuse it but not panic,
// and what they accept keeps the limits.
func FuzzDecode(f *testing.F) {
	v1, err := (&prompb.WriteRequest{
		Timeseries: []prompb.TimeSeries{series(1000, 1, "__name__", "a", "b", "c")},
		Metadata:   []prompb.MetricMetadata{{Type: 1, MetricFamilyName: "a"}},
	}).Marshal()
	if err != nil {
		f.Fatal(err)
	}
	v2, err := (&promv2.Request{Symbols: []string{"", "__name__", "a"}, Timeseries: []promv2.TimeSeries{
		{LabelsRefs: []uint32{1, 2}, Samples: []promv2.Sample{{Value: 1, Timestamp: 2, StartTimestamp: 1}}},
	}}).Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(v1, false)
	f.Add(v2, true)
	timing := metric.Sample{Labels: labels.FromStrings("__name__", "t"), Kind: metric.Timing, At: 2000, Start: 1000, Sketch: observed(1, 2, 3)}
	f.Add([]byte(remotewrite.EncodeV2([]metric.Sample{timing})), true)
	counted := prompb.FromIntHistogram(1000, &histogram.Histogram{
		Count: 3, Sum: 4, Schema: 3, PositiveSpans: []histogram.Span{{Offset: 1, Length: 2}}, PositiveBuckets: []int64{1, 1},
	})
	if v1, err = (&prompb.WriteRequest{Timeseries: []prompb.TimeSeries{
		{Labels: []prompb.Label{{Name: "__name__", Value: "h"}}, Histograms: []prompb.Histogram{counted, counted}},
	}}).Marshal(); err != nil {
		f.Fatal(err)
	}
	f.Add(v1, false)
	cfg := Default()
	cfg.Limits.Labels, cfg.Limits.LabelBytes, cfg.MaxSamples = 5, 100, 10
	f.Fuzz(func(t *testing.T, body []byte, version2 bool) {
		r := request{
			cfg: &cfg, limits: cfg.Limits.Limits, types: &types{of: map[string]metric.Kind{}},
			cumulatives: &cumulatives{by: map[string]cumulative{}},
		}
		_ = r.decode(body, version2) // any error is a good answer
		if len(r.samples) > cfg.MaxSamples {
			t.Fatalf("%d samples", len(r.samples))
		}
		for _, s := range r.samples {
			if s.Labels.Len() > cfg.Limits.Labels || s.Name() == "" || s.Start > s.At {
				t.Fatalf("sample %+v", s)
			}
		}
	})
}
