package remote

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"plimsoll/internal/remotewrite"
)

// maxAnswerBytes bounds what is read of a receiver's answer.
const maxAnswerBytes = 16 << 10

// transport adds what each request needs, and notes how it was answered, because
// the client library reports the status only in a text.
type transport struct {
	cfg  Config
	next http.RoundTripper
}

// statusKey is the context key of an *int that takes the last status.
type statusKey struct{}

func withStatus(ctx context.Context) (context.Context, *int) {
	status := new(int)
	return context.WithValue(ctx, statusKey{}, status), status
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	token, err := t.token()
	if err != nil {
		return nil, err
	}
	req = req.Clone(req.Context())
	req.Header.Set("User-Agent", t.cfg.UserAgent)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	status, _ := req.Context().Value(statusKey{}).(*int)
	if status != nil {
		*status = 0
	}
	resp, err := t.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	// An answer cut off is no answer: the library would not try again.
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswerBytes))
	if err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	if status != nil {
		*status = resp.StatusCode
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	capRetryAfter(resp.Header, t.cfg.MaxRetryAfter, time.Now())
	return resp, nil
}

func (t *transport) token() (string, error) {
	if t.cfg.TokenFile == "" {
		return t.cfg.Token, nil
	}
	b, err := os.ReadFile(t.cfg.TokenFile)
	if err != nil {
		return "", fmt.Errorf("read token: %w", err)
	}
	return strings.TrimSpace(string(b)), nil
}

// capRetryAfter makes Retry-After at most limit and writes it in seconds.
func capRetryAfter(h http.Header, limit time.Duration, now time.Time) {
	if wait, told := remotewrite.RetryAfter(h, now); told {
		h.Set("Retry-After", strconv.Itoa(int(min(wait, limit)/time.Second)))
	} else {
		h.Del("Retry-After")
	}
}
