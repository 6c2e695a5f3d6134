package dashboard

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gorilla/websocket"
)

// wantAccess is the access table as it shall be. A route that is added must be
// added here, and thereby thought about.
var wantAccess = map[string]Role{
	"GET /api/v1/query":                          Viewer,
	"POST /api/v1/query":                         Viewer,
	"GET /api/v1/query_range":                    Viewer,
	"POST /api/v1/query_range":                   Viewer,
	"GET /api/v1/query_exemplars":                Viewer,
	"POST /api/v1/query_exemplars":               Viewer,
	"GET /api/v1/format_query":                   Viewer,
	"POST /api/v1/format_query":                  Viewer,
	"GET /api/v1/series":                         Viewer,
	"POST /api/v1/series":                        Viewer,
	"GET /api/v1/labels":                         Viewer,
	"POST /api/v1/labels":                        Viewer,
	"GET /api/v1/label/{name}/values":            Viewer,
	"GET /api/v1/metadata":                       Viewer,
	"GET /api/v1/rules":                          Viewer,
	"GET /api/v1/alerts":                         Viewer,
	"GET /api/v1/status/buildinfo":               Viewer,
	"GET /api/v1/status/runtimeinfo":             Viewer,
	"GET /api/v1/status/flags":                   Viewer,
	"GET /api/v1/status/config":                  Viewer,
	"GET /api/v1/status/tsdb":                    Viewer,
	"GET /api/v1/targets":                        Viewer,
	"GET /api/v1/alertmanagers":                  Viewer,
	"GET /-/healthy":                             Anyone,
	"GET /-/ready":                               Anyone,
	"POST /api/v1/read":                          Viewer,
	"POST /api/v1/write":                         Agent,
	"POST /v1/metrics":                           Agent,
	"POST /otlp/v1/metrics":                      Agent,
	"PUT /metrics/job/{group...}":                Agent,
	"POST /metrics/job/{group...}":               Agent,
	"DELETE /metrics/job/{group...}":             Agent,
	"PUT /metrics/job@base64/{group...}":         Agent,
	"POST /metrics/job@base64/{group...}":        Agent,
	"DELETE /metrics/job@base64/{group...}":      Agent,
	"POST /api/v1/otlp/v1/metrics":               Agent,
	"GET /api/plimsoll/v1/agent-config":          Agent,
	"GET /api/plimsoll/v1/orders":                Agent,
	"POST /api/plimsoll/v1/orders/{id}":          Agent,
	"GET /api/plimsoll/v1/alerts":                Viewer,
	"GET /api/plimsoll/v1/history":               Viewer,
	"GET /api/plimsoll/v1/whoami":                Viewer,
	"POST /api/plimsoll/v1/rules/replay":         Viewer,
	"GET /api/plimsoll/v1/rules/stats":           Viewer,
	"GET /api/plimsoll/v1/rules/suggestions":     Viewer,
	"POST /api/plimsoll/v1/rules/suggestions":    Operator,
	"GET /api/plimsoll/v1/events":                Viewer,
	"POST /api/plimsoll/v1/events":               Reporter,
	"POST /api/plimsoll/v1/checks":               Reporter,
	"GET /api/plimsoll/v1/hosts":                 Viewer,
	"POST /api/plimsoll/v1/hosts/retire":         Operator,
	"GET /api/plimsoll/v1/processes":             Viewer,
	"GET /api/plimsoll/v1/sources":               Viewer,
	"GET /api/plimsoll/v1/counters":              Viewer,
	"GET /api/plimsoll/v1/counters/tail":         Viewer,
	"GET /api/plimsoll/v1/counters/top":          Viewer,
	"GET /api/plimsoll/v1/logs/tail":             Viewer,
	"GET /api/plimsoll/v1/logs/top":              Viewer,
	"POST /api/plimsoll/v1/logs/lines":           Agent,
	"GET /api/plimsoll/v1/fetch":                 Viewer,
	"GET /api/plimsoll/v1/render":                Viewer,
	"GET /api/plimsoll/v1/status":                Viewer,
	"GET /api/plimsoll/v1/config":                Admin,
	"GET /api/plimsoll/v1/access":                Admin,
	"GET /api/plimsoll/v1/audit":                 Admin,
	"POST /api/plimsoll/v1/flush":                Operator,
	"GET /api/plimsoll/v1/storage/plan":          Viewer,
	"GET /api/plimsoll/v1/storage/archives":      Viewer,
	"GET /api/plimsoll/v1/storage/history":       Viewer,
	"POST /api/plimsoll/v1/storage/reshape":      Admin,
	"POST /api/plimsoll/v1/storage/import":       Admin,
	"POST /api/plimsoll/v1/storage/snapshot":     Admin,
	"POST /api/plimsoll/v1/storage/remove":       Admin,
	"POST /api/plimsoll/v1/storage/restore":      Operator,
	"POST /api/plimsoll/v1/storage/verify":       Operator,
	"POST /api/plimsoll/v1/storage/dump":         Operator,
	"POST /api/plimsoll/v1/storage/undump":       Admin,
	"GET /api/plimsoll/v1/alerting/alert":        Viewer,
	"GET /api/plimsoll/v1/alerting/episodes":     Viewer,
	"POST /api/plimsoll/v1/alerting/ack":         Operator,
	"DELETE /api/plimsoll/v1/alerting/ack":       Operator,
	"POST /api/plimsoll/v1/alerting/acted":       Operator,
	"GET /api/plimsoll/v1/alerting/silences":     Viewer,
	"POST /api/plimsoll/v1/alerting/silences":    Operator,
	"DELETE /api/plimsoll/v1/alerting/silences":  Operator,
	"GET /api/plimsoll/v1/alerting/downtimes":    Viewer,
	"POST /api/plimsoll/v1/alerting/downtimes":   Operator,
	"DELETE /api/plimsoll/v1/alerting/downtimes": Operator,
	"GET /api/plimsoll/v1/alerting/oncall":       Viewer,
	"POST /api/plimsoll/v1/alerting/overrides":   Operator,
	"DELETE /api/plimsoll/v1/alerting/overrides": Operator,
	"GET /ack/{token}":                           Linked,
	"POST /ack/{token}":                          Linked,
	"GET /live":                                  Viewer,
	"GET /metrics":                               Viewer,
	"GET /federate":                              Viewer,
	"GET /healthz":                               Anyone,
	"GET /embed":                                 Viewer,
	"GET /render":                                Viewer,
	"GET /readyz":                                Anyone,
	"GET /api/":                                  Viewer,
	"GET /":                                      Viewer,
}

