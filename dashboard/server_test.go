package dashboard

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/prometheus/client_golang/prometheus"

	"plimsoll/internal/metric"
)

func TestRunServesAndDrains(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	cfg := testConfig()
	cfg.History = &fakeQuerier{answer: func(context.Context, metric.Query) (metric.Result, error) {
		close(entered)
		<-leave
		return metric.Result{Type: metric.Vector}, nil
	}}
	s := newServer(t, cfg)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	b := open(t, "ws://"+s.Addr().String()+"/live")
	_ = b.until("hosts")

	answered := make(chan string, 1)
	go func() {
		res, err := http.Get("http://" + s.Addr().String() + "/api/v1/query?query=x")
		if err != nil {
			answered <- err.Error()
			return
		}
		defer res.Body.Close()
		text, _ := io.ReadAll(res.Body)
		answered <- string(text)
	}()
	<-entered
	stop()
	if err := b.end(); !websocket.IsCloseError(err, websocket.CloseGoingAway) {
		t.Errorf("the websocket ends with %v", err)
	}
	close(leave)
	if got := <-answered; !strings.Contains(got, `"status":"success"`) {
		t.Errorf("the request under way got %s", got)
	}
	if err := <-done; err != nil {
		t.Errorf("Run: %v", err)
	}
}

// The rounds of a running server come by themselves.
func TestRunningServerSendsValues(t *testing.T) {
	cfg := testConfig()
	cfg.Live = liveQuerier(map[string]float64{"a": 1})
	s := runServer(t, cfg)
	b := open(t, "ws://"+s.Addr().String()+"/live")
	b.say(`{"subscribe":[{"id":"x","expr":"a"}]}`)
	if got := b.until("data"); !strings.Contains(got, `"x":[{"labels":{"expr":"a"},"value":1}]`) {
		t.Error(got)
	}
}

func TestUntilNext(t *testing.T) {
	second := time.Unix(1700000000, 0)
	for after, want := range map[time.Duration]time.Duration{
		0:                      livePhase,
		livePhase:              livePeriod,
		livePhase + 1:          livePeriod - 1,
		999 * time.Millisecond: livePhase + time.Millisecond,
	} {
		if got := untilNext(second.Add(after)); got != want {
			t.Errorf("%s after the second: %s, want %s", after, got, want)
		}
	}
}

func TestPanicIsAnsweredAndReported(t *testing.T) {
	var reported []error
	reg := prometheus.NewRegistry()
	cfg := testConfig()
	cfg.Registerer, cfg.Gatherer = reg, reg
	cfg.Report = func(err error) { reported = append(reported, err) }
	cfg.Counters = func() any { panic("boom") }
	s := newServer(t, cfg)
	w := get(s, "/api/plimsoll/v1/counters")
	if w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "boom") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if len(reported) != 1 || !strings.Contains(reported[0].Error(), "GET /api/plimsoll/v1/counters: boom") {
		t.Errorf("reported %v", reported)
	}
	metrics := get(s, "/metrics").Body.String()
	for _, want := range []string{
		`plimsoll_http_requests_total{code="500",route="GET /api/plimsoll/v1/counters"} 1`,
		"plimsoll_http_panics_total 1",
		`plimsoll_http_request_duration_seconds_count{route="GET /api/plimsoll/v1/counters"} 1`,
	} {
		if !strings.Contains(metrics, want) {
			t.Errorf("/metrics lacks %s", want)
		}
	}
}

func TestQueryThatPanicsFreesItsPlace(t *testing.T) {
	cfg := testConfig()
	cfg.Limits.Queries = 1
	cfg.History = &fakeQuerier{answer: func(context.Context, metric.Query) (metric.Result, error) { panic("boom") }}
	s := newServer(t, cfg)
	for range 3 {
		if w := get(s, "/api/v1/query?query=x"); w.Code != http.StatusInternalServerError {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
}

func TestHealthAndReadiness(t *testing.T) {
	cfg := testConfig()
	cfg.Ready = func() error { return errors.New("the journal is being replayed") }
	s := newServer(t, cfg)
	if w := get(s, "/healthz"); w.Code != 200 || w.Body.String() != "ok\n" {
		t.Errorf("healthz: %d %q", w.Code, w.Body)
	}
	if w := get(s, "/readyz"); w.Code != 503 || w.Body.String() != "not ready: the journal is being replayed\n" {
		t.Errorf("readyz: %d %q", w.Code, w.Body)
	}
	cfg.Auth = authConfig().Auth
	if w := get(newServer(t, cfg), "/readyz"); w.Code != 503 || w.Body.String() != "not ready\n" {
		t.Errorf("readyz for strangers: %d %q", w.Code, w.Body)
	}
	cfg.Ready = func() error { return nil }
	if w := get(newServer(t, cfg), "/readyz"); w.Code != 200 {
		t.Errorf("readyz: %d %q", w.Code, w.Body)
	}
}

func TestBusyAddressIsNamed(t *testing.T) {
	cfg := testConfig()
	cfg.Listen = newServer(t, cfg).Addr().String()
	if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("listen for HTTP on %q", cfg.Listen)) {
		t.Errorf("%v", err)
	}
}

func TestWriteIsHandedOn(t *testing.T) {
	if w := do(newServer(t, testConfig()), httptest.NewRequest("POST", "/api/v1/write", nil)); w.Code != http.StatusNoContent {
		t.Errorf("%d", w.Code)
	}
}
