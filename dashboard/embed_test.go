package dashboard

import (
	"net/http/httptest"
	"strings"
	"testing"
)

const wiki = "https://wiki.example.com"

func TestEmbedding(t *testing.T) {
	cfg := testConfig()
	cfg.Limits.EmbedFrom = []string{wiki}
	cfg.History = &fakeQuerier{answer: hosts(1)}
	listed := newServer(t, cfg)
	plain := newServer(t, testConfig())
	for name, c := range map[string]struct {
		s             *Server
		path, referer string
		code          int
		framed        bool
	}{
		"a chart":                     {listed, "/embed?expr=up", wiki + "/", 200, true},
		"a chart, nobody listed":      {plain, "/embed?expr=up", wiki + "/", 403, false},
		"a picture":                   {listed, "/render?expr=up", wiki + "/page", 200, false},
		"a picture on another site":   {listed, "/render?expr=up", "https://wiki.example.com.evil.example/", 403, false},
		"a picture without a referer": {listed, "/render?expr=up", "", 403, false},
		"the API":                     {listed, "/api/v1/query?query=up", wiki + "/", 403, false},
		"a whole page":                {listed, "/alerts", wiki + "/", 200, false},
	} {
		r := httptest.NewRequest("GET", c.path, nil)
		r.Host = "127.0.0.1"
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		r.Header.Set("Referer", c.referer)
		w := httptest.NewRecorder()
		c.s.guard.ServeHTTP(w, r)
		framed := strings.HasSuffix(w.Header().Get("Content-Security-Policy"), "frame-ancestors 'self' "+wiki) && w.Header().Get("X-Frame-Options") == ""
		if w.Code != c.code || framed != c.framed {
			t.Errorf("%s: %d, framed: %v; want %d, %v", name, w.Code, framed, c.code, c.framed)
		}
	}
}

func TestOrigins(t *testing.T) {
	for origin, valid := range map[string]bool{
		wiki: true, "http://127.0.0.1:8080": true, "*": false, "https://*": false, "wiki.example.com": false, wiki + "/": false,
		"https://a;script-src *": false, "HTTPS://WIKI": false, "javascript://x": false, "https://u@x": false, "": false,
	} {
		if err := validOrigin(origin); (err == nil) != valid {
			t.Errorf("%q: %v", origin, err)
		}
	}
}
