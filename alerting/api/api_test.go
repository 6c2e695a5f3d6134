package api

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/alerting"
	"plimsoll/alerting/hold"
	"plimsoll/alerting/ledger"
	"plimsoll/alerting/match"
	"plimsoll/internal/metric"
	"plimsoll/internal/sender"
)

var epoch = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// fakeEngine notes what it is asked to do.
type fakeEngine struct {
	Engine
	done []string
	err  map[string]error // by identity
	past []ledger.Episode
	fakeHolds
}

// Held knows alerts by their names alone.
func (f *fakeEngine) Held(h hold.Hold) []metric.Alert {
	held := []metric.Alert{}
	for _, a := range []metric.Alert{
		{ID: "check/web1", Name: "web", State: metric.Critical, Episode: 7},
		{ID: "check/web2", Name: "web", State: metric.Critical, Episode: 8, Ack: &metric.AlertAck{By: "bob"}},
		{ID: "check/web3", Name: "web", State: metric.Critical}, // soft
	} {
		if h.Matches(map[string]string{match.Name: a.Name}) {
			held = append(held, a)
		}
	}
	return held
}

func (f *fakeEngine) Acknowledge(_ context.Context, id string, a alerting.Acknowledgement) error {
	f.done = append(f.done, fmt.Sprintf("ack %s by %s %q for %s sticky %v", id, a.By, a.Note, a.For, a.Sticky))
	return f.err[id]
}

func (f *fakeEngine) Unacknowledge(_ context.Context, id, by string) error {
	f.done = append(f.done, "unack "+id+" by "+by)
	return f.err[id]
}

func (f *fakeEngine) Act(_ context.Context, episode int64, what string) error {
	f.done = append(f.done, fmt.Sprint("act ", episode, " ", what))
	return f.err[fmt.Sprint(episode)]
}

func (f *fakeEngine) Detail(_ context.Context, id string) (alerting.Detail, error) {
	return alerting.Detail{Runbook: "look at " + id}, f.err[id]
}

func (f *fakeEngine) Episodes(_ context.Context, since time.Time) ([]ledger.Episode, error) {
	f.done = append(f.done, "episodes since "+since.Format(time.RFC3339))
	return f.past, nil
}

type fixture struct {
	*Handler
	engine   *fakeEngine
	reported []error
	as       string // whose token is shown
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{engine: &fakeEngine{err: map[string]error{}}}
	h, err := New(Config{
		Engine: f.engine, Now: func() time.Time { return epoch },
		Report: func(err error) { f.reported = append(f.reported, err) },
	})
	if err != nil {
		t.Fatal(err)
	}
	f.Handler = h
	return f
}

// ask sends "METHOD path" and returns the code and the answer.
func (f *fixture) ask(what, body string) string {
	method, path, _ := strings.Cut(what, " ")
	r := httptest.NewRequest(method, Path+path, strings.NewReader(body))
	if f.as != "" {
		r = r.WithContext(sender.With(r.Context(), sender.Sender{Name: f.as}))
	}
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	return fmt.Sprint(w.Code, " ", w.Body)
}

func TestWhatIsAskedIsDone(t *testing.T) {
	for _, c := range []struct{ as, ask, body, answer, done string }{
		{
			ask: "POST ack", body: `{"id":"check/web1","by":"ada","note":"on it","for":"1d","sticky":true}`,
			answer: `200 {"alerts":["check/web1"]}`, done: `ack check/web1 by ada "on it" for 24h0m0s sticky true`,
		},
		{as: "token", ask: "POST ack", body: `{"ids":["b","a","b"],"by":"ada"}`, answer: `200 {"alerts":["a","b"]}`, done: `ack a by token "" for 0s sticky false; ack b by token "" for 0s sticky false`},
		{
			ask: "POST ack", body: `{"match":"alertname=\"web\",class=\"\"","by":"ada"}`,
			answer: `200 {"alerts":["check/web1","check/web2"]}`, done: `ack check/web1 by ada "" for 0s sticky false; ack check/web2 by ada "" for 0s sticky false`,
		},
		{ask: "DELETE ack?id=check/web1&by=ada", answer: `200 {"alerts":["check/web1"]}`, done: "unack check/web1 by ada"},
		{as: "token", ask: "DELETE ack?match=" + `{alertname%3D"web"}`, answer: `200 {"alerts":["check/web2"]}`, done: "unack check/web2 by token"},
		{ask: "POST acted", body: `{"episode":7,"what":"restarted"}`, answer: "200 {}", done: "act 7 restarted"},
		{ask: "GET alert?id=rule/a/b", answer: `200 {"runbook":"look at rule/a/b","history":null,"messages":null,"episodes":null}`},
		{ask: "GET episodes", answer: `200 {"episodes":[],"of":0}`, done: "episodes since 2026-10-22T12:00:00Z"},
	} {
		f := newFixture(t)
		f.as = c.as
		if diff := cmp.Diff(c.answer, f.ask(c.ask, c.body)); diff != "" {
			t.Errorf("%s %s:\n%s", c.ask, c.body, diff)
		}
		if diff := cmp.Diff(c.done, strings.Join(f.engine.done, "; ")); diff != "" {
			t.Errorf("%s %s:\n%s", c.ask, c.body, diff)
		}
	}
}

