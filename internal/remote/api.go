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
	"strconv"
	"strings"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
)

// maxAPIBytes bounds the answers to look-ups of names and series.
const maxAPIBytes = 256 << 20

// errEngine marks an answer of the engine that is an error, errAway that none
// came.
var (
	errEngine = errors.New("the engine answers")
	errAway   = errors.New("ask the engine")
)

// selector writes matchers as PromQL.
func selector(ms []*labels.Matcher) string {
	if len(ms) == 0 {
		return `{__name__!=""}`
	}
	texts := make([]string, len(ms))
	for i, m := range ms {
		texts[i] = m.String()
	}
	return "{" + strings.Join(texts, ",") + "}"
}

// seconds writes an instant as the HTTP API wants it.
func seconds(ms int64) string { return strconv.FormatFloat(float64(ms)/1000, 'f', 3, 64) }

func form(mint, maxt int64, ms []*labels.Matcher) url.Values {
	return url.Values{"match[]": {selector(ms)}, "start": {seconds(mint)}, "end": {seconds(maxt)}}
}

// series looks up the label sets that match.
func (r *Reader) series(ctx context.Context, mint, maxt int64, ms []*labels.Matcher) ([]metric.Series, error) {
	var found []map[string]string
	if err := r.get(ctx, "series", mint, maxt, ms, &found); err != nil {
		return nil, err
	}
	out := make([]metric.Series, len(found))
	for i, l := range found {
		out[i].Labels = labels.FromMap(l)
	}
	return out, nil
}

// get asks one of the look-ups of Prometheus' HTTP API for its data.
func (r *Reader) get(ctx context.Context, path string, mint, maxt int64, ms []*labels.Matcher, into any) error {
	f := form(mint, maxt, ms)
	if len(ms) == 0 && path != "series" { // which wants to be told what
		f.Del("match[]")
	}
	return r.ask(ctx, http.MethodGet, path, f, into)
}

// ask sends a request to Prometheus' HTTP API and takes the data of its answer.
func (r *Reader) ask(ctx context.Context, method, path string, f url.Values, into any) error {
	address, body := r.cfg.readURL(path), ""
	if method == http.MethodGet {
		address += "?" + f.Encode()
	} else {
		body = f.Encode()
	}
	resp, err := r.do(ctx, method, address, strings.NewReader(body), http.Header{"Content-Type": {"application/x-www-form-urlencoded"}})
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	got, err := io.ReadAll(io.LimitReader(resp.Body, maxAPIBytes+1))
	if err != nil {
		return fmt.Errorf("read answer of %s: %w", path, err)
	}
	if len(got) > maxAPIBytes {
		return fmt.Errorf("%w: the answer of %s has more than %d bytes", metric.ErrTooMuch, path, maxAPIBytes)
	}
	var envelope struct {
		Data json.RawMessage `json:"data"`
	}
	if err = json.Unmarshal(got, &envelope); err == nil && !bytes.Equal(envelope.Data, []byte("null")) && len(envelope.Data) > 0 {
		err = json.Unmarshal(envelope.Data, into)
	}
	if err != nil {
		return fmt.Errorf("answer of %s: %w", path, err)
	}
	return nil
}

// do sends a request; an answer other than 2xx is an error.
func (r *Reader) do(ctx context.Context, method, address string, body io.Reader, h http.Header) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return nil, err
	}
	req.Header = h
	resp, err := r.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errAway, err)
	}
	if resp.StatusCode/100 == 2 {
		return resp, nil
	}
	defer func() { _ = resp.Body.Close() }()
	said, _ := io.ReadAll(io.LimitReader(resp.Body, maxAnswerBytes)) // a part tells enough
	return nil, &engineError{resp.StatusCode, firstLine(said)}
}

// engineError is an answer of the engine that is an error; it is errEngine.
type engineError struct {
	status int
	line   string
}

func (e *engineError) Error() string {
	return fmt.Sprintf("%v http %d: %s", errEngine, e.status, e.line)
}
func (e *engineError) Unwrap() error { return errEngine }
