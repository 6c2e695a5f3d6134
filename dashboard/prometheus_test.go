package dashboard

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
)

func TestQueryAnswers(t *testing.T) {
	up := labels.FromStrings("__name__", "up", "instance", "a\"<b>é", "job", "node")
	point := func(ms int64, v float64) []metric.Point { return []metric.Point{{At: ms, Value: v}} }
	for _, c := range []struct {
		name   string
		result metric.Result
		want   string
	}{
		{
			"vector",
			metric.Result{Type: metric.Vector, Series: []metric.Series{{Labels: up, Points: point(1435781451781, 1)}}},
			`{"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":"up","instance":"a\"\u003cb\u003eé","job":"node"},"value":[1435781451.781,"1"]}]}}`,
		},
		{
			"empty vector",
			metric.Result{Type: metric.Vector},
			`{"status":"success","data":{"resultType":"vector","result":[]}}`,
		},
		{
			"no labels",
			metric.Result{Type: metric.Vector, Series: []metric.Series{{Points: point(1000, 0.1)}}},
			`{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"0.1"]}]}}`,
		},
		{
			"matrix",
			metric.Result{Type: metric.Matrix, Series: []metric.Series{
				{Labels: labels.FromStrings("a", "b"), Points: []metric.Point{{At: 1000, Value: math.NaN()}, {At: 2010, Value: math.Inf(1)}, {At: 3001, Value: math.Inf(-1)}}},
				{Labels: labels.FromStrings("a", "c"), Points: point(-1500, -0.5)},
			}},
			`{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"a":"b"},"values":[[1,"NaN"],[2.010,"+Inf"],[3.001,"-Inf"]]},{"metric":{"a":"c"},"values":[[-1.500,"-0.5"]]}]}}`,
		},
		{
			"scalar",
			metric.Result{Type: metric.Scalar, Series: []metric.Series{{Points: point(1, 1e21)}}},
			`{"status":"success","data":{"resultType":"scalar","result":[0.001,"1e+21"]}}`,
		},
		{
			"string",
			metric.Result{Type: metric.String, Text: "x\n", Series: []metric.Series{{Points: point(5000, 0)}}},
			`{"status":"success","data":{"resultType":"string","result":[5,"x\n"]}}`,
		},
		{
			"warnings",
			metric.Result{Type: metric.Vector, Warnings: []string{"part is missing"}},
			`{"status":"success","data":{"resultType":"vector","result":[]},"warnings":["part is missing"]}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := testConfig()
			cfg.History = &fakeQuerier{answer: func(context.Context, metric.Query) (metric.Result, error) { return c.result, nil }}
			w := get(newServer(t, cfg), "/api/v1/query?query=up&time=1")
			if diff := cmp.Diff(c.want, w.Body.String()); diff != "" || w.Code != http.StatusOK {
				t.Errorf("status %d, -want +got:\n%s", w.Code, diff)
			}
			if got := w.Header().Get("Content-Type"); got != "application/json" {
				t.Errorf("Content-Type %q", got)
			}
		})
	}
}

func TestQueryParametersReachTheQuerier(t *testing.T) {
	history := &fakeQuerier{}
	cfg := testConfig()
	cfg.History = history
	s := newServer(t, cfg)
	form := url.Values{"query": {"up"}, "start": {"2015-07-01T20:10:30.781Z"}, "end": {"1435781460.5"}, "step": {"1m30s"}}
	if w := post(s, "/api/v1/query_range", form); w.Code != http.StatusOK {
		t.Fatalf("query_range: %d %s", w.Code, w.Body)
	}
	if w := post(s, "/api/v1/query", url.Values{"query": {"2*up"}, "time": {"1.2345"}}); w.Code != http.StatusOK {
		t.Fatalf("query: %d %s", w.Code, w.Body)
	}
	want := []metric.Query{
		{Expr: "up", Start: time.UnixMilli(1435781430781).UTC(), End: time.UnixMilli(1435781460500).UTC(), Step: 90 * time.Second},
		{Expr: "2*up", Start: time.UnixMilli(1235).UTC(), End: time.UnixMilli(1235).UTC()},
	}
	if diff := cmp.Diff(want, history.queries); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestQueryErrors(t *testing.T) {
	fail := func(err error) func(context.Context, metric.Query) (metric.Result, error) {
		return func(context.Context, metric.Query) (metric.Result, error) { return metric.Result{}, err }
	}
	wait := func(ctx context.Context, _ metric.Query) (metric.Result, error) {
		<-ctx.Done()
		return metric.Result{}, errors.New("query timed out in expression evaluation")
	}
	for _, c := range []struct {
		name, target string
		answer       func(context.Context, metric.Query) (metric.Result, error)
		code         int
		want         string
	}{
		{
			"bad query", "query?query=x(", fail(fmt.Errorf("1:3: parse error: %w", metric.ErrBadQuery)), 400,
			`{"status":"error","errorType":"bad_data","error":"invalid parameter \"query\": 1:3: parse error: bad query"}`,
		},
		{
			"too much", "query?query=x", fail(fmt.Errorf("50000001 samples: %w", metric.ErrTooMuch)), 422,
			`{"status":"error","errorType":"execution","error":"50000001 samples: query exceeds a limit"}`,
		},
		{
			"execution", "query?query=x", fail(fmt.Errorf("%w: found duplicate series", metric.ErrExecution)), 422,
			`{"status":"error","errorType":"execution","error":"query execution: found duplicate series"}`,
		},
		{
			"internal", "query?query=x", fail(errors.New("read series: input/output error")), 500,
			`{"status":"error","errorType":"internal","error":"read series: input/output error"}`,
		},
		{
			"timeout", "query?query=x&timeout=1ms", wait, 503,
			`{"status":"error","errorType":"timeout","error":"query timed out in expression evaluation"}`,
		},
		{
			"canceled", "query?query=x", fail(context.Canceled), 499,
			`{"status":"error","errorType":"canceled","error":"context canceled"}`,
		},
		{
			"time", "query?query=x&time=noon", nil, 400,
			`{"status":"error","errorType":"bad_data","error":"invalid parameter \"time\": cannot parse \"noon\" to a valid timestamp"}`,
		},
		{
			"limit", "query?query=x&limit=-1", nil, 400,
			`{"status":"error","errorType":"bad_data","error":"invalid parameter \"limit\": limit must be non-negative"}`,
		},
		{
			"end first", "query_range?query=x&start=2&end=1&step=1", nil, 400,
			`{"status":"error","errorType":"bad_data","error":"invalid parameter \"end\": end timestamp must not be before start time"}`,
		},
		{
			"step", "query_range?query=x&start=1&end=2&step=0", nil, 400,
			`{"status":"error","errorType":"bad_data","error":"invalid parameter \"step\": zero or negative query resolution step widths are not accepted. Try a positive integer"}`,
		},
		{
			"no start", "query_range?query=x&end=2&step=1", nil, 400,
			`{"status":"error","errorType":"bad_data","error":"invalid parameter \"start\": cannot parse \"\" to a valid timestamp"}`,
		},
		{
			"points", "query_range?query=x&start=0&end=11001&step=1", nil, 400,
			`{"status":"error","errorType":"bad_data","error":"exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)"}`,
		},
		{
			"no match", "series", nil, 400,
			`{"status":"error","errorType":"bad_data","error":"no match[] parameter provided"}`,
		},
		{
			"match all", "series?match[]={}", nil, 400,
			`{"status":"error","errorType":"bad_data","error":"invalid parameter \"match[]\": match[] must contain at least one non-empty matcher"}`,
		},
		{"unknown", "nonsense", nil, 404, `{"status":"error","errorType":"not_found","error":"no such path"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // time passes only while the query waits
				cfg := testConfig()
				cfg.History = &fakeQuerier{answer: c.answer}
				w := get(newServer(t, cfg), "/api/v1/"+c.target)
				if diff := cmp.Diff(c.want, w.Body.String()); diff != "" || w.Code != c.code {
					t.Errorf("status %d, want %d; -want +got:\n%s", w.Code, c.code, diff)
				}
			})
		})
	}
}

