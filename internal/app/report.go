package app

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/getsentry/sentry-go"
)

// SentryConfig says where panics and internal errors are reported to. Without
// a DSN nothing is ever sent.
type SentryConfig struct {
	DSN         string `yaml:"dsn"`
	DSNFile     string `yaml:"dsn_file"`
	Environment string `yaml:"environment"`
}

// dsn returns the configured DSN, "" for none.
func (c SentryConfig) dsn() (string, error) {
	if c.DSNFile == "" {
		return c.DSN, nil
	}
	text, err := os.ReadFile(c.DSNFile)
	if err != nil {
		return "", fmt.Errorf("sentry.dsn_file: %w", err)
	}
	return strings.TrimSpace(string(text)), nil
}

// One bug must not flood the tracker: the same message is reported once in
// repeatAfter, and no more than burst messages in that time.
const (
	repeatAfter = 5 * time.Minute
	burst       = 20
)

// reporter sends errors to Sentry, few at a time.
type reporter struct {
	client *sentry.Client // nil: reports nothing
	now    func() time.Time

	mu     sync.Mutex           // guards all below
	told   map[string]time.Time // message → when it was last sent
	sent   int                  // since window began
	window time.Time
}

func newReporter(c SentryConfig, release string, transport sentry.Transport, now func() time.Time) (*reporter, error) {
	r := &reporter{now: now, told: map[string]time.Time{}}
	dsn, err := c.dsn()
	if err != nil || dsn == "" {
		return r, err
	}
	r.client, err = sentry.NewClient(sentry.ClientOptions{
		Dsn: dsn, Environment: c.Environment, Release: "plimsoll@" + release, AttachStacktrace: true, Transport: transport,
	})
	if err != nil {
		return nil, fmt.Errorf("sentry.dsn: %w", err)
	}
	return r, nil
}

// Report sends err, unless the limits say that enough was sent.
func (r *reporter) Report(err error) {
	if r.client != nil && err != nil && r.allow(err.Error()) {
		r.client.CaptureException(err, nil, nil)
	}
}

func (r *reporter) allow(message string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	if now.Sub(r.window) >= repeatAfter {
		r.window, r.sent = now, 0
		for m, at := range r.told {
			if now.Sub(at) >= repeatAfter {
				delete(r.told, m)
			}
		}
	}
	if at, again := r.told[message]; r.sent >= burst || again && now.Sub(at) < repeatAfter {
		return false
	}
	r.told[message] = now
	r.sent++
	return true
}

// recovered runs f and reports a panic of it before passing it on.
func (r *reporter) recovered(f func() error) error {
	defer func() {
		if p := recover(); p != nil {
			r.Report(fmt.Errorf("panic: %v", p))
			r.flush()
			panic(p)
		}
	}()
	return f()
}

// flush waits a moment for what is on its way.
func (r *reporter) flush() {
	if r.client != nil {
		r.client.Flush(500 * time.Millisecond)
	}
}

// reportingHandler is a slog.Handler that also reports what is logged as an
// error: the Run loops' internal errors.
type reportingHandler struct {
	slog.Handler
	reporter *reporter
}

func (h reportingHandler) Handle(ctx context.Context, rec slog.Record) error {
	if rec.Level >= slog.LevelError {
		h.reporter.Report(recordError(rec))
	}
	return h.Handler.Handle(ctx, rec)
}

func (h reportingHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return reportingHandler{h.Handler.WithAttrs(attrs), h.reporter}
}

func (h reportingHandler) WithGroup(name string) slog.Handler {
	return reportingHandler{h.Handler.WithGroup(name), h.reporter}
}

// recordError makes an error of a log record: its message and its error.
func recordError(rec slog.Record) error {
	err := fmt.Errorf("%s", rec.Message)
	rec.Attrs(func(a slog.Attr) bool {
		if cause, is := a.Value.Any().(error); is {
			err = fmt.Errorf("%s: %w", rec.Message, cause)
			return false
		}
		return true
	})
	return err
}