func TestEpisodesAreListedNewestFirst(t *testing.T) {
	f := newFixture(t)
	f.engine.past = []ledger.Episode{{ID: 1, AlertID: "old"}, {ID: 2, AlertID: "new"}}
	got := f.ask("GET episodes?since=1h&limit=1", "")
	if !strings.Contains(got, `"id":2`) || strings.Contains(got, `"id":1`) || !strings.HasSuffix(got, `"of":2}`) {
		t.Error(got)
	}
	if got, want := f.engine.done[0], "episodes since 2026-11-21T11:00:00Z"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// Of many alerts, those that can be are acknowledged, and the answer says which
// could not.
func TestManyAreDoneOneByOne(t *testing.T) {
	f := newFixture(t)
	f.engine.err["a"] = fmt.Errorf("%q: %w", "a", alerting.ErrNoAlert)
	want := `200 {"alerts":["b"],"failed":[{"id":"a","error":"\"a\": there is no such open alert"}]}`
	if diff := cmp.Diff(want, f.ask("POST ack", `{"ids":["a","b"],"by":"ada"}`)); diff != "" {
		t.Error(diff)
	}
}

func TestWhatCannotBeAsked(t *testing.T) {
	many := `"x` + strings.Repeat(`","x`, 1000) + `"`
	for i := range 1000 {
		many = strings.Replace(many, `"x"`, fmt.Sprintf(`"x%d"`, i), 1)
	}
	for _, c := range []struct{ ask, body, want string }{
		{"POST ack", `{"id":"a","by":"ada","sticy":true}`, `400 {"status":"error","errorType":"bad_data","error":"want a JSON object such as`},
		{"POST ack", `{"id":"a","by":"ada","sticy":true}`, `unknown field \"sticy\"`},
		{"POST ack", `{"id":"a","by":"ada","sticky":"yes"}`, `sticky of type bool`},
		{"POST ack", `{"id":"a","by":"ada"}{}`, "something follows"},
		{"POST ack", ``, "EOF"},
		{"POST ack", `{"id":"a"}`, "by: is missing"},
		{"POST ack", `{"id":"a","by":"  "}`, "by: is missing"},
		{"POST ack", `{"id":"a","by":"ada","for":"soon"}`, `for: \"soon\" is no duration such as 30m, 2h or 1d`},
		{"POST ack", `{"by":"ada"}`, "by one of id, ids and match"},
		{"POST ack", `{"id":"a","ids":["b"],"by":"ada"}`, "by one of id, ids and match"},
		{"POST ack", `{"id":"a","match":"a=\"b\"","by":"ada"}`, "by one of id, ids and match"},
		{"POST ack", `{"match":"alertname=","by":"ada"}`, `400 {"status":"error","errorType":"bad_data","error":"match: \"alertname=\": `},
		{"POST ack", `{"match":"alertname=\"x\"","by":"ada"}`, `404 {"status":"error","errorType":"not_found","error":"\"alertname=\\\"x\\\"\" matches none`},
		{"POST ack", `{"ids":[` + many + `],"by":"ada"}`, "these are 1001 alerts; at most 1000 at once"},
		{"POST ack", `{"id":"` + strings.Repeat("a", maxBodyBytes) + `"}`, `413 {"status":"error","errorType":"too_large"`},
		{"POST ack", `{"id":"gone","by":"ada"}`, `404 {"status":"error","errorType":"not_found","error":"there is no such open alert"}`},
		{"POST ack", `{"id":"long","by":"ada","for":"9h"}`, `400 {"status":"error","errorType":"bad_data","error":"cannot be"}`},
		{"POST ack", `{"id":"broken","by":"ada"}`, `500 {"status":"error","errorType":"internal","error":"disk gone"}`},
		{"DELETE ack?id=a&by=ada&note=x", "", `unknown parameter \"note\"; there are: id, match, by`},
		{"DELETE ack?by=ada", "", "by one of id, ids and match"},
		{"DELETE ack?id=a", "", "by: is missing"},
		{"DELETE ack?id=%zz", "", "400 "},
		{"GET alert", "", "id: is missing"},
		{"GET alert?ident=a", "", `unknown parameter \"ident\"`},
		{"GET alert?id=gone", "", "404 "},
		{"GET episodes?since=ever", "", `since: \"ever\" is no duration`},
		{"GET episodes?limit=0", "", `limit: \"0\" is no number between 1 and 10000`},
		{"POST acted", `{"what":"x"}`, "episode: 0 is no number of one"},
		{"POST acted", `{"episode":1}`, "what: is missing"},
		{"POST acted", `{"episode":9,"what":"x"}`, "404 "},
	} {
		f := newFixture(t)
		f.engine.err = map[string]error{"gone": alerting.ErrNoAlert, "long": alerting.ErrBadRequest, "broken": errors.New("disk gone"), "9": ledger.ErrNoEntry}
		got := f.ask(c.ask, c.body)
		if !strings.Contains(got, c.want) {
			t.Errorf("%s %.80s: %s, want %s", c.ask, c.body, got, c.want)
		}
		if internal := strings.HasPrefix(got, "500"); internal != (len(f.reported) == 1) {
			t.Errorf("%s %.80s: reported %v", c.ask, c.body, f.reported)
		}
	}
}

func TestEnginesAreNeeded(t *testing.T) {
	if _, err := New(Config{}); err == nil {
		t.Error("no engine is taken")
	}
}
