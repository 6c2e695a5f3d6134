package ledger

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/alerting/notify"
)

func TestStanding(t *testing.T) {
	l := openIn(t, t.TempDir())
	am, mail := Address{"cluster", "alertmanager"}, Address{"ops", "email:a@b"}
	steps := commit(t, l, step("told", notify.Problem, epoch, am, mail), step("over", notify.Problem, epoch, am),
		step("refused", notify.Problem, epoch, am), step("other", notify.Problem, epoch, mail))
	expect := func(want ...string) {
		t.Helper()
		messages, err := l.Standing(t.Context(), am)
		var got []string
		for _, m := range messages {
			got = append(got, m.ID)
		}
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("error %v, %s", err, diff)
		}
	}
	expect()
	_, ds := due(t, l, epoch)
	for _, d := range ds {
		note := func() error { return l.Sent(t.Context(), d, epoch) }
		if d.Message.ID == "refused" {
			note = func() error { return l.Failed(t.Context(), d, epoch, errors.New("no")) }
		}
		err := note()
		if err != nil {
			t.Fatal(err)
		}
	}
	expect("told", "over")
	end := step("over", notify.Recovery, epoch.Add(time.Minute))
	end.Record.Episode = steps[1].Record.Episode
	commit(t, l, end)
	expect("told")
}
