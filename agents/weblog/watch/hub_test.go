package watch

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/agents/accesslog"
	"plimsoll/agents/weblog/top"
)

func line(server string, at time.Time, status int) Line {
	return Line{At: at, Server: server, Class: "/", Status: status, Text: fmt.Sprint(server, " ", status)}
}

func TestServersAreMergedInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := New(time.Now)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{}, 2)
		go func() { _ = h.Run(ctx); done <- struct{}{} }()
		noon := time.Now()
		h.Offer(line("b", noon.Add(-time.Second), 2), line("a", noon.Add(-2*time.Second), 1)) // nobody looks
		var got []string
		go func() {
			h.Tail(ctx, Filter{}, func(l Line) bool { got = append(got, fmt.Sprint(l.Text, " ", l.Late)); return true })
			done <- struct{}{}
		}()
		synctest.Wait()
		if lines, tops := h.Watched(); !lines || tops {
			t.Error("watched:", lines, tops)
		}
		h.Offer(line("a", noon.Add(time.Second), 4))
		time.Sleep(time.Second)
		h.Offer(line("b", noon, 3)) // ended before it, came after it
		time.Sleep(1300 * time.Millisecond)
		synctest.Wait()
		want := []string{"a 1 false", "b 2 false", "b 3 false", "a 4 false"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		h.Offer(line("c", noon.Add(-time.Hour), 0)) // much too late
		synctest.Wait()
		if diff := cmp.Diff(append(want, "c 0 true"), got); diff != "" {
			t.Error(diff)
		}
		cancel()
		<-done
		<-done
		if lines, _ := h.Watched(); lines {
			t.Error("watched by nobody")
		}
	})
}

func TestSlowReadersLoseLinesAndAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := New(time.Now)
		ctx, cancel := context.WithCancel(t.Context())
		slow, ended := make(chan struct{}), make(chan struct{})
		n, dropped := 0, uint64(0)
		go func() {
			defer close(ended)
			h.Tail(ctx, Filter{}, func(l Line) bool {
				<-slow
				n++
				dropped += l.Dropped
				return true
			})
		}()
		synctest.Wait()
		const sent = maxHeld + 2*queueLines
		for i := range sent {
			h.Offer(line("a", time.Now().Add(time.Duration(i)), i))
		}
		h.release(time.Now().Add(time.Minute))
		close(slow)
		synctest.Wait()
		h.Offer(line("a", time.Now().Add(time.Second), 1))
		h.release(time.Now().Add(time.Minute))
		synctest.Wait()
		if uint64(n)+dropped != sent+1 || dropped < queueLines {
			t.Errorf("%d shown, %d dropped of %d", n, dropped, sent+1)
		}
		cancel()
		<-ended
	})
}

func TestFilters(t *testing.T) {
	half := 0.5
	l := Line{Server: "a", VHost: "www", Class: "/p/*", Status: 404, Seconds: &half, Text: "GET /p/1"}
	for _, c := range []struct {
		f    Filter
		want bool
	}{
		{Filter{}, true},
		{Filter{Server: "a", VHost: "www", Class: "/p/*", Status: "404", MinSeconds: 0.5, Text: "/p"}, true},
		{Filter{Server: "b"}, false},
		{Filter{VHost: "b"}, false},
		{Filter{Class: "/"}, false},
		{Filter{Status: "4xx"}, true},
		{Filter{Status: "5xx"}, false},
		{Filter{Status: "xx"}, false},
		{Filter{Status: "403"}, false},
		{Filter{MinSeconds: 0.6}, false},
		{Filter{Text: "POST"}, false},
	} {
		if got := c.f.Matches(&l); got != c.want {
			t.Errorf("%+v: %v", c.f, got)
		}
	}
	l.Seconds = nil
	if f := (Filter{MinSeconds: 0.1}); f.Matches(&l) {
		t.Error("without a duration it is picked by one")
	}
}

func TestRingAndTextAreBounded(t *testing.T) {
	h := New(time.Now)
	for i := range ringLines + 10 {
		h.Offer(Line{At: time.Unix(int64(i), 0), Text: strings.Repeat("x", 10_000)})
	}
	var got []Line
	ctx, cancel := context.WithCancel(t.Context())
	h.Tail(ctx, Filter{}, func(l Line) bool {
		got = append(got, l)
		if len(got) == ringLines {
			cancel()
		}
		return true
	})
	if len(got) != ringLines || got[0].At.Unix() != 10 || len(got[0].Text) != MaxText {
		t.Errorf("%d lines from %v, %d bytes each", len(got), got[0].At, len(got[0].Text))
	}
}

func TestTopOfManyServers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := New(time.Now)
		h.Count(&accesslog.Entry{Path: "/a", Client: "c"}, time.Now())
		if w := h.Take(Report{Server: "b", Tops: map[string]top.List{"path": {Total: 5, Items: []top.Item{{Key: "/b", Count: 3}, {Key: "/a", Count: 2}}}}}); w.Tops || w.Lines {
			t.Error(w)
		}
		got := h.Top(10)
		want := top.List{Total: 6, Items: []top.Item{{Key: "/a", Count: 3}, {Key: "/b", Count: 3}}}
		if diff := cmp.Diff(want, got.Lists["path"]); diff != "" || got.Servers[0] != "b" || len(got.Lists) != kinds {
			t.Error(diff, got)
		}
		if w := h.Take(Report{Server: "b"}); !w.Tops {
			t.Error("nobody is said to look")
		}
		time.Sleep(time.Minute)
		if got := h.Top(10); len(got.Servers) != 0 || got.Lists["path"].Total != 1 {
			t.Error("a server that is silent is still in it", got)
		}
	})
}