func authConfig() Config {
	cfg := testConfig()
	cfg.Auth = Auth{Tokens: []Token{token("v", Viewer), token("o", Operator), token("a", Admin), token("g", Agent)}}
	return cfg
}

func TestAccessTable(t *testing.T) {
	s := newServer(t, authConfig())
	if diff := cmp.Diff(wantAccess, s.guard.access); diff != "" {
		t.Fatalf("the access table changed, -want +got:\n%s", diff)
	}
	admitted := map[Role]string{Viewer: "voa", Operator: "oa", Admin: "a", Agent: "ga", Reporter: "goa", Anyone: "voag", Linked: "voag"}
	for _, route := range s.table {
		path := strings.NewReplacer("{name}", "job", "{group...}", "a").Replace(route.path)
		for _, holder := range []string{"v", "o", "a", "g"} {
			r := httptest.NewRequest(route.method, path, nil)
			r.Header.Set("Authorization", "Bearer "+holder)
			code := do(s, r).Code
			refused := code == http.StatusUnauthorized || code == http.StatusForbidden
			if want := !strings.Contains(admitted[route.least], holder); refused != want {
				t.Errorf("%s with token %s: status %d, refused %v, want %v", route.pattern(), holder, code, refused, want)
			}
		}
		code := do(s, httptest.NewRequest(route.method, path, nil)).Code
		if refused := code == http.StatusUnauthorized; refused != (route.least != Anyone && route.least != Linked) {
			t.Errorf("%s without token: status %d", route.pattern(), code)
		}
	}
}

