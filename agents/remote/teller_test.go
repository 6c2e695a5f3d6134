package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/metric"
)

// hearing is a collector that remembers what it was told; code is its answer.
type hearing struct {
	*httptest.Server
	mu    sync.Mutex // guards what follows
	code  int
	heard []string
	came  chan struct{} // one for each request
}

func hear(t *testing.T, code int) *hearing {
	t.Helper()
	h := &hearing{code: code, came: make(chan struct{}, 10_000)}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.code == http.StatusAccepted {
			h.heard = append(h.heard, r.URL.Path[len("/api/plimsoll/v1/"):]+" "+string(body))
		}
		w.WriteHeader(h.code)
		h.came <- struct{}{}
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *hearing) answer(code int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.code = code
}

// wait waits for so many requests.
func (h *hearing) wait(t *testing.T, n int) {
	t.Helper()
	for range n {
		select {
		case <-h.came:
		case <-time.After(time.Minute):
			t.Fatal("nothing is told")
		}
	}
}

func (h *hearing) all() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.heard
}

func newTeller(t *testing.T, urls ...string) *Teller {
	t.Helper()
	c := Default()
	c.URLs, c.MinBackoff, c.MaxBackoff = urls, time.Millisecond, 2*time.Millisecond
	teller, err := NewTeller(c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- teller.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return teller
}

func check(name string, state metric.Severity) metric.CheckResult {
	return metric.CheckResult{Name: name, State: state, At: time.Unix(1000, 0).UTC()}
}

func TestTold(t *testing.T) {
	away, here := hear(t, http.StatusServiceUnavailable), hear(t, http.StatusAccepted)
	teller := newTeller(t, away.URL, here.URL)
	if err := errors.Join(
		teller.PutCheck(t.Context(), check("disk", metric.Warning)),
		teller.PutEvent(t.Context(), metric.Event{Title: "deploy", At: time.Unix(1000, 0).UTC()}),
	); err != nil {
		t.Fatal(err)
	}
	here.wait(t, 2)
	want := []string{
		`checks {"name":"disk","state":"warning","at":"1970-01-01T00:16:40Z"}`,
		`events {"at":"1970-01-01T00:16:40Z","title":"deploy"}`,
	}
	if diff := cmp.Diff(want, here.all()); diff != "" {
		t.Error(diff)
	}
}

// While the collector is away the newest result of each check waits, and events
// all, up to a bound.
func TestOutageKeepsTheNewestResultAndAllEvents(t *testing.T) {
	h := hear(t, http.StatusServiceUnavailable)
	teller := newTeller(t, h.URL)
	if err := teller.PutCheck(t.Context(), check("first", metric.OK)); err != nil {
		t.Fatal(err)
	}
	h.wait(t, 1) // it is in hand
	for i := range 3 {
		for _, state := range []metric.Severity{metric.OK, metric.Critical} {
			if err := teller.PutCheck(t.Context(), check("disk", state)); err != nil {
				t.Fatal(err)
			}
		}
		if err := teller.PutEvent(t.Context(), metric.Event{Title: fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
	}
	h.answer(http.StatusAccepted)
	for len(h.all()) < 5 {
		h.wait(t, 1)
	}
	want := []string{
		`checks {"name":"first","state":"ok","at":"1970-01-01T00:16:40Z"}`,
		`checks {"name":"disk","state":"critical","at":"1970-01-01T00:16:40Z"}`,
		`events {"at":"0001-01-01T00:00:00Z","title":"0"}`,
		`events {"at":"0001-01-01T00:00:00Z","title":"1"}`,
		`events {"at":"0001-01-01T00:00:00Z","title":"2"}`,
	}
	if diff := cmp.Diff(want, h.all()); diff != "" {
		t.Error(diff)
	}
}

func TestRefusedIsLostAndTheNextIsTold(t *testing.T) {
	h := hear(t, http.StatusBadRequest)
	teller := newTeller(t, h.URL)
	if err := teller.PutEvent(t.Context(), metric.Event{Title: "bad"}); err != nil {
		t.Fatal(err)
	}
	h.wait(t, 1)
	h.answer(http.StatusAccepted)
	if err := teller.PutEvent(t.Context(), metric.Event{Title: "good"}); err != nil {
		t.Fatal(err)
	}
	h.wait(t, 1)
	if diff := cmp.Diff([]string{`events {"at":"0001-01-01T00:00:00Z","title":"good"}`}, h.all()); diff != "" {
		t.Error(diff)
	}
}

func TestTellerIsBounded(t *testing.T) {
	c := Default()
	teller, err := NewTeller(c) // not run
	if err != nil {
		t.Fatal(err)
	}
	for range maxTold {
		if err := teller.PutEvent(t.Context(), metric.Event{Title: "x"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := teller.PutEvent(t.Context(), metric.Event{Title: "x"}); !errors.Is(err, metric.ErrBusy) {
		t.Errorf("got %v", err)
	}
}
