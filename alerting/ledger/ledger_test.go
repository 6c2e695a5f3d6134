package ledger

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/alerting/notify"
	"plimsoll/alerting/state"
	"plimsoll/internal/metric"
)

var epoch = time.Unix(1_700_000_000, 0).UTC()

func openIn(t *testing.T, dir string) *Ledger {
	t.Helper()
	l, err := Open(dir, epoch)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func step(id string, e notify.Event, at time.Time, to ...Address) Step {
	m := notify.Message{Version: 1, Event: e, ID: id, Name: id, Summary: "x", At: at, Since: at}
	s := Step{
		Record: Record{ID: id, Source: id, State: state.State{Phase: state.Hard, Since: at}},
		Event:  &metric.AlertEvent{At: at, AlertID: id, Name: id, Kind: "state"},
	}
	if e != notify.Problem {
		s.End = &m
		return s
	}
	s.Begins, s.Tells = true, []Tell{{Message: m, Addresses: to, Group: id}}
	return s
}

func commit(t *testing.T, l *Ledger, steps ...Step) []Step {
	t.Helper()
	if err := l.Commit(t.Context(), steps); err != nil {
		t.Fatal(err)
	}
	return steps
}

// singly folds nothing.
func singly(Address) Folding { return Folding{} }

// due lists what may be sent as "CONTACT EVENT ALERT".
func due(t *testing.T, l *Ledger, now time.Time) (list []string, ds []Delivery) {
	t.Helper()
	ds, err := l.Due(t.Context(), now, singly)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range ds {
		list = append(list, fmt.Sprintf("%s %s %s", d.To.Contact, d.Message.Event, d.Message.ID))
	}
	return list, ds
}

func expectDue(t *testing.T, l *Ledger, now time.Time, want ...string) []Delivery {
	t.Helper()
	list, ds := due(t, l, now)
	if diff := cmp.Diff(want, list); diff != "" {
		t.Errorf("due: %s", diff)
	}
	return ds
}

func TestRecordsSurvive(t *testing.T) {
	dir := t.TempDir()
	l := openIn(t, dir)
	done := commit(t, l, step("a", notify.Problem, epoch), step("b", notify.Problem, epoch))
	l.Close()
	records, err := openIn(t, dir).Records(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Record{done[0].Record, done[1].Record}, records); diff != "" {
		t.Error(diff)
	}
	if records[0].Episode == 0 || records[0].Episode == records[1].Episode {
		t.Errorf("episodes %d and %d", records[0].Episode, records[1].Episode)
	}
	if records[0].State != done[0].Record.State {
		t.Error("a state does not compare equal after a restart")
	}
}

func TestRecoveryFollowsItsProblem(t *testing.T) {
	l := openIn(t, t.TempDir())
	ops := Address{"ops", "webhook"}
	problem := commit(t, l, step("a", notify.Problem, epoch, ops))[0]
	end := step("a", notify.Recovery, epoch.Add(time.Minute))
	end.Record.Episode = problem.Record.Episode
	commit(t, l, end)
	later := epoch.Add(time.Hour)
	first := expectDue(t, l, later, "ops problem a")[0]
	if err := l.Sent(t.Context(), first, later); err != nil {
		t.Fatal(err)
	}
	second := expectDue(t, l, later, "ops recovery a")[0]
	if second.Message.Reply != first.Message.Delivery || second.Message.Delivery == first.Message.Delivery {
		t.Errorf("the recovery %q answers %q, want %q", second.Message.Delivery, second.Message.Reply, first.Message.Delivery)
	}
	if !second.Queued.Equal(later) {
		t.Errorf("the recovery's deadline counts from %v, want %v", second.Queued, later)
	}
	if err := l.Sent(t.Context(), second, later); err != nil {
		t.Fatal(err)
	}
	expectDue(t, l, later)
}

// TestEndsOnce: an episode that was closed cannot recover too.
func TestEndsOnce(t *testing.T) {
	l := openIn(t, t.TempDir())
	problem := commit(t, l, step("a", notify.Problem, epoch, Address{"ops", "webhook"}))[0]
	closed, recovered := step("a", notify.Closed, epoch), step("a", notify.Recovery, epoch)
	closed.Record.Episode, recovered.Record.Episode = problem.Record.Episode, problem.Record.Episode
	commit(t, l, closed)
	if err := l.Commit(t.Context(), []Step{recovered}); err == nil {
		t.Error("one episode ends twice")
	}
	if err := l.Sent(t.Context(), expectDue(t, l, epoch, "ops problem a")[0], epoch); err != nil {
		t.Fatal(err)
	}
	expectDue(t, l, epoch, "ops closed a")
}

func TestNeverToldOfTheProblem(t *testing.T) {
	l := openIn(t, t.TempDir())
	problem := commit(t, l, step("a", notify.Problem, epoch, Address{"ops", "webhook"}, Address{"boss", "webhook"}))[0]
	ds := expectDue(t, l, epoch, "ops problem a", "boss problem a")
	if err := l.Failed(t.Context(), ds[0], epoch, errors.New("no such user")); err != nil {
		t.Fatal(err)
	}
	end := step("a", notify.Recovery, epoch)
	end.Record.Episode = problem.Record.Episode
	commit(t, l, end)
	// ops failed before the end, boss fails after it: neither hears of the end.
	if err := l.Failed(t.Context(), ds[1], epoch, errors.New("gone")); err != nil {
		t.Fatal(err)
	}
	expectDue(t, l, epoch.Add(time.Hour))
}

func TestRetryWaits(t *testing.T) {
	l := openIn(t, t.TempDir())
	commit(t, l, step("a", notify.Problem, epoch, Address{"ops", "webhook"}))
	d := expectDue(t, l, epoch, "ops problem a")[0]
	if err := l.Retry(t.Context(), d, epoch.Add(time.Minute), errors.New("busy")); err != nil {
		t.Fatal(err)
	}
	expectDue(t, l, epoch.Add(59*time.Second))
	if again := expectDue(t, l, epoch.Add(time.Minute), "ops problem a"); again[0].Attempts != 1 {
		t.Errorf("attempts %d, want 1", again[0].Attempts)
	}
	// The clock is set back by a day: the wait must not last a day.
	expectDue(t, l, epoch.Add(-24*time.Hour), "ops problem a")
}

func TestOneContactFillsOnlyItsShare(t *testing.T) {
	l := openIn(t, t.TempDir())
	for i := range 20 {
		commit(t, l, step(fmt.Sprint("a", i), notify.Problem, epoch, Address{"dead", "webhook"}))
	}
	commit(t, l, step("b", notify.Problem, epoch, Address{"ops", "webhook"}))
	list, _ := due(t, l, epoch)
	if len(list) != perRoute+1 || list[perRoute] != "ops problem b" {
		t.Errorf("due: %q", list)
	}
}

// TestDeadMailServerLeavesTheWebhookAlone: the webhook takes all its messages
// while the mail server of the same contact takes none.
func TestDeadMailServerLeavesTheWebhookAlone(t *testing.T) {
	l := openIn(t, t.TempDir())
	mail, hook := Address{"ops", "email:a@example.org"}, Address{"ops", "webhook"}
	for i := range perRoute + 2 {
		commit(t, l, step(fmt.Sprint("a", i), notify.Problem, epoch, mail, hook))
	}
	var hooked int
	for range 3 {
		_, ds := due(t, l, epoch.Add(time.Second))
		for _, d := range ds {
			if d.To != hook {
				continue
			}
			hooked++
			if err := l.Sent(t.Context(), d, epoch); err != nil {
				t.Fatal(err)
			}
		}
	}
	if hooked != perRoute+2 {
		t.Errorf("%d messages went to the webhook, want %d", hooked, perRoute+2)
	}
}

// TestFlappingDoesNotFillTheOutbox: an alert comes and goes while its contact is
// away; what does not fit is failed in the open, begin and end together.
func TestFlappingDoesNotFillTheOutbox(t *testing.T) {
	l := openIn(t, t.TempDir())
	for i := range maxWaiting {
		at := epoch.Add(time.Duration(i) * time.Minute)
		problem := commit(t, l, step("a", notify.Problem, at, Address{"ops", "webhook"}))[0]
		end := step("a", notify.Recovery, at)
		end.Record.Episode = problem.Record.Episode
		commit(t, l, end)
	}
	if n, err := l.Queued(t.Context()); n > maxWaiting+1 || n < maxWaiting || err != nil {
		t.Errorf("%d messages wait, error %v, want %d", n, err, maxWaiting)
	}
	events, err := l.History(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	failed := 0
	for _, e := range events {
		if e.Kind == "failed" {
			failed++
		}
	}
	if failed != maxWaiting/2 {
		t.Errorf("the history names %d messages that found no room, want %d", failed, maxWaiting/2)
	}
}

func TestAllOrNothing(t *testing.T) {
	l := openIn(t, t.TempDir())
	bad, nan := step("b", notify.Problem, epoch, Address{"ops", "r"}), math.NaN()
	bad.Record.Value = &nan // JSON has none
	if err := l.Commit(t.Context(), []Step{step("a", notify.Problem, epoch, Address{"ops", "r"}), bad}); err == nil {
		t.Fatal("a record is stored that cannot be")
	}
	records, err := l.Records(t.Context())
	events, err2 := l.History(t.Context(), 10)
	if len(records) > 0 || len(events) > 0 || err != nil || err2 != nil {
		t.Errorf("half a commit: %v, %v, errors %v %v", records, events, err, err2)
	}
	expectDue(t, l, epoch)
}

func TestHistory(t *testing.T) {
	l := openIn(t, t.TempDir())
	for i := range 10 {
		commit(t, l, step(fmt.Sprint(i), notify.Problem, epoch.Add(time.Duration(i)*time.Hour)))
	}
	names := func(limit int) (s string) {
		events, err := l.History(t.Context(), limit)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			s += e.Name
		}
		return s
	}
	if got := names(3); got != "987" {
		t.Errorf("newest three: %q", got)
	}
	if err := l.Prune(t.Context(), epoch.Add(2*time.Hour), 6); err != nil {
		t.Fatal(err)
	}
	if got := names(100); got != "987654" {
		t.Errorf("after pruning to six: %q", got)
	}
	if err := l.Prune(t.Context(), epoch.Add(6*time.Hour), 100); err != nil {
		t.Fatal(err)
	}
	if got := names(100); got != "9876" {
		t.Errorf("after pruning by age: %q", got)
	}
}

// TestPruneKeepsWhoWasTold: however old an open problem is, its end goes to
// those who were told.
func TestPruneKeepsWhoWasTold(t *testing.T) {
	l := openIn(t, t.TempDir())
	problem := commit(t, l, step("a", notify.Problem, epoch, Address{"ops", "webhook"}))[0]
	d := expectDue(t, l, epoch, "ops problem a")[0]
	if err := l.Sent(t.Context(), d, epoch); err != nil {
		t.Fatal(err)
	}
	later := epoch.Add(10_000 * time.Hour)
	if err := l.Prune(t.Context(), later, 100); err != nil {
		t.Fatal(err)
	}
	end := step("a", notify.Recovery, later)
	end.Record.Episode = problem.Record.Episode
	commit(t, l, end)
	expectDue(t, l, later, "ops recovery a")
}

func TestDamagedDatabaseIsSetAside(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, FileName)
	garbage := strings.Repeat("this is no database. ", 1000)
	if err := os.WriteFile(path, []byte(garbage), 0o600); err != nil {
		t.Fatal(err)
	}
	l := openIn(t, dir)
	kept, err := os.ReadFile(l.SetAside)
	if err != nil || string(kept) != garbage {
		t.Errorf("set aside as %q: error %v", l.SetAside, err)
	}
	commit(t, l, step("a", notify.Problem, epoch))
}

func TestTornDatabaseIsSetAside(t *testing.T) {
	dir := t.TempDir()
	l := openIn(t, dir)
	for i := range 200 {
		commit(t, l, step(fmt.Sprint("a", i), notify.Problem, epoch))
	}
	l.Close()
	path := filepath.Join(dir, FileName)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := 4096; i < len(b); i++ {
		b[i] = 0xa5
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if l := openIn(t, dir); l.SetAside == "" {
		t.Error("a database of garbage pages is used")
	}
}

func TestDirectoryWithOddName(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a b?c#d%20")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	openIn(t, dir)
	if _, err := os.Stat(filepath.Join(dir, FileName)); err != nil {
		t.Error(err)
	}
}

func TestDurability(t *testing.T) {
	l := openIn(t, t.TempDir())
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2"} {
		var got string
		if err := l.db.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %q (%v), want %q", pragma, got, err, want)
		}
	}
}