func TestMostPointsAreAllowed(t *testing.T) {
	w := get(newServer(t, testConfig()), "/api/v1/query_range?query=x&start=0&end=11000&step=1")
	if w.Code != http.StatusOK {
		t.Errorf("11,001 instants: %d %s", w.Code, w.Body)
	}
}

func TestQueryLimitTruncates(t *testing.T) {
	cfg := testConfig()
	cfg.History = &fakeQuerier{answer: func(context.Context, metric.Query) (metric.Result, error) {
		return metric.Result{Type: metric.Vector, Series: make([]metric.Series, 3)}, nil
	}}
	w := get(newServer(t, cfg), "/api/v1/query?query=x&limit=2")
	if want := `"warnings":["results truncated due to limit"]`; !strings.Contains(w.Body.String(), want) {
		t.Errorf("%s lacks %s", w.Body, want)
	}
}

func TestHugeAnswerIsRefused(t *testing.T) {
	cfg := testConfig()
	cfg.History = &fakeQuerier{answer: func(context.Context, metric.Query) (metric.Result, error) {
		points := make([]metric.Point, maxAnswerPoints/1000+1)
		return metric.Result{Type: metric.Matrix, Series: slices.Repeat([]metric.Series{{Points: points}}, 1000)}, nil
	}}
	w := get(newServer(t, cfg), "/api/v1/query?query=x")
	if w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "the answer has 4001000 points") {
		t.Errorf("%d %.200s", w.Code, w.Body)
	}
}

