package ackpage

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/alerting"
	"plimsoll/alerting/ledger"
	"plimsoll/alerting/link"
	"plimsoll/alerting/notify"
	"plimsoll/internal/metric"
)

var epoch = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// fakeEngine has one alert, of which token "ops" was sent to ops.
type fakeEngine struct {
	alert    metric.Alert
	messages []ledger.Told
	episode  ledger.Episode
	err      error // of everything but a wrong token
	notes    []string
}

func (f *fakeEngine) LinkedAlert(token string) (metric.Alert, string, error) {
	if token != "ops" {
		return metric.Alert{}, "", link.ErrBad
	}
	return f.alert, "ops", f.err
}

func (f *fakeEngine) LinkedEpisode(context.Context, string) (ledger.Episode, error) {
	if f.episode.ID == 0 {
		return f.episode, ledger.ErrNoEntry
	}
	return f.episode, nil
}

func (f *fakeEngine) Messages(context.Context, string) ([]ledger.Told, error) { return f.messages, nil }

func (f *fakeEngine) AcknowledgeByLink(_ context.Context, _, note string) error {
	f.notes = append(f.notes, note)
	at := epoch.Add(time.Duration(len(f.notes)) * time.Minute)
	f.alert.Ack = &metric.AlertAck{By: "ops", Note: note, At: at, Until: at.Add(time.Hour)}
	return f.err
}

type fixture struct {
	*Page
	engine   *fakeEngine
	now      time.Time
	reported []error
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{now: epoch, engine: &fakeEngine{alert: metric.Alert{
		ID: "check/web", Name: "web <1>", Severity: metric.Critical, State: metric.Critical, Hard: true, Episode: 7,
		Since: epoch.Add(-12 * time.Minute), Summary: "connection refused", Target: "web1:80", Labels: map[string]string{"team": "shop"},
	}}}
	p, err := New(Config{Engine: f.engine, Now: func() time.Time { return f.now }, Report: func(err error) { f.reported = append(f.reported, err) }})
	if err != nil {
		t.Fatal(err)
	}
	f.Page = p
	return f
}

