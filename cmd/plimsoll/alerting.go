package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/user"
	"strings"
	"time"
)

// alertingPath is what the routes by which people act on alerts stand below.
const alertingPath = "/api/plimsoll/v1/alerting/"

// answerMost bounds an answer that lists alerts.
const answerMost = 64 << 20

// ask sends body as JSON, unless it is nil, and reads the answer into a value.
func (s *server) ask(ctx context.Context, method, path string, query url.Values, body, into any) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	req, err := s.request(ctx, http.MethodGet, path, query)
	if err != nil {
		return err
	}
	req.Method = method
	if body != nil {
		content, err := json.Marshal(body)
		if err != nil {
			return err
		}
		req.Body, req.ContentLength = io.NopCloser(bytes.NewReader(content)), int64(len(content))
		req.Header.Set("Content-Type", "application/json")
	}
	answer, err := answerTo(req)
	if err != nil {
		return err
	}
	defer answer.Close()
	text, err := io.ReadAll(io.LimitReader(answer, answerMost))
	if err != nil {
		return fmt.Errorf("read the answer of %s%s: %w", s.url, path, err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("answer of %s%s is no JSON: %w", s.url, path, err)
	}
	return nil
}

// actor is who acts on alerts, and where.
type actor struct {
	server
	by string
}

func (a *actor) flags(f *flag.FlagSet) {
	a.server.flags(f)
	f.StringVar(&a.by, "by", "", "`NAME` of who does it (default your user name; with a token, the token's name counts)")
}

// name is who acts.
func (a *actor) name() string {
	if a.by != "" {
		return a.by
	}
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return os.Getenv("USER")
}

// momentText reads a time that a person gives, by the clock of this machine unless
// it says its zone, and returns it as RFC 3339; "" is "".
func momentText(name, text string) (string, error) {
	if text == "" {
		return "", nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		at, err = time.ParseInLocation("2006-01-02 15:04", text, time.Local)
	}
	if err != nil {
		return "", fmt.Errorf("%w: -%s %q is not of the form '2026-12-24 12:00' or 2026-12-24T12:00:00Z", errUsage, name, text)
	}
	return at.Format(time.RFC3339), nil
}

// clock shows an instant by the clock of this machine.
func clock(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Local().Format("2006-01-02 15:04")
}

// word shows one word of an answer.
func word(s string) string { return clean(cmp.Or(s, "-")) }

// printJSON prints an answer as it came.
func printJSON(w io.Writer, answer json.RawMessage) error {
	_, err := fmt.Fprintln(w, strings.TrimSpace(string(answer)))
	return err
}