func TestWhoAmI(t *testing.T) {
	s := newServer(t, authConfig())
	for holder, role := range map[string]Role{"v": Viewer, "o": Operator, "a": Admin} {
		r := httptest.NewRequest(http.MethodGet, "/api/plimsoll/v1/whoami", nil)
		r.Header.Set("Authorization", "Bearer "+holder)
		want := `{"name":"` + holder + `","role":"` + string(role) + `","open":false}`
		if got := strings.TrimSpace(do(s, r).Body.String()); got != want {
			t.Errorf("token %s: got %s, want %s", holder, got, want)
		}
	}
	open := do(newServer(t, testConfig()), httptest.NewRequest(http.MethodGet, "http://localhost/api/plimsoll/v1/whoami", nil))
	if want := `{"name":"","role":"admin","open":true}`; strings.TrimSpace(open.Body.String()) != want {
		t.Errorf("where nobody is asked: got %s, want %s", open.Body, want)
	}
}

func TestUnlistedIsRefused(t *testing.T) {
	s := newServer(t, testConfig())
	for _, c := range []struct {
		method, path string
		code         int
		allow        string
	}{
		{"DELETE", "/api/v1/series", 405, "GET, POST"},
		{"POST", "/api/v1/rules", 405, "GET"},
		{"GET", "/api/v1/write", 405, "POST"},
		{"POST", "/api/v1/admin/tsdb/delete_series", 404, ""},
		{"GET", "/api/v2/alerts", 404, ""},
		{"POST", "/", 405, "GET"},
		{"PUT", "/metrics", 405, "GET"},
		{"PATCH", "/metrics/job/a", 405, "GET, POST, PUT, DELETE"},
	} {
		w := do(s, httptest.NewRequest(c.method, c.path, nil))
		if w.Code != c.code || w.Header().Get("Allow") != c.allow || w.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%s %s: %d, Allow %q, %s", c.method, c.path, w.Code, w.Header().Get("Allow"), w.Body)
		}
	}
}

func TestBasicPasswordIsAToken(t *testing.T) {
	s := newServer(t, authConfig())
	r := httptest.NewRequest("GET", "/api/plimsoll/v1/hosts", nil)
	r.SetBasicAuth("whoever", "v")
	if w := do(s, r); w.Code != http.StatusOK {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	w := get(s, "/")
	if w.Code != http.StatusUnauthorized || !strings.HasPrefix(w.Header().Get("WWW-Authenticate"), "Basic realm=") {
		t.Errorf("no challenge for a browser: %d %v", w.Code, w.Header())
	}
}

func TestTokensAreReplacedWhileRunning(t *testing.T) {
	s := runServer(t, testConfig())
	b := open(t, "ws://"+s.Addr().String()+"/live")
	_ = b.until("hosts")
	if err := s.SetAuth(Auth{Tokens: []Token{{}}}); err == nil {
		t.Error("a token without anything is taken")
	}
	if w := get(s, "/metrics"); w.Code != http.StatusOK {
		t.Errorf("refused tokens changed something: %d", w.Code)
	}
	if err := s.SetAuth(authConfig().Auth); err != nil {
		t.Fatal(err)
	}
	if w := get(s, "/metrics"); w.Code != http.StatusUnauthorized {
		t.Errorf("without token: %d", w.Code)
	}
	if err := b.end(); !websocket.IsCloseError(err, websocket.CloseGoingAway) {
		t.Errorf("the websocket ends with %v", err)
	}
}

func TestWrongTokensAreThrottled(t *testing.T) {
	s := newServer(t, authConfig())
	now := time.Unix(1700000000, 0)
	s.guard.now = func() time.Time { return now }
	try := func(secret, from string) int {
		r := httptest.NewRequest("GET", "/metrics", nil)
		r.RemoteAddr = from
		r.Header.Set("Authorization", "Bearer "+secret)
		return do(s, r).Code
	}
	for i := range loginBurst {
		if code := try("wrong", "192.0.2.1:1000"); code != http.StatusUnauthorized {
			t.Fatalf("attempt %d: %d", i, code)
		}
	}
	if code := try("v", "192.0.2.1:1001"); code != http.StatusTooManyRequests {
		t.Errorf("after %d wrong tokens: %d", loginBurst, code)
	}
	if code := try("v", "192.0.2.2:1000"); code != http.StatusOK {
		t.Errorf("another source: %d", code)
	}
	now = now.Add(loginRefill)
	if code := try("v", "192.0.2.1:1002"); code != http.StatusOK {
		t.Errorf("after a pause: %d", code)
	}
}

func TestThrottleForgetsWhenFull(t *testing.T) {
	th, now := newThrottle(), time.Unix(1700000000, 0)
	for i := range loginSources + 100 {
		ip := netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
		th.fail(netip.PrefixFrom(ip, 32), now.Add(time.Duration(i)*time.Microsecond))
	}
	if len(th.failed) != loginSources {
		t.Errorf("%d sources are remembered", len(th.failed))
	}
	th.fail(netip.MustParsePrefix("192.0.2.1/32"), now.Add(time.Hour))
	if len(th.failed) != 1 {
		t.Errorf("%d sources after an hour", len(th.failed))
	}
}

func TestSources(t *testing.T) {
	for remote, want := range map[string]string{
		"192.0.2.1:99":           "192.0.2.1/32",
		"[::ffff:192.0.2.1]:99":  "192.0.2.1/32",
		"[2001:db8::1:2:3:4]:99": "2001:db8::/64",
		"[fe80::1%eth0]:99":      "fe80::/64",
		"@":                      "invalid Prefix",
	} {
		if got := sourceOf(remote).String(); got != want {
			t.Errorf("%s: %s, want %s", remote, got, want)
		}
	}
}

func TestReboundHostIsRefused(t *testing.T) {
	s := newServer(t, testConfig())
	for host, want := range map[string]int{
		"127.0.0.1:8680": 200, "localhost": 200, "LOCALHOST:1": 200, "[::1]:8680": 200, "[::1]": 200, "127.9.9.9": 200,
		"evil.example:8680": 403, "localhost.evil.example": 403, "192.0.2.1": 403, "0.0.0.0:8680": 403, "": 403,
	} {
		r := httptest.NewRequest("GET", "/healthz", nil)
		r.Host = host
		w := httptest.NewRecorder()
		s.http.Handler.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("Host %q: %d, want %d", host, w.Code, want)
		}
	}
	r := httptest.NewRequest("GET", "/healthz", nil)
	r.Host = "monitor.example"
	if w := do(newServer(t, authConfig()), r); w.Code != 200 {
		t.Errorf("with tokens any name is good: %d", w.Code)
	}
}

