package dashboard

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
)

// fakeQuerier answers as it is told to and keeps what it was asked.
type fakeQuerier struct {
	answer func(ctx context.Context, q metric.Query) (metric.Result, error)
	series []labels.Labels
	names  []string
	values map[string][]string

	mu      sync.Mutex
	queries []metric.Query
	picked  []metric.Selection
}

func (f *fakeQuerier) Query(ctx context.Context, q metric.Query) (metric.Result, error) {
	f.mu.Lock()
	f.queries = append(f.queries, q)
	f.mu.Unlock()
	if f.answer == nil {
		return metric.Result{Type: metric.Vector}, nil
	}
	return f.answer(ctx, q)
}

// asked returns the queries over a range, or those at an instant.
func (f *fakeQuerier) asked(ranges bool) []metric.Query {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(f.queries), func(q metric.Query) bool { return (q.Step > 0) != ranges })
}

func (f *fakeQuerier) pick(sel metric.Selection) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.picked = append(f.picked, sel)
}

func (f *fakeQuerier) Series(_ context.Context, sel metric.Selection) ([]labels.Labels, error) {
	f.pick(sel)
	return f.series, nil
}

func (f *fakeQuerier) LabelNames(_ context.Context, sel metric.Selection) ([]string, error) {
	f.pick(sel)
	return f.names, nil
}

func (f *fakeQuerier) LabelValues(_ context.Context, name string, sel metric.Selection) ([]string, error) {
	f.pick(sel)
	return f.values[name], nil
}

// fakeAlerting is an alert engine whose alerts a test sets.
type fakeAlerting struct {
	mu      sync.Mutex
	alerts  []metric.Alert
	rules   []metric.RuleInfo
	history []metric.AlertEvent
	events  []metric.Event
	asked   metric.Selection // for events, the last time
	putErr  error
	results []metric.CheckResult // guarded by mu
	changed chan struct{}
	told    chan struct{}
}

func newFakeAlerting() *fakeAlerting {
	return &fakeAlerting{changed: make(chan struct{}), told: make(chan struct{})}
}

func (f *fakeAlerting) set(alerts ...metric.Alert) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.alerts = alerts
	close(f.changed)
	f.changed = make(chan struct{})
}

func (f *fakeAlerting) Alerts() []metric.Alert {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.alerts
}

func (f *fakeAlerting) History(_ context.Context, limit int) ([]metric.AlertEvent, error) {
	return f.history[:min(limit, len(f.history))], nil
}

func (f *fakeAlerting) Events(_ context.Context, sel metric.Selection) ([]metric.Event, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = sel
	return f.events, nil
}

func (f *fakeAlerting) PutEvent(_ context.Context, e metric.Event) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.putErr != nil {
		return f.putErr
	}
	f.events = append([]metric.Event{e}, f.events...)
	close(f.told)
	f.told = make(chan struct{})
	return nil
}

func (f *fakeAlerting) PutCheck(_ context.Context, r metric.CheckResult) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.putErr != nil {
		return f.putErr
	}
	f.results = append(f.results, r)
	return nil
}

func (f *fakeAlerting) Told() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.told
}

func (f *fakeAlerting) Rules() []metric.RuleInfo { return f.rules }

func (f *fakeAlerting) Changed() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.changed
}

// testConfig is a Config of fakes, with all optional parts given.
func testConfig() Config {
	cfg := Default()
	cfg.Listen = "127.0.0.1:0"
	cfg.Version = "1.2.3"
	cfg.History, cfg.Live = &fakeQuerier{}, &fakeQuerier{}
	cfg.Alerting = newFakeAlerting()
	cfg.Hosts = func() []metric.Host { return nil }
	cfg.Counters = func() any { return map[string]any{"received": 3} }
	cfg.Status = func() any { return map[string]any{"version": "1.2.3"} }
	cfg.Fetch = func(_ context.Context, r FetchRequest) (any, error) { return map[string]any{"series": []int{}}, nil }
	cfg.Write = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	cfg.Gatherer = prometheus.NewRegistry()
	cfg.Pages = fstest.MapFS{
		"index.html":   {Data: []byte("<!doctype html><title>Plimsoll</title>")},
		"lib/page.js":  {Data: []byte(strings.Repeat("export const x = 1;\n", 100))},
		"favicon.ico":  {Data: []byte("icon")},
		"vendor/a.css": {Data: []byte("body{}")},
	}
	cfg.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	return cfg
}

// newServer makes a Server that was not run; its listener is freed at the end.
func newServer(t *testing.T, cfg Config) *Server {
	t.Helper()
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// runServer runs a Server until the test ends, and checks that it drains.
func runServer(t *testing.T, cfg Config) *Server {
	t.Helper()
	s := newServer(t, cfg)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("Run: %v", err)
			}
		case <-time.After(20 * time.Second):
			t.Error("Run does not end")
		}
	})
	return s
}

// do sends a request to s without a network, as from a loopback browser.
func do(s *Server, r *http.Request) *httptest.ResponseRecorder {
	if r.Host == "example.com" { // what httptest fills in
		r.Host = "127.0.0.1:8680"
	}
	w := httptest.NewRecorder()
	s.http.Handler.ServeHTTP(w, r)
	return w
}

func get(s *Server, target string) *httptest.ResponseRecorder {
	return do(s, httptest.NewRequest(http.MethodGet, target, nil))
}

func post(s *Server, target string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, target, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return do(s, r)
}

// token makes a configured token whose secret is its name.
func token(name string, role Role) Token {
	sum := sha256.Sum256([]byte(name))
	return Token{Name: name, SHA256: hex.EncodeToString(sum[:]), Role: role}
}