func TestFormTooLarge(t *testing.T) {
	w := post(newServer(t, testConfig()), "/api/v1/query", url.Values{"query": {strings.Repeat("x", maxForm)}})
	if w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// One query holds the only place; the next gives up when its time is over.
func TestParallelQueriesAreBounded(t *testing.T) { synctest.Test(t, parallelQueriesAreBounded) }

func parallelQueriesAreBounded(t *testing.T) {
	leave := make(chan struct{})
	cfg := testConfig()
	cfg.Limits.Queries = 1
	cfg.History = &fakeQuerier{answer: func(context.Context, metric.Query) (metric.Result, error) {
		<-leave
		return metric.Result{Type: metric.Vector}, nil
	}}
	s := newServer(t, cfg)
	first := make(chan int, 1)
	go func() { first <- get(s, "/api/v1/query?query=x").Code }()
	synctest.Wait() // it has the place
	const want = `{"status":"error","errorType":"timeout","error":"wait for a place: all of 1 are taken: context deadline exceeded"}`
	if w := get(s, "/api/v1/query?query=y&timeout=5ms"); w.Code != http.StatusServiceUnavailable || w.Body.String() != want {
		t.Errorf("second query: %d %s, want %s", w.Code, w.Body, want)
	}
	close(leave)
	if code := <-first; code != http.StatusOK {
		t.Errorf("first query: %d", code)
	}
}

func TestLargeAnswersAreCompressed(t *testing.T) {
	cfg := testConfig()
	cfg.History = &fakeQuerier{names: []string{strings.Repeat("x", 2*gzipFrom)}}
	s := newServer(t, cfg)
	r, _ := http.NewRequest(http.MethodGet, "http://127.0.0.1/api/v1/labels", nil)
	r.Header.Set("Accept-Encoding", "br, gzip;q=0.5")
	if w := do(s, r); w.Header().Get("Content-Encoding") != "gzip" || w.Body.Len() > 500 {
		t.Errorf("%v, %d bytes", w.Header(), w.Body.Len())
	}
	r.Header.Set("Accept-Encoding", "gzip;q=0")
	if w := do(s, r); w.Header().Get("Content-Encoding") != "" {
		t.Errorf("compressed for a client that refuses it: %v", w.Header())
	}
}

func TestEngineVersionIsThatOfGoMod(t *testing.T) {
	mod, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	major, rest, _ := strings.Cut(engineVersion, ".")
	minor, patch, _ := strings.Cut(rest, ".")
	want := fmt.Sprintf("github.com/prometheus/prometheus v0.%s%02s.%s", major, minor, patch)
	if !strings.Contains(string(mod), want) {
		t.Errorf("go.mod does not have %q: engineVersion is stale", want)
	}
}

// An answer from coarse rows says so, in Prometheus' infos and in a header.
func TestAnswerTellsItsResolution(t *testing.T) {
	res := metric.Result{Type: metric.Vector, Infos: []string{"PromQL info: from rows of 10m"}, Resolution: 10 * time.Minute}
	cfg := testConfig()
	cfg.History = &fakeQuerier{answer: func(context.Context, metric.Query) (metric.Result, error) { return res, nil }}
	s := newServer(t, cfg)
	w := get(s, "/api/v1/query?query=up")
	want := `{"status":"success","data":{"resultType":"vector","result":[]},"infos":["PromQL info: from rows of 10m"]}`
	if got := w.Body.String(); got != want || w.Header().Get("X-Plimsoll-Resolution") != "600s" {
		t.Errorf("%s, %v", got, w.Header())
	}
	res = metric.Result{Type: metric.Vector}
	if w := get(s, "/api/v1/query?query=up"); w.Header().Get("X-Plimsoll-Resolution") != "" {
		t.Errorf("of the finest rows: %v", w.Header())
	}
}
