package check

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
)

// maxBodyBytes bounds what of a page is searched for Contains.
const maxBodyBytes = 1 << 20

func newHTTP(h HTTP, d Dialer) func(context.Context) Result {
	client := &http.Client{Transport: &http.Transport{
		DialContext:            d.DialContext,
		DisableKeepAlives:      true,
		MaxResponseHeaderBytes: 64 << 10,
		ForceAttemptHTTP2:      true,
	}}
	if !h.FollowRedirects {
		client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	}
	return func(ctx context.Context) Result { return h.probe(ctx, client) }
}

func (h HTTP) probe(ctx context.Context, client *http.Client) Result {
	req, err := http.NewRequestWithContext(ctx, h.Method, h.URL, nil)
	if err != nil {
		return Result{Summary: err.Error()}
	}
	req.Header.Set("User-Agent", "plimsoll")
	for k, v := range h.Headers {
		req.Header.Set(k, v)
		if http.CanonicalHeaderKey(k) == "Host" {
			req.Host = v
		}
	}
	resp, err := client.Do(req)
	if err != nil {
		return Result{Summary: explain(err, h.Timeout)}
	}
	defer resp.Body.Close()
	if !h.accepts(resp.StatusCode) {
		return Result{Summary: "HTTP " + resp.Status}
	}
	return h.judgeBody(resp)
}

func (h HTTP) accepts(status int) bool {
	if len(h.Status) == 0 {
		return status >= 200 && status < 300
	}
	return slices.Contains(h.Status, status)
}

func (h HTTP) judgeBody(resp *http.Response) Result {
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBodyBytes))
	if err != nil {
		return Result{Summary: fmt.Sprintf("HTTP %s, then %s", resp.Status, explain(err, h.Timeout))}
	}
	if !bytes.Contains(body, []byte(h.Contains)) {
		return Result{Summary: fmt.Sprintf("HTTP %s, but the page does not contain %q", resp.Status, h.Contains)}
	}
	return Result{OK: true, Summary: "HTTP " + resp.Status}
}