func (f *fixture) ask(method, token string, form url.Values) (int, string) {
	r := httptest.NewRequest(method, "/ack/x", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetPathValue("token", token)
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// has reports the words that a page does not have.
func has(t *testing.T, page string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(page, w) {
			_, body, _ := strings.Cut(page, "<main>")
			t.Errorf("no %q in\n%s", w, body)
		}
	}
}

func TestPageSaysWhatIsTheMatter(t *testing.T) {
	f := newFixture(t)
	at := epoch.Add(-10 * time.Minute)
	f.engine.messages = []ledger.Told{ // newest first
		{Episode: 7, Contact: "boss", Event: notify.Problem, Status: "queued"},
		{Episode: 7, Contact: "ops", Event: notify.Problem, Status: "sent", Sent: at.Add(time.Minute), Update: "reminder"},
		{Episode: 7, Contact: "dba", Event: notify.Problem, Status: "failed"},
		{Episode: 7, Contact: "ada", Event: notify.Problem, Status: "sent", Sent: at, Answered: at.Add(time.Minute)},
		{Episode: 7, Contact: "ops", Event: notify.Problem, Status: "sent", Sent: at},
		{Episode: 6, Contact: "past", Event: notify.Problem, Status: "sent", Sent: at},
	}
	code, page := f.ask("GET", "ops", nil)
	if code != 200 || len(f.engine.notes) > 0 {
		t.Fatal(code, f.engine.notes)
	}
	has(t, page, "<h1>web &lt;1&gt;</h1>", "connection refused", "21 Nov 2026 11:48 UTC, 12 min ago", "<dt>Target</dt><dd>web1:80</dd>", "<dt>team</dt><dd>shop</dd>",
		"<dt>boss</dt><dd>is being told</dd>", "<dt>ops</dt><dd>told 21 Nov 2026 11:51 UTC</dd>", "<dt>dba</dt><dd>was not reached</dd>",
		"<dt>ada</dt><dd>answered 21 Nov 2026 11:51 UTC</dd>", "Nobody has said yet", `<button>I take care</button>`, "You answer as ops")
	if strings.Contains(page, "past") || strings.Contains(page, "<script") || strings.Count(page, "<button") != 1 {
		t.Error(page)
	}
}

func TestAnswersAreTakenOnce(t *testing.T) {
	f := newFixture(t)
	seen := func(s string) url.Values { return url.Values{"seen": {s}, "note": {"n" + s}} }
	f.engine.alert.Ack = &metric.AlertAck{By: "bob", At: epoch, Until: epoch.Add(time.Hour), Note: "mine"}
	_, page := f.ask("GET", "ops", nil)
	has(t, page, "bob takes care, since 21 Nov 2026 12:00 UTC, until 21 Nov 2026 13:00 UTC", "“mine”", "I take care instead")
	bobs, mine := fmt.Sprint(epoch.UnixMilli()), fmt.Sprint(epoch.Add(time.Minute).UnixMilli())
	for _, s := range []string{bobs, bobs, "", mine, mine} { // twice each, and once from a page that was open before
		if code, page := f.ask("POST", "ops", seen(s)); code != 303 {
			t.Fatal(code, page)
		}
	}
	if diff := cmp.Diff([]string{"n" + bobs, "n" + mine}, f.engine.notes); diff != "" {
		t.Error(diff)
	}
	_, page = f.ask("GET", "ops", nil)
	has(t, page, "You (ops) take care", "I go on taking care")
}

func TestPageOfWhatIsOver(t *testing.T) {
	f := newFixture(t)
	f.engine.err = fmt.Errorf("x: %w", alerting.ErrNoAlert)
	_, page := f.ask("GET", "ops", nil)
	has(t, page, "<h1>It is over</h1>", "You need do nothing")
	f.engine.episode = ledger.Episode{ID: 7, Name: "web", Summary: "refused", Began: epoch, Ended: epoch.Add(3 * time.Hour), End: notify.Recovery, AckedBy: "bob"}
	_, page = f.ask("GET", "ops", nil)
	has(t, page, "<h1>web</h1>", "refused", "21 Nov 2026 15:00 UTC, after 3 h", "<dt>Taken care of by</dt><dd>bob</dd>")
	f.engine.episode.End = notify.Closed
	code, page := f.ask("POST", "ops", nil)
	has(t, page, "no all-clear")
	if code != 200 || strings.Contains(page, "<form") || len(f.engine.notes) > 0 {
		t.Error(code, f.engine.notes)
	}
}

// What ends between looking and answering is over, and no error.
func TestAnswerThatComesTooLate(t *testing.T) {
	f := newFixture(t)
	f.Engine = late{f.engine}
	if code, page := f.ask("POST", "ops", nil); code != 303 {
		t.Error(code, page)
	}
}

type late struct{ *fakeEngine }

func (l late) AcknowledgeByLink(context.Context, string, string) error { return alerting.ErrNoAlert }

func TestWrongLinksAreAnsweredAtABoundedRate(t *testing.T) {
	f := newFixture(t)
	for i := range guessBurst {
		if code, page := f.ask("GET", "x", nil); code != 404 || !strings.Contains(page, "not whole") {
			t.Fatal(i, code, page)
		}
	}
	if code, _ := f.ask("POST", "x", nil); code != 429 {
		t.Error(code)
	}
	if code, _ := f.ask("POST", "ops", nil); code != 303 {
		t.Error("a right one is kept waiting:", code)
	}
	f.now = f.now.Add(guessRefill)
	for _, want := range []int{404, 429} {
		if code, _ := f.ask("GET", "x", nil); code != want {
			t.Error(code, "want", want)
		}
	}
}

func TestWhatGoesWrongIsSaid(t *testing.T) {
	f := newFixture(t)
	if code, page := f.ask("POST", "ops", url.Values{"note": {strings.Repeat("x", maxFormBytes)}}); code != 400 || !strings.Contains(page, "shorter note") {
		t.Error(code, page)
	}
	f.engine.err = errors.New("disk gone")
	if code, page := f.ask("GET", "ops", nil); code != 500 || strings.Contains(page, "disk") || len(f.reported) != 1 {
		t.Error(code, page, f.reported)
	}
	if _, err := New(Config{}); err == nil {
		t.Error("no engine is taken")
	}
}
