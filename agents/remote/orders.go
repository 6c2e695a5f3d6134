package remote

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"plimsoll/internal/orders"
)

// maxOrderBytes bounds an order as it is read.
const maxOrderBytes = 16 << 10

// retryHint bounds the pause that a server asks for which holds no request.
const retryHint = 10 * time.Second

// Orders is the way to the desk of the collectors: the first of them that answers
// is asked, and what it ordered is answered there.
type Orders struct {
	cfg    Config
	client *http.Client
	now    func() time.Time

	mu   sync.Mutex        // guards from
	from map[string]string // the collector by the order that it gave
}

// NewOrders returns a desk that asks nobody before Take.
func NewOrders(cfg Config, now func() time.Time) (*Orders, error) {
	if err := errors.Join(wrapURLs(ValidateURLs(cfg.URLs)), cfg.Validate()); err != nil {
		return nil, err
	}
	held := cfg
	held.Timeout += orders.MaxWait
	client, err := NewClient(held)
	if err != nil {
		return nil, err
	}
	return &Orders{cfg: cfg, client: client, now: now, from: map[string]string{}}, nil
}

// Take implements orders.Desk.
func (o *Orders) Take(ctx context.Context, a orders.Ask) (orders.Order, bool, error) {
	query := url.Values{"instance": {a.Instance}, "process": {a.Process}, "handler": a.Handlers, "have": a.Have}
	var errs []error
	for _, base := range o.cfg.URLs {
		given, is, err := o.ask(ctx, base, query)
		if err == nil {
			if is {
				o.note(given.ID, base)
			}
			return given, is, nil
		}
		errs = append(errs, err)
	}
	return orders.Order{}, false, errors.Join(errs...)
}

// ask asks one collector. What is left of the order's time is less what the
// answer took to come, by the clock that saw more of it: one may have stood still.
func (o *Orders) ask(ctx context.Context, base string, query url.Values) (orders.Order, bool, error) {
	began := o.now()
	resp, err := o.do(ctx, http.MethodGet, base, "?"+query.Encode(), nil)
	if err != nil {
		return orders.Order{}, false, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxOrderBytes))
	switch {
	case err != nil:
		return orders.Order{}, false, err
	case resp.StatusCode == http.StatusNoContent:
		if resp.Header.Get("Retry-After") != "" {
			pause(ctx, retryHint/2)
		}
		return orders.Order{}, false, nil
	case resp.StatusCode != http.StatusOK:
		return orders.Order{}, false, fmt.Errorf("%s%s: answer %d: %.200s", base, orders.Path, resp.StatusCode, bytes.TrimSpace(body))
	}
	var told struct {
		ID     string  `json:"id"`
		Name   string  `json:"name"`
		Alert  string  `json:"alert"`
		TTL    float64 `json:"ttl_seconds"`
		Waited float64 `json:"waited_seconds"`
	}
	if err := json.Unmarshal(body, &told); err != nil || told.ID == "" {
		return orders.Order{}, false, fmt.Errorf("%s%s: %.100q is no order", base, orders.Path, body)
	}
	took := elapsed(began, o.now()) - seconds(told.Waited)
	return orders.Order{ID: told.ID, Name: told.Name, Alert: told.Alert, TTL: seconds(told.TTL) - max(took, 0)}, true, nil
}

// elapsed is the time between two instants, by the monotonic clock or that of the
// wall, whichever says more: the one stands still while the machine sleeps, the
// other is set.
func elapsed(began, ended time.Time) time.Duration {
	return max(ended.Sub(began), ended.Round(0).Sub(began.Round(0)))
}

// seconds is a duration that was told; one beyond all sense is none, which makes an
// order old.
func seconds(s float64) time.Duration {
	const day = 24 * 60 * 60
	if s < 0 || s > day {
		return 0
	}
	return time.Duration(s * float64(time.Second))
}

// note remembers who gave an order.
func (o *Orders) note(id, base string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.from[id] = base
}

// Answer implements orders.Desk.
func (o *Orders) Answer(ctx context.Context, a orders.Answer) error {
	o.mu.Lock()
	base, is := o.from[a.ID]
	o.mu.Unlock()
	if !is {
		return orders.ErrUnknown
	}
	body, err := json.Marshal(a)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, o.cfg.Timeout)
	defer cancel()
	rest := "/" + url.PathEscape(a.ID) + "?" + url.Values{"instance": {a.Instance}}.Encode()
	resp, err := o.do(ctx, http.MethodPost, base, rest, body)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	text, _ := io.ReadAll(io.LimitReader(resp.Body, maxOrderBytes)) // for the message alone
	switch resp.StatusCode {
	case http.StatusOK:
		err = nil
	case http.StatusNotFound:
		err = orders.ErrUnknown
	case http.StatusConflict:
		err = orders.ErrClosed
	default:
		return fmt.Errorf("%s%s: answer %d: %.200s", base, orders.Path, resp.StatusCode, bytes.TrimSpace(text))
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.from, a.ID)
	return err
}

// do sends a request to the path of orders, and what follows it.
func (o *Orders) do(ctx context.Context, method, base, rest string, body []byte) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimRight(base, "/")+orders.Path+rest, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if err := o.cfg.Authorize(req); err != nil {
		return nil, err
	}
	return o.client.Do(req)
}
