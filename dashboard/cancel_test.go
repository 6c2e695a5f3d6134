package dashboard

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"

	"plimsoll/internal/metric"
	"plimsoll/internal/query"
)

// wide is a storage of so many series that a query over them takes a minute: each
// takes a while to read, and has a point each second.
type wide struct {
	storage.LabelQuerier // which nobody asks
	reading              chan<- struct{}
	series               int
	slow                 time.Duration
}

func (w wide) Querier(int64, int64) (storage.Querier, error) { return w, nil }
func (wide) Close() error                                    { return nil }

func (w wide) Select(ctx context.Context, _ bool, hints *storage.SelectHints, _ ...*labels.Matcher) storage.SeriesSet {
	all := make([]labels.Labels, w.series)
	for i := range all {
		all[i] = labels.FromStrings("__name__", "up", "n", string(rune('a'+i%26))+strings.Repeat("x", i/26))
	}
	return query.NewLazySet(ctx, all, func() query.Reader {
		return func(int) ([]metric.Point, error) {
			select {
			case w.reading <- struct{}{}:
			default:
			}
			select {
			case <-time.After(w.slow):
			case <-ctx.Done():
				return nil, ctx.Err()
			}
			points := make([]metric.Point, 0, (hints.End-hints.Start)/1000)
			for at := hints.Start; at <= hints.End; at += 1000 {
				points = append(points, metric.Point{At: at, Value: 1})
			}
			return points, nil
		}
	})
}

func rangeURL(s *Server, expr string, step string) string {
	return "http://" + s.Addr().String() + "/api/v1/query_range?" + url.Values{
		"query": {expr}, "start": {"1700000000"}, "end": {"1700010000"}, "step": {step},
	}.Encode()
}

// A client that goes away in the middle of a heavy query frees its place at once.
func TestQueryEndsWithItsClient(t *testing.T) {
	reading := make(chan struct{}, 1)
	cfg := testConfig()
	cfg.Limits.Queries = 1
	cfg.History = query.New(wide{reading: reading, series: 600, slow: 100 * time.Millisecond}, query.Default())
	s := runServer(t, cfg)
	ctx, leave := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, rangeURL(s, `sum by (n) ({n!=""})`, "1"), http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	go func() { // ends with ctx
		resp, err := http.DefaultClient.Do(req)
		if err == nil {
			_ = resp.Body.Close()
		}
		ended <- err
	}()
	<-reading
	left := time.Now()
	leave()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the client: %v", err)
	}
	next, err := http.Get(rangeURL(s, "1", "60")) // takes the only place
	if err != nil {
		t.Fatal(err)
	}
	defer next.Body.Close()
	if took := time.Since(left); next.StatusCode != http.StatusOK || took > time.Second {
		t.Errorf("the next query: %s after %s", next.Status, took)
	}
}

// A query for ten million points is refused before it holds them.
func TestTenMillionPointsAreRefused(t *testing.T) {
	limits := query.Default()
	limits.MaxSamples = 1_000_000
	cfg := testConfig()
	cfg.History = query.New(wide{series: 1000}, limits)
	s := runServer(t, cfg)
	for expr, most := range map[string]uint64{`up`: 200 << 20, `rate(up[5m])`: 200 << 20, `max_over_time(up[1h:1s])`: 400 << 20} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		resp, err := http.Get(rangeURL(s, expr, "1"))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		runtime.ReadMemStats(&after)
		if err != nil || resp.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(string(body), "too many samples") {
			t.Errorf("%s: %s %s, %v", expr, resp.Status, body, err)
		}
		if took := after.TotalAlloc - before.TotalAlloc; took > most {
			t.Errorf("%s: %d MB were taken before it was refused", expr, took>>20)
		}
	}
}
