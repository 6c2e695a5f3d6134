package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// request is what a channel asks of the other side.
type request struct {
	method  string // POST if empty
	url     string
	header  map[string]string
	body    []byte
	secrets []string // never to be shown, besides those in url
	// judge looks at an answer of 2xx, for those who say there that they did not
	// take the message over; nil: 2xx is success.
	judge func(said []byte) error
}

// encoded returns a request with v as JSON.
func encoded(address string, v any) (request, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return request{}, fmt.Errorf("encode: %w: %w", err, ErrFinal)
	}
	return request{url: address, header: map[string]string{"Content-Type": "application/json"}, body: b.Bytes()}, nil
}

func newClient(d Dialer) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DialContext:            d.DialContext,
			DisableKeepAlives:      true,
			MaxResponseHeaderBytes: 64 << 10,
		},
		// A redirected POST becomes a GET without a body: it would be taken
		// for an arrived message.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// maxAnswer bounds what is read of an answer, and maxSaid what is kept of it, in
// bytes.
const (
	maxAnswer = 16 << 10
	maxSaid   = 200
)

// post makes a request within a time and judges the answer. id is that of the
// message, for those who can tell that they have it already.
func (by means) post(ctx context.Context, timeout time.Duration, id string, r request) (answer string, err error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if _, err := parseURL(r.url); err != nil {
		return "", err
	}
	if r.method == "" {
		r.method = http.MethodPost
	}
	req, err := http.NewRequestWithContext(ctx, r.method, r.url, bytes.NewReader(r.body))
	if err != nil {
		return "", errAddress
	}
	req.Header.Set("User-Agent", "plimsoll")
	if id != "" {
		req.Header.Set("Idempotency-Key", id)
	}
	for k, v := range r.header {
		req.Header.Set(k, v)
	}
	resp, err := by.client.Do(req)
	if err != nil {
		if failed := (*url.Error)(nil); errors.As(err, &failed) {
			err = failed.Err // the URL may hold a secret, and errors go into the history
		}
		return "", err
	}
	defer resp.Body.Close()
	said, _ := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	answer = fmt.Sprintf("%d %q", resp.StatusCode, cut(hide(string(said), r.url, r.secrets), maxSaid))
	return answer, r.verdict(resp, said, answer, by.clock())
}

// verdict: 2xx takes the message over, 4xx, but for 408 and 429, is final, all
// else is worth another attempt.
func (r request) verdict(resp *http.Response, said []byte, answer string, now time.Time) error {
	err := fmt.Errorf("answered %s", answer)
	status := resp.StatusCode
	switch {
	case status >= 200 && status < 300:
		if r.judge == nil {
			return nil
		}
		if found := r.judge(said); found != nil {
			return fmt.Errorf("%w: %w", err, found)
		}
		return nil
	case status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable:
		if wait := retryAfter(resp.Header.Get("Retry-After"), said, now); wait > 0 {
			return &RateLimited{After: wait, Err: err}
		}
		return err
	case status >= 400 && status < 500 && status != http.StatusRequestTimeout:
		return fmt.Errorf("%w: %w", err, ErrFinal)
	}
	return err
}

// retryAfter reads the header of that name (RFC 9110 section 10.2.3: seconds or
// a date), or the field that Telegram has for it. 0: nothing was said.
func retryAfter(header string, said []byte, now time.Time) time.Duration {
	const most = 24 * 60 * 60
	if seconds, err := strconv.Atoi(strings.TrimSpace(header)); err == nil {
		return time.Duration(min(max(seconds, 0), most)) * time.Second
	}
	if at, err := http.ParseTime(header); err == nil {
		return max(at.Sub(now), 0)
	}
	var body struct {
		Parameters struct {
			RetryAfter int `json:"retry_after"`
		} `json:"parameters"`
	}
	if json.Unmarshal(said, &body) != nil {
		return 0
	}
	return time.Duration(min(max(body.Parameters.RetryAfter, 0), most)) * time.Second
}

// cut shortens text to so many bytes, at a border of characters.
func cut(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit-len("…")], "") + "…"
}
