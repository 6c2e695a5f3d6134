package collector

import (
	"context"
	"fmt"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/prompb"
	promv2 "github.com/prometheus/prometheus/prompb/io/prometheus/write/v2"
	"pgregory.net/rapid"

	"plimsoll/internal/metric"
	"plimsoll/internal/peertest"
	"plimsoll/internal/remotewrite"
	"plimsoll/internal/sketch"
)

func observed(values ...float64) *sketch.Sketch {
	s := new(sketch.Sketch)
	for _, v := range values {
		s.Add(v, 1)
	}
	return s
}

// What an agent's encoder sends of a timing is what a local counterd would have
// stored: count, sum, min, max and deviation exactly, quantiles within 1 %.
func TestTimingsComeBackAsTheyWere(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		// What spans more than 2^32 loses the bound of its quantiles; see sketch.
		values := rapid.SliceOfN(rapid.OneOf(rapid.Float64Range(1e-3, 1e5), rapid.Float64Range(-1e5, -1e-3), rapid.Just(0.0)), 0, 200).Draw(rt, "values")
		sent := metric.Sample{
			Labels: labels.FromStrings("__name__", "t_seconds", "instance", "web1"), Kind: metric.Timing,
			At: 20_000, Start: 10_000, Sketch: observed(values...),
		}
		c, stored, _ := newCollector(t, nil)
		status, text, h := post(t, c, v2Type, remotewrite.EncodeV2([]metric.Sample{sent}))
		if status != http.StatusNoContent || h.Get("X-Prometheus-Remote-Write-Histograms-Written") != "1" || len(stored.samples) != 1 {
			rt.Fatalf("status %d: %s, %v, %d stored", status, text, h, len(stored.samples))
		}
		got := stored.samples[0]
		if got.Kind != metric.Timing || got.At != 20_000 || got.Start != 10_000 || !labels.Equal(got.Labels, sent.Labels) {
			rt.Fatalf("got %+v", got)
		}
		if err := alike(sent.Sketch, got.Sketch); err != nil {
			rt.Fatal(err)
		}
	})
}

func alike(want, got *sketch.Sketch) error {
	near := func(a, b, tolerance float64) bool {
		return math.IsNaN(a) && math.IsNaN(b) || math.Abs(a-b) <= tolerance*math.Max(math.Abs(a), 1e-30)
	}
	if got.Count() != want.Count() || !near(want.Sum(), got.Sum(), 1e-12) || !near(want.Min(), got.Min(), 0) ||
		!near(want.Max(), got.Max(), 0) || !near(want.Stddev(), got.Stddev(), 1e-9) {
		return fmt.Errorf("count %v, sum %v, min %v, max %v, deviation %v; want %v, %v, %v, %v, %v",
			got.Count(), got.Sum(), got.Min(), got.Max(), got.Stddev(), want.Count(), want.Sum(), want.Min(), want.Max(), want.Stddev())
	}
	for _, q := range metric.Quantiles {
		if a, b := want.Quantile(q), got.Quantile(q); !near(a, b, 0.01) {
			return fmt.Errorf("quantile %v is %v, want %v", q, b, a)
		}
	}
	return nil
}

// counting is a cumulative histogram of schema 3 with the given counts.
func counting(hint histogram.CounterResetHint, counts ...int64) *histogram.Histogram {
	h := &histogram.Histogram{CounterResetHint: hint, Schema: 3, PositiveSpans: []histogram.Span{{Offset: 8, Length: uint32(len(counts))}}}
	before := int64(0)
	for _, n := range counts {
		h.PositiveBuckets = append(h.PositiveBuckets, n-before)
		h.Count += uint64(n)
		h.Sum += 2 * float64(n)
		before = n
	}
	return h
}

func postHistograms(t *testing.T, c *Collector, histograms ...prompb.Histogram) (int, string) {
	t.Helper()
	return postV1(t, c, prompb.WriteRequest{Timeseries: []prompb.TimeSeries{{
		Labels: []prompb.Label{{Name: "__name__", Value: "h_seconds"}}, Histograms: histograms,
	}}})
}

func TestCumulativeHistogramsAreDifferences(t *testing.T) {
	c, stored, _ := newCollector(t, nil)
	unknown, reset := histogram.UnknownCounterReset, histogram.CounterReset
	one := prompb.FromIntHistogram
	for i, h := range []prompb.Histogram{
		one(1000, counting(unknown, 5, 1)),
		one(2000, counting(unknown, 7, 1)),
		prompb.FromFloatHistogram(3000, counting(unknown, 7, 4, 1).ToFloat(nil)),
		one(4000, counting(unknown, 2)),  // began anew: the count fell
		one(5000, counting(reset, 9, 9)), // says so
		one(6000, &histogram.Histogram{Sum: staleNaN}),
		one(7000, counting(unknown, 9, 10)),
	} {
		if status, text := postHistograms(t, c, h); status != http.StatusNoContent {
			t.Errorf("histogram %d: %d %s", i, status, text)
		}
	}
	var got []string
	for _, s := range stored.samples {
		got = append(got, fmt.Sprintf("%v %d-%d %v", s.Kind, s.Start, s.At, s.Sketch.Count()))
	}
	want := "[summary 1000-2000 2 summary 2000-3000 4 summary 3000-4000 2 summary 4000-5000 18 summary 5000-7000 1]"
	if fmt.Sprint(got) != want {
		t.Errorf("got  %v\nwant %s", got, want)
	}
}

