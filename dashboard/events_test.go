package dashboard

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/metric"
)

func eventServer(t *testing.T) (*Server, *fakeAlerting) {
	t.Helper()
	cfg := testConfig()
	alerting := newFakeAlerting()
	cfg.Alerting = alerting
	return newServer(t, cfg), alerting
}

func tell(s *Server, body string) *httptest.ResponseRecorder {
	return do(s, httptest.NewRequest(http.MethodPost, "/api/plimsoll/v1/events", strings.NewReader(body)))
}

func TestEventsAreToldAndRead(t *testing.T) {
	s, alerting := eventServer(t)
	if w := tell(s, `{"title":"</script><b>x","host":"web1","labels":{"env":"prod"},"at":"2026-01-02T03:04:05Z"}`); w.Code != 202 || w.Body.String() != "{}" {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	w := get(s, `/api/plimsoll/v1/events?start=100&end=200&limit=3&match[]={host="web1"}`)
	want := `{"events":[{"at":"2026-01-02T03:04:05Z","title":"\u003c/script\u003e\u003cb\u003ex","host":"web1","labels":{"env":"prod"}}]}`
	if diff := cmp.Diff(want, w.Body.String()); diff != "" || w.Code != 200 {
		t.Errorf("%d -want +got:\n%s", w.Code, diff)
	}
	asked := alerting.asked
	if asked.Start.Unix() != 100 || asked.End.Unix() != 200 || asked.Limit != 3 || fmt.Sprint(asked.Sets) != `[[host="web1"]]` {
		t.Errorf("asked for %+v", asked)
	}
	if w := get(s, `/api/plimsoll/v1/events?limit=x`); w.Code != 400 {
		t.Errorf("a limit that is no number: %d %s", w.Code, w.Body)
	}
}

func TestEventsThatAreNotTaken(t *testing.T) {
	s, alerting := eventServer(t)
	for body, code := range map[string]int{
		``: 400, `[]`: 400, `{"title":"a"} {}`: 400, `{"titel":"a"}`: 400, `{"title":7}`: 400,
		`{"title":"` + strings.Repeat("a", maxToldBytes) + `"}`: 413,
	} {
		if w := tell(s, body); w.Code != code || !json.Valid(w.Body.Bytes()) {
			t.Errorf("%.40s: %d %s, want %d", body, w.Code, w.Body, code)
		}
	}
	alerting.putErr = errors.New("title is empty")
	if w := tell(s, `{}`); w.Code != 400 || !strings.Contains(w.Body.String(), "title is empty") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	alerting.putErr = fmt.Errorf("event: %w", metric.ErrBusy)
	if w := tell(s, `{"title":"a"}`); w.Code != 503 {
		t.Errorf("a full queue: %d %s", w.Code, w.Body)
	}
}

func TestEventsAreLive(t *testing.T) {
	cfg := testConfig()
	alerting := newFakeAlerting()
	cfg.Alerting = alerting
	s := runServer(t, cfg)
	b := open(t, "ws://"+s.Addr().String()+"/live")
	_ = b.until("events") // of the connect
	if err := alerting.PutEvent(t.Context(), metric.Event{At: time.Unix(1700000000, 0).UTC(), Title: "deployed"}); err != nil {
		t.Fatal(err)
	}
	want := `{"type":"events","events":[{"at":"2023-11-14T22:13:20Z","title":"deployed"}]}`
	if diff := cmp.Diff(want, b.until("events")); diff != "" {
		t.Error(diff)
	}
}

func TestResultsOfChecksAreTold(t *testing.T) {
	s, alerting := eventServer(t)
	tell := func(body string) *httptest.ResponseRecorder {
		return do(s, httptest.NewRequest(http.MethodPost, "/api/plimsoll/v1/checks", strings.NewReader(body)))
	}
	if w := tell(`{"name":"backup","state":"warning","host":"db1","message":"took 3 h"}`); w.Code != 202 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	want := []metric.CheckResult{{Name: "backup", State: metric.Warning, Host: "db1", Message: "took 3 h"}}
	if diff := cmp.Diff(want, alerting.results); diff != "" {
		t.Error(diff)
	}
	if w := tell(`{"nam":"backup"}`); w.Code != 400 || !strings.Contains(w.Body.String(), "result of a check") {
		t.Errorf("an unknown key: %d %s", w.Code, w.Body)
	}
	alerting.putErr = metric.ErrBusy
	if w := tell(`{"name":"backup","state":"ok"}`); w.Code != 503 {
		t.Errorf("a full queue: %d %s", w.Code, w.Body)
	}
	alerting.putErr = errors.New("no such state")
	if w := tell(`{"name":"backup","state":"fine"}`); w.Code != 400 || !strings.Contains(w.Body.String(), "no such state") {
		t.Errorf("a wrong state: %d %s", w.Code, w.Body)
	}
}
