package alerting

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/metric"
)

func eventsOf(t *testing.T, e *Engine) []metric.Event {
	t.Helper()
	events, err := e.Events(t.Context(), metric.Selection{End: epoch.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	return events
}

func TestEventsAreKeptAndTold(t *testing.T) {
	w, dir := newWorld(), t.TempDir()
	e := w.open(t, dir, passiveConfig())
	told := e.Told()
	full := metric.Event{
		At: epoch.Add(-time.Second), Title: "deploy", Text: "two\nlines", Host: "web1", Key: "d7", Priority: "low",
		Source: "jenkins", Type: "success", Labels: map[string]string{"env": "prod", "2x;": "y", "none": ""},
	}
	for _, ev := range []metric.Event{full, {Title: "bare"}, full} {
		if err := e.PutEvent(t.Context(), ev); err != nil {
			t.Fatal(err)
		}
	}
	w.step(t.Context(), e, epoch)
	select {
	case <-told:
	default:
		t.Error("nobody was told that there are events")
	}
	e.Close()
	e = w.open(t, dir, passiveConfig())
	defer e.Close()
	full.ID, full.Repeats, full.Labels = 1, 1, map[string]string{"env": "prod", "_2x_": "y"}
	want := []metric.Event{{ID: 2, At: epoch, Title: "bare", Priority: "normal", Type: "info"}, full}
	if diff := cmp.Diff(want, eventsOf(t, e)); diff != "" {
		t.Error(diff)
	}
}

func TestBadEventsAreRefused(t *testing.T) {
	e := newWorld().open(t, t.TempDir(), passiveConfig())
	defer e.Close()
	for _, c := range []struct {
		ev   metric.Event
		want error
	}{
		{metric.Event{Text: "text"}, errNoTitle},
		{metric.Event{Title: " \n"}, errNoTitle},
		{metric.Event{Title: "a", At: epoch.Add(time.Hour)}, errFuture},
		{metric.Event{Title: "a", At: time.Unix(1, 0)}, errOld},
	} {
		if err := e.PutEvent(t.Context(), c.ev); !errors.Is(err, c.want) || refusedOf(e, "event", c.want.Error()) == 0 {
			t.Errorf("%+v: %v, want %v, counted", c.ev, err, c.want)
		}
	}
}

func TestLongTextsAreCut(t *testing.T) {
	long := strings.Repeat("é\xff", 10_000)
	ev, err := cleanEvent(metric.Event{Title: long, Text: long, Host: long, Labels: map[string]string{"a": long, "__": "x"}})
	if err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct {
		s string
		n int
	}{"title": {ev.Title, maxTitle}, "text": {ev.Text, maxText}, "host": {ev.Host, maxWord}, "label": {ev.Labels["a"], maxWord}} {
		if n := utf8.RuneCountInString(c.s); n != c.n+1 || !utf8.ValidString(c.s) {
			t.Errorf("%s: %d characters, want %d and an ellipsis", what, n, c.n)
		}
	}
	if len(ev.Labels) != 1 {
		t.Errorf("labels %v", ev.Labels)
	}
}

// TestFloodOfEvents: a full queue refuses at once, and delays no result of a
// check; what was queued is kept, some of it at each tick.
func TestFloodOfEvents(t *testing.T) {
	w := newWorld()
	c := passiveConfig()
	c.Events.Rows = 100
	e := w.open(t, t.TempDir(), c)
	defer e.Close()
	lost := 0
	for i := range maxQueuedEvents + 50 {
		err := e.PutEvent(t.Context(), metric.Event{Title: fmt.Sprint(i)})
		if errors.Is(err, metric.ErrBusy) {
			lost++
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if n := refusedOf(e, "event", metric.ErrBusy.Error()); lost != 50 || n != 50 {
		t.Errorf("%d lost, %g counted, want 50", lost, n)
	}
	if err := e.PutCheck(t.Context(), metric.CheckResult{Name: "app", State: metric.OK}); err != nil {
		t.Fatal(err)
	}
	w.step(t.Context(), e, epoch)
	if n := e.intake.events.len(); n != maxQueuedEvents-eventBatch || len(e.Alerts()) != 1 {
		t.Errorf("after a tick %d events wait; alerts %v", n, e.Alerts())
	}
	e.drain(t.Context(), epoch)
	events := eventsOf(t, e)
	if len(events) != c.Events.Rows || events[0].Title != fmt.Sprint(maxQueuedEvents-1) {
		t.Errorf("%d events are kept, the newest %+v", len(events), events[0])
	}
}

// TestChattyCheckKeepsNobodyOut: one check cannot fill the queue, and the log
// names it.
func TestChattyCheckKeepsNobodyOut(t *testing.T) {
	w, logged := newWorld(), &bytes.Buffer{}
	c := passiveConfig()
	c.Logger = slog.New(slog.NewTextHandler(logged, nil))
	e := w.open(t, t.TempDir(), c)
	defer e.Close()
	for i := range maxQueuedResults + 1 {
		err := e.PutCheck(t.Context(), metric.CheckResult{Name: "chatty", State: bySeverity()[i%4]})
		if i < maxQueuedOfOne && err != nil || i >= maxQueuedOfOne && !errors.Is(err, errCrowd) {
			t.Fatalf("result %d: %v", i, err)
		}
	}
	if err := e.PutCheck(t.Context(), metric.CheckResult{Name: "other", State: metric.OK}); err != nil {
		t.Error(err)
	}
	w.step(t.Context(), e, epoch)
	if n := len(e.Alerts()); n != 2 || e.intake.results.len() != 0 || len(e.intake.results.waiting) != 0 {
		t.Errorf("%d checks are known, want 2; %d results wait", n, e.intake.results.len())
	}
	if text := logged.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, "last_result=passive/chatty/") {
		t.Errorf("the log says %q", text)
	}
}

// TestRunTakesInWhatIsQueuedAtItsEnd: nothing that was queued is lost by a stop.
func TestRunTakesInWhatIsQueuedAtItsEnd(t *testing.T) {
	w := newWorld()
	e := w.open(t, t.TempDir(), passiveConfig())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for i := range 3 * eventBatch {
		if err := e.PutEvent(ctx, metric.Event{Title: fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if n := len(eventsOf(t, e)); n != 3*eventBatch {
		t.Errorf("%d events are kept, want %d", n, 3*eventBatch)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}