func TestHistogramsThatAreRefused(t *testing.T) {
	c, _, _ := newCollector(t, nil)
	custom := &histogram.FloatHistogram{
		Schema: histogram.CustomBucketsSchema, Count: 1, Sum: 1, CustomValues: []float64{1},
		PositiveSpans: []histogram.Span{{Length: 1}}, PositiveBuckets: []float64{1},
	}
	for reason, h := range map[string]prompb.Histogram{
		reasonCustom:    prompb.FromFloatHistogram(1000, custom),
		reasonGauge:     prompb.FromIntHistogram(1000, counting(histogram.GaugeType, 5)),
		reasonHistogram: prompb.FromIntHistogram(1000, &histogram.Histogram{Schema: 3, Count: 1, PositiveSpans: []histogram.Span{{Length: 5}}}),
	} {
		if status, text := postHistograms(t, c, h); status != http.StatusBadRequest || !strings.Contains(text, reason) {
			t.Errorf("%s: %d %s", reason, status, text)
		}
	}
	if status, text := postHistograms(t, c, prompb.FromIntHistogram(5000, counting(0, 5)), prompb.FromIntHistogram(5000, counting(0, 5))); status != 400 || !strings.Contains(text, "duplicate") {
		t.Errorf("the same again: %d %s", status, text)
	}
}

// A histogram that could not be stored is sent again, and nothing is missing.
func TestHistogramIsRememberedOnceStored(t *testing.T) {
	c, stored, _ := newCollector(t, nil)
	postHistograms(t, c, prompb.FromIntHistogram(1000, counting(0, 5)))
	stored.err = context.DeadlineExceeded
	if status, _ := postHistograms(t, c, prompb.FromIntHistogram(2000, counting(0, 9))); status != http.StatusServiceUnavailable {
		t.Errorf("status %d", status)
	}
	stored.err = nil
	postHistograms(t, c, prompb.FromIntHistogram(2000, counting(0, 9)))
	if len(stored.samples) != 1 || stored.samples[0].Sketch.Count() != 4 {
		t.Errorf("stored %v", stored.text())
	}
}

func TestSeriesThatBeganWhileWeWereHereIsWhole(t *testing.T) {
	c, stored, _ := newCollector(t, nil)
	began := c.cumulatives.began + 1000
	h := promv2.FromIntHistogram(began, began+5000, counting(0, 5))
	req := promv2.Request{Symbols: []string{"", "__name__", "h"}, Timeseries: []promv2.TimeSeries{{LabelsRefs: []uint32{1, 2}, Histograms: []promv2.Histogram{h}}}}
	body, err := req.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	post(t, c, v2Type, body)
	if len(stored.samples) != 1 || stored.samples[0].Sketch.Count() != 5 || stored.samples[0].Start != began {
		t.Errorf("stored %v", stored.text())
	}
}

// A real Prometheus scrapes a native histogram and sends it on by 1.0.
func TestHistogramsOfPrometheus(t *testing.T) {
	reg := prometheus.NewRegistry()
	h := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "h_seconds", Help: "x", NativeHistogramBucketFactor: 1.1})
	reg.MustRegister(h)
	target := httptest.NewServer(promhttp.HandlerFor(reg, promhttp.HandlerOpts{}))
	defer target.Close()
	c, stored, _ := newCollector(t, nil)
	mux := http.NewServeMux()
	mux.Handle("/api/v1/write", c.Handler())
	receiver := httptest.NewServer(mux)
	defer receiver.Close()

	dir := t.TempDir()
	config := filepath.Join(dir, "prometheus.yml")
	text := fmt.Sprintf(`{global: {scrape_interval: 1s}, scrape_configs: [{job_name: a, static_configs: [{targets: [%q]}]}],
remote_write: [{url: "%s/api/v1/write", send_native_histograms: true, queue_config: {batch_send_deadline: 100ms}}]}`,
		strings.TrimPrefix(target.URL, "http://"), receiver.URL)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close() // nobody else takes it so soon
	peertest.Start(t, nil, peertest.Path(t, "prometheus"), "--config.file="+config, "--storage.tsdb.path="+filepath.Join(dir, "data"),
		"--web.listen-address="+l.Addr().String(), "--enable-feature=native-histograms")

	sent := 0.0
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(time.Minute); ; <-tick.C {
		h.Observe(0.1 + sent/1000)
		sent++
		stored.mu.Lock()
		n, count := 0, 0.0
		for _, s := range stored.samples {
			if s.Kind == metric.Timing {
				n++
				count += s.Sketch.Count()
			}
		}
		stored.mu.Unlock()
		switch {
		case n >= 3 && count > 0 && count < sent:
			return
		case time.Now().After(end):
			t.Fatalf("%d timings with %v of %v observations", n, count, sent)
		}
	}
}
