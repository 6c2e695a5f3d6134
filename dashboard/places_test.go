package dashboard

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"plimsoll/internal/metric"
)

// More heavy queries than there are places, none of which ends: what is cheap is
// answered at once.
func TestHeavyQueriesStarveNobody(t *testing.T) { synctest.Test(t, heavyQueriesStarveNobody) }

func heavyQueriesStarveNobody(t *testing.T) {
	var running atomic.Int32
	cfg := testConfig()
	cfg.Limits.Queries = 6
	cfg.History = &fakeQuerier{answer: func(ctx context.Context, q metric.Query) (metric.Result, error) {
		if q.Expr == "up" {
			return metric.Result{Type: metric.Vector}, nil
		}
		running.Add(1)
		<-ctx.Done()
		return metric.Result{}, ctx.Err()
	}}
	s := newServer(t, cfg)
	var asking sync.WaitGroup
	for range 20 {
		asking.Go(func() {
			get(s, "/api/v1/query_range?start=1665000000&end=1699560000&step=86400&query=%7B__name__%3D~%22.%2B%22%7D")
		})
	}
	synctest.Wait() // all of them run, or wait for a place
	if n := running.Load(); n != 3 {
		t.Errorf("%d heavy queries run at a time, want 3", n)
	}
	for _, path := range []string{
		"/api/v1/query?query=up", "/api/v1/labels?limit=0", "/api/v1/rules?limit=0",
		"/api/v1/query_range?query=up&start=1700000000&end=1700003600&step=60",
	} {
		if w := get(s, path+"&timeout=2s"); w.Code != http.StatusOK {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	asking.Wait() // until their time is over
	if all, heavy := len(s.places.all), len(s.places.heavy); all+heavy != 0 {
		t.Errorf("%d places and %d for heavy queries were not given back", all, heavy)
	}
}

// A query whose time is over before it comes to a free place has it all the same:
// the engine says what became of it, every time.
func TestFreePlaceIsTaken(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	p := newPlaces(2)
	for range 100 {
		leave, err := p.take(ended, true)
		if err != nil {
			t.Fatal(err)
		}
		leave()
	}
	leave, err := p.take(ended, true)
	if err != nil {
		t.Fatal(err)
	}
	defer leave()
	if _, err := p.take(ended, true); !errors.Is(err, context.Canceled) {
		t.Errorf("a second heavy query: %v", err)
	}
}

func TestWhatIsHeavy(t *testing.T) {
	day := url.Values{"start": {"1700000000"}, "end": {"1700086400"}, "step": {"60"}}
	days := url.Values{"start": {"1700000000"}, "end": {"1700172800"}, "step": {"3600"}}
	for _, c := range []struct {
		span  url.Values
		expr  string
		heavy bool
	}{
		{nil, `up`, false},
		{nil, `sum(rate(a_total{x=~".*"}[5m])) / sum(b offset 30d)`, false},
		{nil, `1 +`, false},
		{nil, `time()`, false},
		{nil, `{__name__=~".+"}`, true},
		{nil, `sum({host="a"})`, true},
		{nil, `up and {__name__=~"node_.*"}`, true},
		{nil, `{__name__="up"}`, false},
		{nil, `max_over_time(up[400d])`, true},
		{nil, `max_over_time(rate(a_total[5m])[25h:1m])`, true},
		{nil, `max_over_time(rate(a_total[5m])[23h:1m])`, false},
		{day, `up`, false},
		{day, `rate(a_total[5m])`, false},
		{day, `max_over_time(up[2h])`, true}, // more than a day in all
		{days, `up`, true},
		{days, `vector(1)`, false},
	} {
		p := params{url.Values{"query": {c.expr}}, time.Time{}}
		for k, v := range c.span {
			p.Values[k] = v
		}
		if p.heavy() != c.heavy {
			t.Errorf("%s over %v: heavy is %v", c.expr, c.span, !c.heavy)
		}
	}
}
