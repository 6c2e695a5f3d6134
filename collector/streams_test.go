package collector

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/golang/snappy"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
	"plimsoll/internal/remotewrite"
)

// numbered posts gauges at the given instants as a part of a stream.
func numbered(t *testing.T, c *Collector, stream string, first uint64, at ...int64) *httptest.ResponseRecorder {
	t.Helper()
	var samples []metric.Sample
	for _, at := range at {
		samples = append(samples, metric.Sample{Labels: labels.FromStrings("__name__", "a"), At: at, Value: float64(at)})
	}
	req := httptest.NewRequest(http.MethodPost, "/api/v1/write", bytes.NewReader(snappy.Encode(nil, remotewrite.EncodeV2(samples))))
	req.Header.Set("Content-Type", v2Type)
	req.Header.Set(remotewrite.StreamHeader, stream)
	req.Header.Set(remotewrite.FirstHeader, strconv.FormatUint(first, 10))
	w := httptest.NewRecorder()
	c.Handler().ServeHTTP(w, req)
	return w
}

func TestWhatCameBeforeIsNotTakenAgain(t *testing.T) {
	c, stored, _ := newCollector(t, nil)
	for _, request := range []struct {
		first uint64
		at    []int64
	}{{0, []int64{1000, 2000}}, {0, []int64{1000, 2000}}, {1, []int64{2000, 3000}}, {9, []int64{4000}}} {
		w := numbered(t, c, "s", request.first, request.at...)
		if n := w.Header().Get("X-Prometheus-Remote-Write-Samples-Written"); w.Code != http.StatusNoContent || n != strconv.Itoa(len(request.at)) {
			t.Errorf("request at %d: status %d, %s written", request.first, w.Code, n)
		}
	}
	numbered(t, c, "other", 0, 5000)
	want := []string{
		`{__name__="a"} gauge 1000 @1000 since 0`, `{__name__="a"} gauge 2000 @2000 since 0`, `{__name__="a"} gauge 3000 @3000 since 0`,
		`{__name__="a"} gauge 4000 @4000 since 0`, `{__name__="a"} gauge 5000 @5000 since 0`,
	}
	if diff := cmp.Diff(want, stored.text()); diff != "" {
		t.Error(diff)
	}
}

func TestWhatWasNotStoredIsTakenAgain(t *testing.T) {
	c, stored, _ := newCollector(t, nil)
	stored.err = http.ErrServerClosed
	numbered(t, c, "s", 0, 1000)
	stored.err = nil
	if w := numbered(t, c, "s", 0, 1000); w.Code != http.StatusNoContent || len(stored.samples) != 1 {
		t.Errorf("status %d, %d stored", w.Code, len(stored.samples))
	}
}

func TestReasonsAreTold(t *testing.T) {
	c, stored, _ := newCollector(t, nil)
	stored.refuse = func(s metric.Sample) string {
		if s.At < 2500 {
			return "late"
		}
		return ""
	}
	w := numbered(t, c, "s", 0, 1000, 2000, 3000)
	if diff := cmp.Diff(map[string]int{"late": 2}, remotewrite.ParseRefused(w.Header().Get(remotewrite.RefusedHeader))); diff != "" {
		t.Error(diff)
	}
}

func TestStreamsOutliveARestart(t *testing.T) {
	c, _, _ := newCollector(t, nil)
	numbered(t, c, "s", 0, 1000, 2000)
	if err := c.save(true); err != nil {
		t.Fatal(err)
	}
	again, stored, _ := newCollector(t, func(cfg *Config) { cfg.Dir = c.cfg.Dir })
	numbered(t, again, "s", 0, 1000, 2000, 3000)
	if diff := cmp.Diff([]string{`{__name__="a"} gauge 3000 @3000 since 0`}, stored.text()); diff != "" {
		t.Error(diff)
	}
}

func TestStreamsAreBounded(t *testing.T) {
	s := streams{by: map[string]*stream{}}
	now := time.Unix(1000, 0)
	for i := range maxStreams + 5 {
		s.get(strconv.Itoa(i), now.Add(time.Duration(i)))
	}
	if _, first := s.by["0"]; first || len(s.by) != maxStreams {
		t.Errorf("%d streams, the first is there: %v", len(s.by), first)
	}
}
