package relay

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"plimsoll/agents/accesslog"
	"plimsoll/agents/weblog/watch"
)

// wire answers requests without a network.
type wire func(r *http.Request) (*http.Response, error)

func (w wire) RoundTrip(r *http.Request) (*http.Response, error) { return w(r) }

func TestSentOnlyWhileSomebodyLooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		here, there := watch.New(time.Now), watch.New(time.Now)
		var requests, lines, got atomic.Int64
		serve := wire(func(r *http.Request) (*http.Response, error) {
			requests.Add(1)
			if strings.Contains(r.URL.Host, "down") {
				return nil, io.ErrUnexpectedEOF
			}
			if r.URL.Path != path || r.Header.Get("Authorization") != "Bearer x" {
				t.Errorf("%s %v", r.URL, r.Header)
			}
			var report watch.Report
			if err := json.NewDecoder(r.Body).Decode(&report); err != nil {
				t.Error(err)
			}
			lines.Add(int64(len(report.Lines)))
			answer, err := json.Marshal(there.Take(report))
			return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(string(answer)))}, err
		})
		relay, err := New(Config{
			Server: "web1", URLs: func() []string { return []string{"http://down", "http://up/"} }, Client: &http.Client{Transport: serve}, Hub: here,
			Authorize: func(r *http.Request) error { r.Header.Set("Authorization", "Bearer x"); return nil },
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{}, 3)
		go func() { _ = relay.Run(ctx); ended <- struct{}{} }()
		go func() { _ = here.Run(ctx); ended <- struct{}{} }()
		offer := func(i int) {
			here.Count(&accesslog.Entry{Path: "/a"}, time.Now())
			here.Offer(watch.Line{At: time.Now(), Server: "web1", Text: fmt.Sprint(i)})
		}
		for i := range 60 {
			offer(i)
			time.Sleep(time.Second)
		}
		if lines.Load() != 0 || requests.Load() > 45 {
			t.Errorf("nobody looks: %d requests with %d lines", requests.Load(), lines.Load())
		}
		looking, look := context.WithCancel(ctx)
		go func() {
			there.Tail(looking, watch.Filter{}, func(watch.Line) bool { got.Add(1); return true })
			ended <- struct{}{}
		}()
		go func() { _ = there.Run(ctx); ended <- struct{}{} }()
		there.Top(1)
		for i := range 10 {
			offer(60 + i)
			time.Sleep(time.Second)
		}
		time.Sleep(5 * time.Second)
		if got.Load() != 70 {
			t.Errorf("%d lines were shown of 70", got.Load())
		}
		if top := there.Top(1); top.Lists["path"].Total == 0 || top.Servers[0] != "web1" {
			t.Errorf("%+v", top)
		}
		look()
		time.Sleep(10 * time.Second)
		lines.Store(0)
		offer(99)
		time.Sleep(10 * time.Second)
		if lines.Load() != 0 {
			t.Errorf("nobody looks any more: %d lines", lines.Load())
		}
		cancel()
		for range 4 {
			<-ended
		}
	})
}
