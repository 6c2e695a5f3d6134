package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/getsentry/sentry-go"
)

// inbox is a Sentry transport that keeps what is sent.
type inbox struct{ events []*sentry.Event }

func (i *inbox) Flush(time.Duration) bool              { return true }
func (i *inbox) FlushWithContext(context.Context) bool { return true }
func (i *inbox) Configure(sentry.ClientOptions)        {}
func (i *inbox) SendEvent(e *sentry.Event)             { i.events = append(i.events, e) }
func (i *inbox) Close()                                {}

func newTestReporter(t *testing.T, dsn string) (*reporter, *inbox, *time.Time) {
	t.Helper()
	in, now := &inbox{}, time.Unix(1_700_000_000, 0)
	r, err := newReporter(SentryConfig{DSN: dsn}, "test", in, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	return r, in, &now
}

const dsn = "http://key@127.0.0.1:9/1"

func TestNothingIsSentWithoutDSN(t *testing.T) {
	r, in, _ := newTestReporter(t, "")
	r.Report(errors.New("disk gone"))
	if len(in.events) != 0 {
		t.Errorf("%d events sent", len(in.events))
	}
}

func TestOneBugDoesNotFlood(t *testing.T) {
	r, in, now := newTestReporter(t, dsn)
	for range 1000 {
		r.Report(errors.New("disk gone"))
	}
	if len(in.events) != 1 {
		t.Fatalf("%d events for one bug, want 1", len(in.events))
	}
	*now = now.Add(repeatAfter)
	r.Report(errors.New("disk gone"))
	if len(in.events) != 2 {
		t.Errorf("%d events after %s, want 2", len(in.events), repeatAfter)
	}
	for i := range 1000 {
		r.Report(fmt.Errorf("bug %d", i))
	}
	if len(in.events) > 1+burst {
		t.Errorf("%d events for many bugs, want at most %d in a window", len(in.events), burst)
	}
}

func TestLoggedErrorsAreReported(t *testing.T) {
	r, in, _ := newTestReporter(t, dsn)
	log := slog.New(reportingHandler{slog.NewTextHandler(io.Discard, nil), r}).With("part", "store")
	log.Warn("slow disk")
	log.Error("flush archives", "err", errors.New("disk gone"))
	if len(in.events) != 1 {
		t.Fatalf("%d events, want that of the error alone", len(in.events))
	}
	found := false
	for _, x := range in.events[0].Exception {
		found = found || x.Value == "flush archives: disk gone"
	}
	if !found {
		t.Errorf("the event does not say what happened: %+v", in.events[0].Exception)
	}
}

func TestPanicIsReportedAndStillEndsTheProcess(t *testing.T) {
	r, in, _ := newTestReporter(t, dsn)
	defer func() {
		if p := recover(); p == nil || len(in.events) != 1 {
			t.Errorf("recovered %v with %d events", p, len(in.events))
		}
	}()
	_ = r.recovered(func() error { panic("BUG: impossible") })
}
