package dashboard

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"plimsoll/internal/metric"
)

func TestWorkTellsAndEnds(t *testing.T) {
	cfg := testConfig()
	cfg.Storage.List = func(_ context.Context, ask url.Values, _ io.Reader, tell func(any)) (any, error) {
		switch ask.Get("match") {
		case "bad":
			return nil, metric.ErrBadQuery
		case "late":
			tell(1)
			return nil, errors.New("no space")
		}
		tell("<" + ask.Get("match") + ">")
		tell(2)
		return map[string]int{"series": 2}, nil
	}
	s := newServer(t, cfg)
	const list = "/api/plimsoll/v1/storage/archives"
	for target, want := range map[string]struct {
		code int
		body string
	}{
		list + "?match=a":               {200, "{\"progress\":\"\\u003ca\\u003e\"}\n{\"progress\":2}\n{\"result\":{\"series\":2}}\n"},
		list + "?match=late":            {200, "{\"progress\":1}\n{\"error\":\"no space\"}\n"},
		list + "?match=bad":             {400, `{"status":"error","errorType":"bad_data","error":"` + metric.ErrBadQuery.Error() + `"}`},
		"/api/plimsoll/v1/storage/plan": {404, `{"status":"error","errorType":"not_found","error":"` + absentWork.Error() + `"}`},
	} {
		if w := get(s, target); w.Code != want.code || w.Body.String() != want.body {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		}
	}
}

// Work that is done alone is refused beside other such work, and ends when its
// client goes.
func TestWorkIsDoneAlone(t *testing.T) {
	cfg := testConfig()
	s := newServer(t, cfg)
	gone := make(chan struct{})
	handle := s.alone(func(ctx context.Context, _ url.Values, _ io.Reader, tell func(any)) (any, error) {
		tell("begun")
		<-ctx.Done()
		close(gone)
		return nil, ctx.Err()
	})
	served := httptest.NewServer(handle)
	defer served.Close()
	address := served.URL
	res, err := http.Post(address, formType, nil)
	if err != nil {
		t.Fatal(err)
	}
	if l, err := bufio.NewReader(res.Body).ReadString('\n'); err != nil || l != "{\"progress\":\"begun\"}\n" {
		t.Fatalf("%q %v", l, err)
	}
	second, err := http.Post(address, formType, nil)
	if err != nil {
		t.Fatal(err)
	}
	second.Body.Close()
	if second.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("beside other work: %s", second.Status)
	}
	res.Body.Close()
	<-gone
}
