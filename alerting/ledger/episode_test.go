package ledger

import (
	"testing"
	"time"

	"plimsoll/alerting/handler"
	"plimsoll/alerting/notify"
	"plimsoll/alerting/policy"
)

// TestEpisodeRemembersWhatWasDone: what a handler was ordered to do counts, and
// what somebody writes counts more.
func TestEpisodeRemembersWhatWasDone(t *testing.T) {
	l := openIn(t, t.TempDir())
	ordered, untried := step("ordered", notify.Problem, epoch), step("untried", notify.Problem, epoch)
	ordered.Record.Handler = &handler.Try{Name: "restart", Order: "7"}
	untried.Record.Handler = &handler.Try{Name: "restart", Note: "not tried"}
	done := commit(t, l, ordered, untried)
	for i, want := range []string{"event handler", ""} {
		if e, err := l.Episode(t.Context(), done[i].Record.Episode); err != nil || e.Acted != want {
			t.Errorf("%s: %q, error %v; want %q", done[i].Record.ID, e.Acted, err, want)
		}
	}
	care := done[0]
	care.Begins, care.Tells = false, nil
	care.Record.Ack = &policy.Ack{By: "ada", Note: "made room", At: epoch.Add(time.Minute)}
	commit(t, l, care)
	if e, err := l.Episode(t.Context(), care.Record.Episode); err != nil || e.Acted != "made room" || e.AckedBy != "ada" {
		t.Errorf("%+v, error %v", e, err)
	}
}
