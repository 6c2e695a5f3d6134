package remote

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/golang/snappy"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/prompb"

	"plimsoll/internal/metric"
	"plimsoll/internal/protobuf"
	"plimsoll/internal/query"
)

// newReader returns a Reader of an engine that answers as handle does.
func newReader(t *testing.T, flavour string, handle http.HandlerFunc) *Reader {
	t.Helper()
	srv := httptest.NewServer(handle)
	t.Cleanup(srv.Close)
	c := testConfig(t.TempDir(), nil)
	c.Flavour, c.Read = flavour, srv.URL+"/select/0/prometheus"
	r, err := NewReader(c, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// raw returns the points of all series with a name, from 0 to 100 s.
func raw(t *testing.T, r *Reader, ms ...*labels.Matcher) (map[string][]metric.Point, error) {
	t.Helper()
	q, err := r.Querier(0, 100_000)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]metric.Point{}
	set := q.Select(t.Context(), true, nil, ms...)
	for set.Next() {
		it := set.At().Iterator(nil)
		for it.Next() != 0 {
			at, v := it.At()
			name := set.At().Labels().String()
			out[name] = append(out[name], metric.Point{At: at, Value: v})
		}
	}
	return out, set.Err()
}

// An engine that streams nothing gives samples in one piece.
func TestSamplesInOnePiece(t *testing.T) {
	var asked prompb.ReadRequest
	r := newReader(t, Prometheus, func(w http.ResponseWriter, req *http.Request) {
		packed, _ := io.ReadAll(req.Body)
		body, err := snappy.Decode(nil, packed)
		if err = errors.Join(err, asked.Unmarshal(body)); err != nil || req.URL.Path != "/select/0/prometheus/api/v1/read" {
			t.Errorf("%v %s", err, req.URL)
		}
		answer := prompb.ReadResponse{Results: []*prompb.QueryResult{{Timeseries: []*prompb.TimeSeries{{
			Labels:  []prompb.Label{{Name: "__name__", Value: "g"}, {Name: "host", Value: "a"}},
			Samples: []prompb.Sample{{Value: 1, Timestamp: 5}, {Value: -2.5, Timestamp: 100_000}, {Value: 3, Timestamp: 100_001}},
		}, {
			Labels:     []prompb.Label{{Name: "__name__", Value: "h"}},
			Histograms: []prompb.Histogram{{Timestamp: 5}},
		}}}}}
		b, err := answer.Marshal()
		if err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", "application/x-protobuf")
		_, _ = w.Write(snappy.Encode(nil, b))
	})
	got, err := raw(t, r, labels.MustNewMatcher(labels.MatchNotRegexp, "host", "x"))
	want := map[string][]metric.Point{`{__name__="g", host="a"}`: {{At: 5, Value: 1}, {At: 100_000, Value: -2.5}}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
	q := asked.Queries[0]
	if q.EndTimestampMs != 100_000 || q.Matchers[0].Type != prompb.LabelMatcher_NRE || q.Matchers[0].Name != "host" || q.Matchers[0].Value != "x" ||
		asked.AcceptedResponseTypes[0] != prompb.ReadRequest_STREAMED_XOR_CHUNKS {
		t.Errorf("%+v", asked)
	}
}

// Blocks of a series come in any order, and each as often as it is kept.
func TestExportedBlocks(t *testing.T) {
	r := newReader(t, VictoriaMetrics, func(w http.ResponseWriter, req *http.Request) {
		if err := req.ParseForm(); err != nil || req.URL.Path != "/select/0/prometheus/api/v1/export" ||
			req.Form.Get("match[]") != `{__name__="g"}` || req.Form.Get("end") != "100.000" {
			t.Errorf("%v %s %v", err, req.URL, req.Form)
		}
		_, _ = io.WriteString(w, `{"metric":{"__name__":"g"},"values":[3,null,"Infinity"],"timestamps":[30,40,50]}
{"metric":{"__name__":"g","host":"b"},"values":[7],"timestamps":[1]}
{"metric":{"__name__":"g"},"values":[1,2e3],"timestamps":[10,20]}
{"metric":{"__name__":"g"},"values":[3],"timestamps":[30]}`)
	})
	got, err := raw(t, r, labels.MustNewMatcher(labels.MatchEqual, "__name__", "g"))
	want := map[string][]metric.Point{
		`{__name__="g"}`:           {{At: 10, Value: 1}, {At: 20, Value: 2000}, {At: 30, Value: 3}, {At: 40, Value: math.Float64frombits(value.StaleNaN)}, {At: 50, Value: math.Inf(1)}},
		`{__name__="g", host="b"}`: {{At: 1, Value: 7}},
	}
	same := cmp.Comparer(func(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) })
	if diff := cmp.Diff(want, got, same); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
}

// Whatever comes in the place of an answer is an error with a reason, and none
// is taken for an empty answer.
func TestAnswersThatAreNone(t *testing.T) {
	streamed := map[string][]string{"Content-Type": {"application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse"}}
	for name, c := range map[string]struct {
		flavour string
		header  http.Header
		status  int
		body    string
		want    error
	}{
		"error":          {Prometheus, nil, 500, "no disk\nmore", errEngine},
		"error exported": {VictoriaMetrics, nil, 422, "no", errEngine},
		"half a frame":   {Prometheus, streamed, 200, "\x05abc", io.ErrUnexpectedEOF},
		"wrong checksum": {Prometheus, streamed, 200, "\x01aaaab", errMessage},
		"huge frame":     {Prometheus, streamed, 200, "\xff\xff\xff\xff\xff\x01", errMessage},
		"not snappy":     {Prometheus, nil, 200, "\xff\xff\xff\xff\xff\xff", metric.ErrTooMuch},
		"half a line":    {VictoriaMetrics, nil, 200, `{"metric":{"a":"b"},"values":[1`, io.ErrUnexpectedEOF},
		"uneven line":    {VictoriaMetrics, nil, 200, `{"metric":{"a":"b"},"values":[1],"timestamps":[]}`, errMessage},
	} {
		r := newReader(t, c.flavour, func(w http.ResponseWriter, _ *http.Request) {
			for k, v := range c.header {
				w.Header()[k] = v
			}
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, c.body)
		})
		var syntax *json.SyntaxError
		if _, err := raw(t, r); err == nil || !errors.Is(errors.Unwrap(queryError(t, r)), c.want) && !errors.As(queryError(t, r), &syntax) {
			t.Errorf("%s: %v", name, queryError(t, r))
		}
	}
}

