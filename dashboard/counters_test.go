package dashboard

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"testing"
)

func TestCounterViews(t *testing.T) {
	cfg := testConfig()
	if w := get(newServer(t, cfg), "/api/plimsoll/v1/counters/top"); w.Code != http.StatusNotFound {
		t.Errorf("without: %d", w.Code)
	}
	cfg.CounterViews = CounterViews{
		Account: func() any { return map[string]any{"received": 4} },
		Top:     func(_ context.Context, n int) (any, error) { return map[string]any{"n": n}, nil },
	}
	cfg.Processes = func(_ context.Context, n int, by string) (any, error) { return map[string]any{"n": n, "by": by}, nil }
	s := newServer(t, cfg)
	for target, want := range map[string]string{
		"/api/plimsoll/v1/processes":                  `200 {"by":"cpu","n":20}`,
		"/api/plimsoll/v1/processes?n=1000&by=memory": `200 {"by":"memory","n":500}`,
		"/api/plimsoll/v1/processes?by=luck":          `400 {"status":"error","errorType":"bad_data","error":"invalid parameter \"by\": \"luck\" is neither cpu nor memory"}`,
		"/api/plimsoll/v1/counters":                   `200 {"received":3}`,
		"/api/plimsoll/v1/counters?names=0":           `200 {"received":4}`,
		"/api/plimsoll/v1/counters/top":               `200 {"n":20}`,
		"/api/plimsoll/v1/counters/top?n=99999":       `200 {"n":1000}`,
		"/api/plimsoll/v1/counters/top?n=x":           `400 {"status":"error","errorType":"bad_data","error":"invalid parameter \"n\": strconv.Atoi: parsing \"x\": invalid syntax"}`,
		"/api/plimsoll/v1/counters/tail":              `404 {"status":"error","errorType":"not_found","error":"this server has no such part"}`,
	} {
		if w := get(s, target); fmt.Sprint(w.Code, " ", w.Body) != want {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		}
	}
}

func TestTailStreamsAndIsBounded(t *testing.T) {
	cfg := testConfig()
	gone := make(chan struct{}, maxTails)
	cfg.CounterViews.Tail = func(ctx context.Context, name string, line func(any) bool) {
		line(map[string]string{"line": "<" + name + ">"})
		<-ctx.Done()
		gone <- struct{}{}
	}
	s := runServer(t, cfg)
	url := "http://" + s.Addr().String() + "/api/plimsoll/v1/counters/tail?name=a.b"
	open := func() *http.Response {
		res, err := http.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { res.Body.Close() })
		return res
	}
	var first *http.Response
	for i := range maxTails {
		res := open()
		if l, err := bufio.NewReader(res.Body).ReadString('\n'); l != `{"line":"\u003ca.b\u003e"}`+"\n" || res.Header.Get("Content-Type") != "application/x-ndjson" {
			t.Fatal(l, err, res.Header)
		}
		if i == 0 {
			first = res
		}
	}
	res := open()
	if body, _ := io.ReadAll(res.Body); res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("one too many: %s %s", res.Status, body)
	}
	first.Body.Close()
	<-gone // who goes makes room; the others end with the server
	for res := open(); res.StatusCode != http.StatusOK; res = open() {
	}
}
