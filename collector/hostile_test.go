package collector

import (
	"bytes"
	"math"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/golang/snappy"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/prompb"
	"google.golang.org/protobuf/encoding/protowire"
	"pgregory.net/rapid"

	"plimsoll/internal/metric"
	"plimsoll/internal/protobuf"
	"plimsoll/internal/sender"
)

// A histogram that is refused, for its stamp or its sender, must not stand in the
// way of the series' others.
func TestRefusedHistogramIsNotRemembered(t *testing.T) {
	c, stored, _ := newCollector(t, nil)
	now := metric.Millis(time.Now())
	postHistograms(t, c, prompb.FromIntHistogram(now-3000, counting(0, 5)))
	if status, _ := postHistograms(t, c, prompb.FromIntHistogram(now+3_600_000, counting(0, 6))); status != http.StatusBadRequest {
		t.Errorf("of the future: status %d", status)
	}
	other := sender.Sender{Name: "web2", Address: "10.0.0.2", Write: sender.Write{Instances: []string{"web2"}}}
	if status := postAs(t, c, other, prompb.FromIntHistogram(now-1500, counting(0, 7))); status != http.StatusBadRequest {
		t.Errorf("of another: status %d", status)
	}
	postHistograms(t, c, prompb.FromIntHistogram(now-2000, counting(0, 9)))
	if len(stored.samples) != 1 || stored.samples[0].Sketch.Count() != 4 {
		t.Errorf("stored %v", stored.text())
	}
}