// queryError is what our engine makes of what the reader says.
func queryError(t *testing.T, r *Reader) error {
	t.Helper()
	_, err := query.New(r, query.Default()).Query(t.Context(), metric.Query{Expr: "g", End: time.Unix(50, 0)})
	return err
}

func TestAwayIsAnError(t *testing.T) {
	r, err := NewReader(testConfig(t.TempDir(), nil), nil) // nobody listens there
	if err != nil {
		t.Fatal(err)
	}
	if _, err := raw(t, r); err == nil {
		t.Error("an engine that is away gave an answer")
	}
	if _, err := (PushDown{Reader: r}).Query(t.Context(), metric.Query{Expr: "g", Step: time.Second}); err == nil {
		t.Error("a range query gave an answer")
	}
}

func FuzzStreamed(f *testing.F) {
	f.Add([]byte("\x05abc"))
	f.Fuzz(func(t *testing.T, b []byte) {
		g := &gathered{maxt: math.MaxInt64, left: 1000, byHash: map[uint64][]int{}}
		_ = g.chunkedSeries(new(protobuf.Reader), b) // must not panic
		_ = g.sampledSeries(new(protobuf.Reader), b)
		_ = g.sampled(bytes.NewReader(snappy.Encode(nil, b)))
		_ = g.line(b)
		if n := len(g.finish()); n > 1000 {
			t.Errorf("%d series", n)
		}
	})
}
