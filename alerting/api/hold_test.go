package api

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/alerting"
	"plimsoll/alerting/hold"
	"plimsoll/alerting/rota"
)

// fakeHolds are the silences, downtimes and overrides of a fakeEngine.
type fakeHolds struct {
	holds     []hold.Hold
	overrides []rota.Override
}

func (f *fakeEngine) Holds() []hold.Hold { return f.holds }

func (f *fakeEngine) PutHold(_ context.Context, h hold.Hold) (hold.Hold, error) {
	if err := h.Validate(epoch); err != nil {
		return h, fmt.Errorf("%w: %w", err, alerting.ErrBadRequest)
	}
	h.ID = int64(len(f.holds) + 1)
	f.holds = append(f.holds, h)
	return h, nil
}

func (f *fakeEngine) EndHold(_ context.Context, id int64, by string) error {
	f.done = append(f.done, fmt.Sprintf("end %d by %s", id, by))
	return nil
}

func (f *fakeEngine) OnCall() []alerting.OnCall {
	return []alerting.OnCall{{Rota: "web", Contact: "ada", Shifts: []rota.Shift{{Contact: "ada", From: epoch, Until: epoch.Add(time.Hour)}}}}
}

func (f *fakeEngine) Overrides() []rota.Override { return f.overrides }

func (f *fakeEngine) PutOverride(_ context.Context, o rota.Override) (rota.Override, error) {
	if err := o.Validate(); err != nil {
		return o, fmt.Errorf("%w: %w", err, alerting.ErrBadRequest)
	}
	o.ID = 3
	f.overrides = append(f.overrides, o)
	return o, nil
}

func (f *fakeEngine) EndOverride(_ context.Context, id int64, by string) error {
	f.done = append(f.done, fmt.Sprintf("end override %d by %s", id, by))
	return nil
}

// shown asks for something and returns the hold of the answer.
func (f *fixture) shown(t *testing.T, what, body string) (shown Hold) {
	t.Helper()
	code, text, _ := strings.Cut(f.ask(what, body), " ")
	var answer struct{ Silence, Downtime *Hold }
	if err := json.Unmarshal([]byte(text), &answer); err != nil || code != "200" {
		t.Fatal(code, text, err)
	}
	if answer.Silence != nil {
		return *answer.Silence
	}
	return *answer.Downtime
}

func TestSilencesAreMadeAndTakenBack(t *testing.T) {
	f := newFixture(t)
	body := `{"match":"alertname=\"web\"","for":"2h","by":"ada","note":"kernel","dry_run":true}`
	s := f.shown(t, "POST silences", body)
	if len(f.engine.holds) != 0 || s.ID != 0 || len(s.Alerts) != 3 {
		t.Fatalf("a dry run: %+v, made %v", s, f.engine.holds)
	}
	s = f.shown(t, "POST silences", strings.Replace(body, "true", "false", 1))
	want := Hold{
		ID: 1, Kind: "silence", Match: `alertname="web"`, From: epoch, Until: epoch.Add(2 * time.Hour), By: "ada", Note: "kernel",
		Active: true, Windows: []hold.Window{{From: epoch, Until: epoch.Add(2 * time.Hour)}},
		Alerts: []Picked{{ID: "check/web1", Name: "web", State: "critical"}, {ID: "check/web2", Name: "web", State: "critical"}, {ID: "check/web3", Name: "web", State: "critical"}},
	}
	if diff := cmp.Diff(want, s); diff != "" {
		t.Error(diff)
	}
	if got := f.ask("GET silences", ""); !strings.Contains(got, `{"silences":[{"id":1,`) {
		t.Error(got)
	}
	if got := f.ask("GET downtimes", ""); got != `200 {"downtimes":[]}` {
		t.Error(got)
	}
	if got := f.ask("DELETE downtimes?id=1&by=ada", ""); !strings.HasPrefix(got, "404 ") {
		t.Error("a silence is taken back as a downtime:", got)
	}
	f.as = "token"
	if got := f.ask("DELETE silences?id=1", ""); got != "200 {}" || f.engine.done[0] != "end 1 by token" {
		t.Error(got, f.engine.done)
	}
}

