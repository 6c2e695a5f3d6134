package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestPagesAtEveryWidth opens each page narrow and wide, light and dark, and
// checks that nothing is wider than the window. With PLIMSOLL_SCREENSHOT=DIR
// it feeds the service for two minutes first and leaves the pictures there:
// `make screenshot`.
func TestPagesAtEveryWidth(t *testing.T) {
	dir, feed := os.Getenv("PLIMSOLL_SCREENSHOT"), 2*time.Minute
	if dir == "" {
		dir, feed = t.TempDir(), 3*time.Second
	}
	s := serve(t, t.TempDir())
	feedFor(t, s, feed)
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	b := newBrowser(t)
	pages := map[string]string{"overview": "/", "host": "/host/" + host, "counters": "/counters", "alerts": "/alerts"}
	for name, path := range pages {
		b.open(s.url + path)
		b.sees("body[data-ready]")
		for _, width := range []int{360, 1280, 2560} {
			for _, dark := range []bool{false, true} {
				b.size(width, 900, dark)
				b.wait("document.documentElement.scrollWidth <= window.innerWidth")
				b.eval("new Promise(done => setTimeout(() => done(true), 1200))", nil) // a frame of live data
				theme := map[bool]string{false: "light", true: "dark"}[dark]
				b.shot(filepath.Join(dir, fmt.Sprintf("%s-%d-%s.png", name, width, theme)), true)
			}
		}
	}
	b.quiet()
}

// feedFor sends what an application would.
func feedFor(t *testing.T, s *server, d time.Duration) {
	t.Helper()
	for end := time.Now().Add(d); time.Now().Before(end); {
		for range 20 {
			send(t, s.udp, fmt.Sprintf("page_view\ndb-query:%d\nupload:%d|ms|#host:web%d",
				int(40+30*rand.ExpFloat64()), int(200+80*rand.NormFloat64()*rand.Float64()), rand.IntN(3)))
		}
		select {
		case <-t.Context().Done():
			return
		case <-time.After(200 * time.Millisecond):
		}
	}
}