func postAs(t *testing.T, c *Collector, from sender.Sender, h prompb.Histogram) int {
	t.Helper()
	body, err := (&prompb.WriteRequest{Timeseries: []prompb.TimeSeries{{
		Labels: []prompb.Label{{Name: "__name__", Value: "h_seconds"}}, Histograms: []prompb.Histogram{h},
	}}}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	req := httptest.NewRequest(http.MethodPost, "/api/v1/write", bytes.NewReader(snappy.Encode(nil, body)))
	w := httptest.NewRecorder()
	c.Handler().ServeHTTP(w, req.WithContext(sender.With(req.Context(), from)))
	return w.Code
}

// Counts need not be packed: they are as bounded then.
func TestUnpackedCountsAreBounded(t *testing.T) {
	var b []byte
	for range maxBuckets + 1 {
		b = protowire.AppendFixed64(protowire.AppendTag(b, 13, protowire.Fixed64Type), 0)
	}
	if h := readHistogram(new(protobuf.Reader), b, 0, maxBuckets); !h.tooLarge || len(h.PositiveBuckets) > maxBuckets {
		t.Errorf("%d buckets are taken", len(h.PositiveBuckets))
	}
}

// A bucket without a count is a byte on the wire and eight in memory, of which a
// few may be kept.
func TestBucketsOfARequestAreBounded(t *testing.T) {
	c, _, _ := newCollector(t, nil)
	h := counting(0, make([]int64, maxBuckets)...)
	var req prompb.WriteRequest
	for i := range maxRequestBuckets/maxBuckets + 5 {
		req.Timeseries = append(req.Timeseries, prompb.TimeSeries{
			Labels:     []prompb.Label{{Name: "__name__", Value: "h"}, {Name: "i", Value: strconv.Itoa(i)}},
			Histograms: []prompb.Histogram{prompb.FromIntHistogram(1000, h)},
		})
	}
	if status, text := postV1(t, c, req); status != http.StatusBadRequest {
		t.Errorf("%d %s", status, text)
	}
	none := readHistogram(new(protobuf.Reader), protowire.AppendBytes(protowire.AppendTag(nil, 12, protowire.BytesType), make([]byte, 1000)), 0, 0)
	if !none.tooLarge || cap(none.PositiveBuckets) > 0 {
		t.Errorf("what is refused takes room for %d buckets", cap(none.PositiveBuckets))
	}
	if c.cumulatives.buckets > maxRequestBuckets {
		t.Errorf("%d buckets are kept", c.cumulatives.buckets)
	}
}

func TestHistogramsThatGrowStayBounded(t *testing.T) {
	c := cumulatives{by: map[string]cumulative{}, from: map[string]int{}}
	series := func(buckets int) map[string]cumulative {
		out := map[string]cumulative{}
		for i := range maxCumulative {
			h := &histogram.FloatHistogram{PositiveBuckets: make([]float64, buckets)}
			out[strconv.Itoa(i)] = cumulative{at: int64(buckets), h: h}
		}
		return out
	}
	few := series(1)
	c.keep(few, "a")
	if len(c.by) != maxCumulative/2 {
		t.Errorf("%d series of one source", len(c.by))
	}
	c.keep(few, "b")
	c.keep(series(500), "b")
	sum, of := 0, map[string]int{}
	for _, it := range c.by {
		sum += it.size()
		of[it.source]++
	}
	if sum != c.buckets || sum > maxCumulativeBuckets {
		t.Errorf("%d buckets, counted as %d", sum, c.buckets)
	}
	if diff := cmp.Diff(of, c.from); diff != "" {
		t.Error(diff)
	}
}

// Whatever a histogram holds, it is taken or refused.
func TestAbsurdHistograms(t *testing.T) {
	c, _, _ := newCollector(t, nil)
	at := int64(1000)
	rapid.Check(t, func(t *rapid.T) {
		at++
		number := rapid.OneOf(rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), -1, 0, 1, 1e308}), rapid.Float64())
		side := func(name string) (spans []prompb.BucketSpan, counts []float64) {
			counts = rapid.SliceOfN(number, 0, 8).Draw(t, name)
			for left := len(counts); left > 0; {
				n := rapid.IntRange(0, left).Draw(t, "length")
				spans = append(spans, prompb.BucketSpan{Offset: rapid.Int32().Draw(t, "offset"), Length: uint32(n)})
				left -= max(n, rapid.IntRange(0, 1).Draw(t, "less"))
			}
			return spans, counts
		}
		h := prompb.Histogram{
			Timestamp: at, Schema: rapid.OneOf(rapid.Int32Range(-5, 9), rapid.Int32()).Draw(t, "schema"), Sum: number.Draw(t, "sum"),
			ZeroThreshold: number.Draw(t, "threshold"), Count: &prompb.Histogram_CountFloat{CountFloat: number.Draw(t, "count")},
			ZeroCount: &prompb.Histogram_ZeroCountFloat{ZeroCountFloat: number.Draw(t, "zero")},
		}
		h.PositiveSpans, h.PositiveCounts = side("positive")
		h.NegativeSpans, h.NegativeCounts = side("negative")
		body, err := (&prompb.WriteRequest{Timeseries: []prompb.TimeSeries{{
			Labels: []prompb.Label{{Name: "__name__", Value: "h"}}, Histograms: []prompb.Histogram{h},
		}}}).Marshal()
		if err != nil {
			t.Fatal(err)
		}
		req := httptest.NewRequest(http.MethodPost, "/api/v1/write", bytes.NewReader(snappy.Encode(nil, body)))
		w := httptest.NewRecorder()
		c.Handler().ServeHTTP(w, req)
		if w.Code != http.StatusNoContent && w.Code != http.StatusBadRequest {
			t.Fatalf("status %d: %s", w.Code, w.Body)
		}
	})
}

// A spool that was copied, or a machine that was set back to a snapshot, gives
// numbers anew that were given before: what is newer than all that came is no repeat.
func TestNumbersThatAreGivenAnew(t *testing.T) {
	c, stored, _ := newCollector(t, nil)
	numbered(t, c, "s", 0, 1000, 2000, 3000, 4000, 5000)
	for range 2 {
		w := numbered(t, c, "s", 1, 2000, 6000, 7000)
		if n := w.Header().Get("X-Prometheus-Remote-Write-Samples-Written"); w.Code != http.StatusNoContent || n != "3" {
			t.Errorf("status %d, %s written", w.Code, n)
		}
	}
	if n := len(stored.samples); n != 7 {
		t.Errorf("%d stored: %v", n, stored.text())
	}
	if err := c.save(true); err != nil {
		t.Fatal(err)
	}
	again, stored, _ := newCollector(t, func(cfg *Config) { cfg.Dir = c.cfg.Dir })
	numbered(t, again, "s", 1, 2000, 6000, 7000, 8000)
	numbered(t, again, "s", 2, 9000)
	if n := len(stored.samples); n != 2 {
		t.Errorf("%d stored after a restart: %v", n, stored.text())
	}
}
