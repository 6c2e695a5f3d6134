package dashboard

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestLogViews(t *testing.T) {
	cfg := testConfig()
	for _, target := range []string{"/api/plimsoll/v1/logs/top", "/api/plimsoll/v1/logs/tail"} {
		if w := get(newServer(t, cfg), target); w.Code != http.StatusNotFound {
			t.Errorf("%s without: %d", target, w.Code)
		}
	}
	cfg.Logs = LogViews{
		Top:  func(n int) any { return n },
		Tail: func(_ context.Context, f LogFilter, line func(any) bool) { line(f) },
		Take: func(report []byte, allows func(string) bool) (any, error) {
			if string(report) == "bad" {
				return nil, errors.New("no report")
			}
			return fmt.Sprint(string(report), allows("any")), nil
		},
	}
	s := newServer(t, cfg)
	for target, want := range map[string]string{
		"/api/plimsoll/v1/logs/top":                  `200 20`,
		"/api/plimsoll/v1/logs/top?n=5000":           `200 1000`,
		"/api/plimsoll/v1/logs/top?n=x":              `400 {"status":"error","errorType":"bad_data"`,
		"/api/plimsoll/v1/logs/tail?status=20":       `400 {"status":"error","errorType":"bad_data","error":"invalid parameter \"status\"`,
		"/api/plimsoll/v1/logs/tail?min_seconds=NaN": `400 {"status":"error","errorType":"bad_data","error":"invalid parameter \"min_seconds\"`,
		"/api/plimsoll/v1/logs/tail?server=a&vhost=b&class=c&status=5xx&min_seconds=0.5&text=d": `200 {"Server":"a","VHost":"b","Class":"c","Status":"5xx","MinSeconds":0.5,"Text":"d"}`,
	} {
		if w := get(s, target); !strings.HasPrefix(fmt.Sprint(w.Code, " ", w.Body), want) {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		}
	}
	for body, want := range map[string]string{
		"r":                                   `200 "rtrue"`,
		"bad":                                 `400 {"status":"error","errorType":"bad_data","error":"no report"}`,
		strings.Repeat("x", maxReportBytes+1): `413 {"status":"error","errorType":"too_large"`,
	} {
		r := httptest.NewRequest(http.MethodPost, "http://localhost/api/plimsoll/v1/logs/lines", strings.NewReader(body))
		w := do(s, r)
		if !strings.HasPrefix(fmt.Sprint(w.Code, " ", w.Body), want) {
			t.Errorf("%.10q: %d %s", body, w.Code, w.Body)
		}
	}
}

func TestTailOfLogsEndsWithItsClient(t *testing.T) {
	cfg := testConfig()
	gone := make(chan struct{})
	cfg.Logs.Tail = func(ctx context.Context, _ LogFilter, line func(any) bool) {
		line("first")
		<-ctx.Done()
		close(gone)
	}
	s := runServer(t, cfg)
	res, err := http.Get("http://" + s.Addr().String() + "/api/plimsoll/v1/logs/tail")
	if err != nil {
		t.Fatal(err)
	}
	if l, err := bufio.NewReader(res.Body).ReadString('\n'); l != "\"first\"\n" {
		t.Error(l, err)
	}
	res.Body.Close()
	<-gone
}
