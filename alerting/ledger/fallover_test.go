package ledger

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"plimsoll/alerting/link"
	"plimsoll/alerting/notify"
)

// TestFallOver: two episodes wait for a dead route, the first with its end. The
// other hears all of it in order, once, and of what is too young nothing.
func TestFallOver(t *testing.T) {
	l := openIn(t, t.TempDir())
	ops, boss := Address{"ops", "webhook"}, Address{"boss", "webhook"}
	first := commit(t, l, step("a", notify.Problem, epoch, ops))[0]
	end := step("a", notify.Recovery, epoch.Add(time.Minute))
	end.Record.Episode = first.Record.Episode
	commit(t, l, end)
	second := commit(t, l, step("a", notify.Problem, epoch.Add(2*time.Minute), ops))[0]
	commit(t, l, step("young", notify.Problem, epoch.Add(9*time.Minute), ops))
	at := epoch.Add(10 * time.Minute)
	waiting := expectDue(t, l, at, "ops problem a", "ops problem young")[0]
	route := Delivery{To: waiting.To, Message: waiting.Message}
	for range 2 {
		if err := l.FallOver(t.Context(), route, at.Add(-5*time.Minute), at, []Address{boss}); err != nil {
			t.Fatal(err)
		}
	}
	told := func(want string) {
		t.Helper()
		ds := expectDue(t, l, at, "ops problem a", "ops problem young", want)
		if err := l.Sent(t.Context(), ds[2], at); err != nil {
			t.Fatal(err)
		}
	}
	told("boss problem a")
	told("boss recovery a")
	told("boss problem a")
	expectDue(t, l, at, "ops problem a", "ops problem young")
	end.Record.Episode = second.Record.Episode
	end.End.At = at
	commit(t, l, end)
	told("boss recovery a")
	lines, err := l.History(t.Context(), 100)
	n := 0
	for _, line := range lines {
		if line.Kind == "fallback" && line.Contact == "boss webhook" {
			n++
		}
	}
	if err != nil || n != 1 {
		t.Errorf("%d lines of the history tell of it, want 1; error %v", n, err)
	}
}

// TestFallOverOfWhatIsGivenUp takes it along whatever its age, with an end that
// would be dropped.
func TestFallOverOfWhatIsGivenUp(t *testing.T) {
	l := openIn(t, t.TempDir())
	ops, boss := Address{"ops", "webhook"}, Address{"boss", "webhook"}
	first := commit(t, l, step("a", notify.Problem, epoch, ops))[0]
	end := step("a", notify.Recovery, epoch)
	end.Record.Episode = first.Record.Episode
	commit(t, l, end)
	d := expectDue(t, l, epoch, "ops problem a")[0]
	if err := l.FallOver(t.Context(), d, epoch.Add(-time.Minute), epoch, []Address{boss}); err != nil {
		t.Fatal(err)
	}
	if err := l.Failed(t.Context(), d, epoch, notify.ErrFinal); err != nil {
		t.Fatal(err)
	}
	d = expectDue(t, l, epoch, "boss problem a")[0]
	if err := l.Sent(t.Context(), d, epoch); err != nil {
		t.Fatal(err)
	}
	expectDue(t, l, epoch, "boss recovery a")
}

func TestRateLimitHoldsTheRoute(t *testing.T) {
	l := openIn(t, t.TempDir())
	ops, mail := Address{"ops", "slack"}, Address{"ops", "email:a@b"}
	commit(t, l, step("a", notify.Problem, epoch, ops, mail), step("b", notify.Problem, epoch, ops))
	d := expectDue(t, l, epoch, "ops problem a", "ops problem a", "ops problem b")[0]
	why := fmt.Errorf("no: %w", &notify.RateLimited{After: time.Minute, Err: notify.ErrFinal})
	if err := l.Retry(t.Context(), d, epoch.Add(time.Minute), why); err != nil {
		t.Fatal(err)
	}
	if left := expectDue(t, l, epoch.Add(59*time.Second), "ops problem a"); left[0].To != mail {
		t.Errorf("%+v is due, want %+v", left[0].To, mail)
	}
	expectDue(t, l, epoch.Add(time.Minute), "ops problem a", "ops problem a", "ops problem b")
}

// TestFallbackAnswersInItsOwnName: the link that a fallback gets is its own.
func TestFallbackAnswersInItsOwnName(t *testing.T) {
	l := openIn(t, t.TempDir())
	ops, boss := Address{"ops", "webhook"}, Address{"boss", "webhook"}
	problem := step("a", notify.Problem, epoch, ops)
	problem.Tells[0].Pages = "http://x/pages"
	commit(t, l, problem)
	at := epoch.Add(10 * time.Minute)
	waiting := expectDue(t, l, at, "ops problem a")[0]
	if err := l.FallOver(t.Context(), Delivery{To: ops, Message: waiting.Message}, epoch, at, []Address{boss}); err != nil {
		t.Fatal(err)
	}
	for _, d := range expectDue(t, l, at, "ops problem a", "boss problem a") {
		token, is := strings.CutPrefix(d.Message.AckURL, "http://x/pages/ack/")
		c, err := link.Open(l.LinkKey, token)
		if !is || err != nil || c.Contact != d.To.Contact {
			t.Errorf("%s got %s, the link of %q, error %v", d.To.Contact, d.Message.AckURL, c.Contact, err)
		}
	}
}