func TestCrossOriginIsRefused(t *testing.T) {
	s := newServer(t, testConfig())
	for _, c := range []struct {
		path, header, value string
		want                int
	}{
		{"/api/v1/query", "Sec-Fetch-Site", "cross-site", 403},
		{"/api/v1/query", "Sec-Fetch-Site", "same-site", 403},
		{"/api/v1/query", "Sec-Fetch-Site", "same-origin", 200},
		{"/api/v1/query", "Origin", "http://evil.example", 403},
		{"/api/v1/query", "Origin", "http://127.0.0.1:8680", 200},
		{"/api/v1/write", "Origin", "http://evil.example", 403},
		{"/api/v1/write", "User-Agent", "plimsoll-agent", 204},
	} {
		r := httptest.NewRequest("POST", c.path, nil)
		r.Header.Set(c.header, c.value)
		if w := do(s, r); w.Code != c.want {
			t.Errorf("POST %s with %s: %s: %d, want %d", c.path, c.header, c.value, w.Code, c.want)
		}
	}
}

func TestOtherSitesMayLinkToPagesOnly(t *testing.T) {
	s := newServer(t, testConfig())
	for path, want := range map[string]int{"/": 200, "/alerts": 200, "/api/v1/labels": 403, "/api/plimsoll/v1/hosts": 403, "/metrics": 403} {
		for _, site := range []string{"cross-site", "same-site"} {
			r := httptest.NewRequest("GET", path, nil)
			r.Header.Set("Sec-Fetch-Site", site)
			if w := do(s, r); w.Code != want {
				t.Errorf("GET %s from a %s page: %d, want %d", path, site, w.Code, want)
			}
		}
		if w := get(s, path); w.Code != 200 {
			t.Errorf("GET %s: %d", path, w.Code)
		}
	}
}

func TestSecurityHeadersAreOnEveryAnswer(t *testing.T) {
	s := newServer(t, testConfig())
	for _, path := range []string{"/", "/api/v1/labels", "/nothing.js", "/metrics", "/api/x"} {
		h := get(s, path).Header()
		if !strings.Contains(h.Get("Content-Security-Policy"), "default-src 'self'; style-src 'self' 'unsafe-inline'") ||
			!strings.Contains(h.Get("Content-Security-Policy"), "frame-ancestors 'self'") || h.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %v", path, h)
		}
	}
}