func TestDowntimesShowTheirNextWindows(t *testing.T) {
	f := newFixture(t)
	d := f.shown(t, "POST downtimes", `{"match":"instance=\"db1\"","times":["Sun 02:00-04:00"],"timezone":"Europe/London","flexible":"30m","by":"ada","dry_run":true}`)
	if len(d.Windows) != nextWindows || d.Active || d.Flexible != "30m0s" || !d.Windows[0].From.Equal(time.Date(2026, 11, 22, 2, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v", d)
	}
	d = f.shown(t, "POST downtimes", `{"all":true,"from":"2026-12-24 12:00","until":"2026-12-25 12:00","timezone":"Europe/Paris","by":"ada"}`)
	if !d.All || len(d.Windows) != 1 || !d.Windows[0].From.Equal(time.Date(2026, 12, 24, 11, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v", d)
	}
	d = f.shown(t, "POST downtimes", `{"all":true,"from":"2026-12-24T12:00:00Z","for":"1d","by":"ada"}`)
	if !d.Until.Equal(time.Date(2026, 12, 25, 12, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v", d)
	}
}

func TestRotasAndOverrides(t *testing.T) {
	f := newFixture(t)
	got := f.ask("POST overrides", `{"rota":"web","contact":"bob","for":"2h","by":"ada","note":"ill"}`)
	want := `200 {"override":{"id":3,"rota":"web","contact":"bob","from":"2026-11-21T12:00:00Z","until":"2026-11-21T14:00:00Z","by":"ada","note":"ill"}}`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	got = f.ask("GET oncall", "")
	if !strings.HasPrefix(got, `200 {"overrides":[{"id":3,`) || !strings.Contains(got, `"rotas":[{"rota":"web","contact":"ada","shifts":[{"contact":"ada",`) {
		t.Error(got)
	}
	if got := f.ask("DELETE overrides?id=3&by=ada", ""); got != "200 {}" || f.engine.done[0] != "end override 3 by ada" {
		t.Error(got, f.engine.done)
	}
}

func TestHoldsThatCannotBe(t *testing.T) {
	for _, c := range []struct{ ask, body, want string }{
		{"POST silences", `{"match":"a=","for":"2h","by":"ada"}`, `match: \"a=\": `},
		{"POST silences", `{"for":"2h","by":"ada"}`, "match: is empty, which would pick every alert; say all: true if that is meant"},
		{"POST silences", `{"match":"a=\"b\"","by":"ada"}`, "until: is missing; or say for"},
		{"POST silences", `{"match":"a=\"b\"","for":"2h"}`, "by: is missing"},
		{"POST silences", `{"match":"a=\"b\"","for":"2h","until":"2026-12-24T12:00:00Z","by":"ada"}`, "say for or until, not both"},
		{"POST silences", `{"match":"a=\"b\"","for":"2h","flexible":"1h","by":"ada"}`, `unknown field \"flexible\"`},
		{"POST silences", `{"match":"a=\"b\"","from":"2026-12-24 12:00","for":"2h","by":"ada"}`, `from: \"2026-12-24 12:00\" is not of the form`},
		{"POST silences", `{"match":"a=\"b\"","from":"2020-12-24T12:00:00Z","for":"2h","by":"ada","dry_run":true}`, "until: all of it is over"},
		{"POST downtimes", `{"match":"a=\"b\"","times":["Someday"],"by":"ada"}`, `times[0]: \"Someday\"`},
		{"POST downtimes", `{"match":"a=\"b\"","for":"1h","flexible":"soon","by":"ada"}`, `flexible: \"soon\" is no duration`},
		{"DELETE silences?id=x&by=ada", "", `id: \"x\" is no number of one`},
		{"DELETE silences?id=9&by=ada", "", `404 {"status":"error","errorType":"not_found","error":"silence 9: `},
		{"DELETE silences?id=9", "", "by: is missing"},
		{"GET silences?active=1", "", `unknown parameter \"active\"`},
		{"POST overrides", `{"rota":"web","contact":"bob","by":"ada"}`, "until: is missing; or say for"},
		{"POST overrides", `{"rota":"web","for":"1h","by":"ada"}`, "contact: is missing"},
		{"POST overrides", `{"rota":"web","contact":"bob","from":"tomorrow","by":"ada"}`, "tomorrow"},
	} {
		f := newFixture(t)
		got := f.ask(c.ask, c.body)
		if !strings.Contains(got, c.want) || !strings.HasPrefix(got, "4") || len(f.reported)+len(f.engine.holds)+len(f.engine.done) > 0 {
			t.Errorf("%s %s: %s, want %s; %v", c.ask, c.body, got, c.want, f.reported)
		}
	}
}
