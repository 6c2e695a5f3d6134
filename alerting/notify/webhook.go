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
)

type webhook struct {
	Webhook
	client *http.Client
}

func newWebhook(w Webhook, d Dialer) *webhook {
	return &webhook{w, &http.Client{
		Transport: &http.Transport{
			DialContext:            d.DialContext,
			DisableKeepAlives:      true,
			MaxResponseHeaderBytes: 64 << 10,
		},
		// A redirected POST becomes a GET without a body: it would be taken
		// for an arrived message.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// send posts m. A 2xx answer takes it over; 4xx, but for 408 and 429, is final;
// all else is worth another attempt.
func (w *webhook) send(ctx context.Context, m Message) error {
	body, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("encode webhook: %w: %w", err, ErrFinal)
	}
	ctx, cancel := context.WithTimeout(ctx, w.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.URL, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("webhook: %w: %w", err, ErrFinal)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "plimsoll")
	req.Header.Set("Idempotency-Key", m.Delivery)
	for k, v := range w.Headers {
		req.Header.Set(k, v)
	}
	resp, err := w.client.Do(req)
	if err != nil {
		if failed := (*url.Error)(nil); errors.As(err, &failed) {
			err = failed.Err // the URL may hold a secret, and errors go into the history
		}
		return fmt.Errorf("webhook: %w", err)
	}
	defer resp.Body.Close()
	said, _ := io.ReadAll(io.LimitReader(resp.Body, 200))
	return judge(resp.StatusCode, said)
}

func judge(status int, said []byte) error {
	switch {
	case status >= 200 && status < 300:
		return nil
	case status >= 400 && status < 500 && status != http.StatusRequestTimeout && status != http.StatusTooManyRequests:
		return fmt.Errorf("webhook answered %d %q: %w", status, said, ErrFinal)
	}
	return fmt.Errorf("webhook answered %d %q", status, said)
}
