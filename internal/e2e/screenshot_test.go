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
	t.Parallel()
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
contacts: [{name: ada, webhook: {url: "http://127.0.0.1:9"}}, {name: bob, webhook: {url: "http://127.0.0.1:9"}}]
rotas: [{name: ops, members: [ada, bob], start: "2026-01-05 09:00", shift: 12h}]
routes: [{contacts: [ops]}]
downtimes: [{name: kernels, match: 'instance=~"web.*"', times: ["2nd Tue 02:00-05:00"], flexible: 30m, note: new kernels}]
rules:
  - {name: OrdersWait, expr: orders_waiting > 100, interval: 1s, annotations: {summary: "{{ $labels.shop }} has {{ $value }} orders waiting"}}
`, web.addr, freePort(t)))
	s := serve(t, t.TempDir(), "-config", config)
	for i := range 60 {
		send(t, s.udp, fmt.Sprintf("orders_waiting:%d|g|#shop:shop-%d", 101+i, i))
	}
	feedFor(t, s, feed)
	s.does(t, "/api/plimsoll/v1/alerting/silences", `{"match":"shop=~\"shop-.\"","for":"1h","by":"bob","note":"new shops"}`)
	s.does(t, "/api/plimsoll/v1/alerting/ack", `{"match":"shop=~\"shop-1.\"","by":"ada","note":"packing more hands"}`)
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	b := newBrowser(t)
	pages := map[string]string{"overview": "/", "host": "/host/" + host, "counters": "/counters", "roles": "/roles", "role": "/role/node", "explore": "/explore?e=node_load1&e=rate(node_cpu_seconds_total%5B1m%5D)", "alerts": "/alerts", "alert": "/alerts?id=check%2Fcache", "network": "/network", "admin": "/admin"}
	for name, path := range pages {
		b.open(s.url + path)
		b.sees("body[data-ready]")
		b.sees("[data-connection=open]")
		if name == "alerts" { // with a form
			b.on("cache")
			b.press("d")
			b.sees("[data-picks]")
		}
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
