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
// checks that nothing is wider than the window and that nothing is complained
// of. `make screenshot` has it feed the service longer, and keep the pictures.
func TestPagesAtEveryWidth(t *testing.T) {
	keep, feed := os.Getenv("PLIMSOLL_SCREENSHOTS"), 3*time.Second
	dir := t.TempDir()
	if keep != "" {
		dir, feed = keep, 3*time.Minute
	}
	web := newNginx(t)
	config := writeFile(t, t.TempDir(), "plimsoll.yml", fmt.Sprintf(`
checks:
  - {name: web, http: {url: "http://%s/"}, interval: 5s}
  - {name: cache, tcp: {address: "127.0.0.1:%d"}, interval: 5s, retry_interval: 1s}
`, web.addr, freePort(t)))
	s := serve(t, t.TempDir(), "-config", config)
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
		b.sees("[data-connection=open]")
		for _, width := range []int{360, 1280, 2560} {
			for theme, dark := range map[string]bool{"light": false, "dark": true} {
				b.size(width, 800, dark)
				b.wait("document.documentElement.scrollWidth <= window.innerWidth")
				b.eval("new Promise(done => setTimeout(() => done(true), 1200))", nil) // a frame of live data
				b.shot(filepath.Join(dir, fmt.Sprintf("%s-%d-%s.png", name, width, theme)), name == "counters")
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
