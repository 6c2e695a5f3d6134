package dashboard

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/golang/snappy"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/prompb"

	"plimsoll/internal/metric"
)

func remoteReadRequest(t *testing.T, req *prompb.ReadRequest) *http.Request {
	t.Helper()
	plain, err := req.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return httptest.NewRequest(http.MethodPost, "/api/v1/read", bytes.NewReader(snappy.Encode(nil, plain)))
}

// What Prometheus' own messages say goes in and comes out.
func TestRemoteRead(t *testing.T) {
	cfg := testConfig()
	cfg.Samples = wide{series: 2}
	s := newServer(t, cfg)
	w := do(s, remoteReadRequest(t, &prompb.ReadRequest{Queries: []*prompb.Query{{
		StartTimestampMs: 1000, EndTimestampMs: 3000,
		Matchers: []*prompb.LabelMatcher{{Type: prompb.LabelMatcher_RE, Name: "__name__", Value: "u.*"}},
		Hints:    &prompb.ReadHints{StepMs: 1000, Func: "rate", RangeMs: 60_000},
	}}}))
	if w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	packed, err := io.ReadAll(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := snappy.Decode(nil, packed)
	if err != nil {
		t.Fatal(err)
	}
	var got prompb.ReadResponse
	if err := got.Unmarshal(plain); err != nil {
		t.Fatal(err)
	}
	series := func(n string) *prompb.TimeSeries {
		return &prompb.TimeSeries{
			Labels:  []prompb.Label{{Name: "__name__", Value: "up"}, {Name: "n", Value: n}},
			Samples: []prompb.Sample{{Value: 1, Timestamp: 1000}, {Value: 1, Timestamp: 2000}, {Value: 1, Timestamp: 3000}},
		}
	}
	want := prompb.ReadResponse{Results: []*prompb.QueryResult{{Timeseries: []*prompb.TimeSeries{series("a"), series("b")}}}}
	if diff := cmp.Diff(want.String(), got.String()); diff != "" {
		t.Error(diff)
	}
}

func TestRemoteReadRefuses(t *testing.T) {
	cfg := testConfig()
	cfg.Samples = wide{series: 1000}
	s := newServer(t, cfg)
	bad := prompb.LabelMatcher{Type: prompb.LabelMatcher_RE, Name: "a", Value: "("}
	for _, c := range []struct {
		r    *http.Request
		code int
	}{
		{httptest.NewRequest(http.MethodPost, "/api/v1/read", strings.NewReader("no snappy")), http.StatusBadRequest},
		{httptest.NewRequest(http.MethodPost, "/api/v1/read", bytes.NewReader(snappy.Encode(nil, []byte("\x0a\xff")))), http.StatusBadRequest},
		{httptest.NewRequest(http.MethodPost, "/api/v1/read", bytes.NewReader(snappy.Encode(nil, make([]byte, 2<<20)))), http.StatusBadRequest},
		{remoteReadRequest(t, &prompb.ReadRequest{Queries: []*prompb.Query{{Matchers: []*prompb.LabelMatcher{&bad}}}}), http.StatusBadRequest},
		{remoteReadRequest(t, &prompb.ReadRequest{Queries: []*prompb.Query{{StartTimestampMs: 0, EndTimestampMs: 10_000_000}}}), http.StatusUnprocessableEntity},
	} {
		if w := do(s, c.r); w.Code != c.code {
			t.Errorf("%d %s, want %d", w.Code, w.Body, c.code)
		}
	}
	cfg = testConfig()
	if w := do(newServer(t, cfg), remoteReadRequest(t, &prompb.ReadRequest{})); w.Code != http.StatusNotFound {
		t.Errorf("without a storage: %d", w.Code)
	}
}

func TestFederate(t *testing.T) {
	cfg := testConfig()
	cfg.History = &fakeQuerier{answer: func(_ context.Context, q metric.Query) (metric.Result, error) {
		one := metric.Series{Labels: labels.FromStrings("__name__", "up", "job", `a"b`), Points: []metric.Point{{At: 1700000000123, Value: 0.5}}}
		return metric.Result{Type: metric.Vector, Series: []metric.Series{one}}, nil
	}}
	s := newServer(t, cfg)
	w := get(s, "/federate?match[]=up&match[]=%7Bjob!%3D%22%22%7D")
	want := "# TYPE up untyped\nup{job=\"a\\\"b\"} 0.5 1700000000123\n"
	if got := w.Body.String(); w.Code != http.StatusOK || got != want {
		t.Errorf("%d %q, want %q", w.Code, got, want)
	}
	if w := get(s, "/federate?match[]=sum(up)"); w.Code != http.StatusBadRequest {
		t.Errorf("an expression: %d %s", w.Code, w.Body)
	}
}
