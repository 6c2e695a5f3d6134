package ledger

import (
	"fmt"
	"testing"
	"time"

	"plimsoll/alerting/notify"
)

// TestPruneBoundsAllThatIsOver: each table that grows is bounded by age and by
// number; what is open, or not yet over, stays whatever its age.
func TestPruneBoundsAllThatIsOver(t *testing.T) {
	l := openIn(t, t.TempDir())
	to := Address{"ops", "webhook"}
	for i := range 10 {
		at := epoch.Add(time.Duration(i) * time.Hour)
		problem := commit(t, l, step(fmt.Sprint("over", i), notify.Problem, at, to))[0]
		end := step(problem.Record.ID, notify.Recovery, at)
		end.Record.Episode, end.Forget = problem.Record.Episode, true
		commit(t, l, end)
		for range 2 {
			_, due := due(t, l, at)
			if err := l.Sent(t.Context(), due[0], at); err != nil {
				t.Fatal(err)
			}
		}
		id, err := l.AddEntry(t.Context(), "hold", i, nil)
		if err == nil {
			err = l.ChangeEntry(t.Context(), "hold", id, i, at, nil)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	commit(t, l, step("open", notify.Problem, epoch, to))
	if _, err := l.AddEntry(t.Context(), "hold", "open", nil); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		before             time.Time
		rows               int
		delivery, episodes int // and as many entries
	}{
		{epoch, 100, 21, 11},
		{epoch.Add(4 * time.Hour), 100, 13, 7},
		{epoch.Add(4 * time.Hour), 3, 4, 4},
		{epoch.Add(1000 * time.Hour), 100, 1, 1},
	} {
		if err := l.Prune(t.Context(), c.before, c.rows); err != nil {
			t.Fatal(err)
		}
		for table, want := range map[string]int{"delivery": c.delivery, "episode": c.episodes, "entry": c.episodes} {
			var n int
			if err := l.db.QueryRowContext(t.Context(), "SELECT count(*) FROM "+table).Scan(&n); err != nil || n != want {
				t.Errorf("%d rows of %s after %+v, want %d; error %v", n, table, c, want, err)
			}
		}
	}
}
