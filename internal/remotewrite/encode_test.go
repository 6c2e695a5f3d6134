package remotewrite_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	writev2 "github.com/prometheus/client_golang/exp/api/remote/genproto/v2"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/prompb"
	promv2 "github.com/prometheus/prometheus/prompb/io/prometheus/write/v2"

	"plimsoll/internal/metric"
	"plimsoll/internal/remotewrite"
	"plimsoll/internal/sketch"
)

var twoSamples = []metric.Sample{
	{Labels: labels.FromStrings("__name__", "a_total", "instance", "web1"), Kind: metric.Counter, At: 20_000, Start: 5_000, Value: 7},
	{Labels: labels.FromStrings("__name__", "b", "instance", "web1"), At: 20_000, Value: -1.5},
}

func TestEncodingIsWhatTheLibrariesDecode(t *testing.T) {
	var v2 writev2.Request
	if err := v2.UnmarshalVT(remotewrite.EncodeV2(twoSamples)); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, ts := range v2.Timeseries {
		l := writev2.DesymbolizeLabels(ts.LabelsRefs, v2.Symbols, nil)
		got = append(got, fmt.Sprint(l, ts.Samples[0].Value, ts.Samples[0].Timestamp, ts.Metadata.Type))
	}
	want := []string{
		"[__name__ a_total instance web1] 7 20000 METRIC_TYPE_COUNTER",
		"[__name__ b instance web1] -1.5 20000 METRIC_TYPE_GAUGE",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("2.0: %s", diff)
	}
	var prom promv2.Request
	if err := prom.Unmarshal(remotewrite.EncodeV2(twoSamples)); err != nil {
		t.Fatal(err)
	}
	if got := prom.Timeseries[0].Samples[0].StartTimestamp; got != 5_000 {
		t.Errorf("2.0: start timestamp %d", got)
	}

	var v1 prompb.WriteRequest
	if err := v1.Unmarshal(remotewrite.EncodeV1(twoSamples)); err != nil {
		t.Fatal(err)
	}
	got = nil
	for _, ts := range v1.Timeseries {
		for _, l := range ts.Labels {
			got = append(got, l.Name+"="+l.Value)
		}
		got = append(got, fmt.Sprint(ts.Samples[0].Value, " ", ts.Samples[0].Timestamp))
	}
	want = []string{"__name__=a_total", "instance=web1", "7 20000", "__name__=b", "instance=web1", "-1.5 20000"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("1.0: %s", diff)
	}
	if len(v1.Metadata) != 2 {
		t.Errorf("1.0: metadata %v", v1.Metadata)
	}
}

// What the library decodes of a timing is the histogram of its sketch.
func TestTimingIsANativeHistogram(t *testing.T) {
	var sk sketch.Sketch
	for i := range 100 {
		sk.Add(float64(i-20)/7, 1)
	}
	timing := metric.Sample{Labels: labels.FromStrings("__name__", "t_seconds"), Kind: metric.Timing, At: 20_000, Start: 10_000, Sketch: &sk}
	var got promv2.Request
	if err := got.Unmarshal(remotewrite.EncodeV2([]metric.Sample{timing})); err != nil {
		t.Fatal(err)
	}
	ts := got.Timeseries[0]
	if len(ts.Histograms) != 1 || len(ts.Samples) != 0 || ts.Histograms[0].Timestamp != 20_000 || ts.Metadata.Type != promv2.Metadata_METRIC_TYPE_GAUGEHISTOGRAM {
		t.Fatalf("%+v", ts)
	}
	want, h := sk.ToHistogram(), ts.Histograms[0].ToFloatHistogram()
	if !h.Equals(want) || h.CounterResetHint != want.CounterResetHint {
		t.Errorf("%s\nwant %s", h, want)
	}
	if m := remotewrite.EncodeV1([]metric.Sample{timing}); len(m) != 0 {
		t.Errorf("1.0 has %d bytes of a timing", len(m))
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Duration{
		"3": 3 * time.Second, "99999999999999": 1 << 62, "soon": -1, "": -1, "-4": 0,
		"Thu, 01 Jan 2026 12:00:07 GMT": 7 * time.Second, "Thu, 01 Jan 2026 11:00:00 GMT": 0,
	} {
		got, told := remotewrite.RetryAfter(http.Header{"Retry-After": {text}}, now)
		if !told {
			got = -1
		}
		if got != min(want, remotewrite.LongestRetryAfter) {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}
