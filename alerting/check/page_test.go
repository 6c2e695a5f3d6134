package check

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/metric"
	"plimsoll/internal/peertest"
)

const day24 = 24 * time.Hour

// measured returns the number of a result of that name.
func measured(r Result, name string) float64 {
	for _, p := range r.Perf {
		if p.Name == name {
			return p.Value
		}
	}
	return -1
}

// want complains if a result is not of the state, or does not say what it should.
func want(t *testing.T, what string, got Result, state metric.Severity, says string) {
	t.Helper()
	if got.State != state || !strings.Contains(got.Summary, says) {
		t.Errorf("%s: got %s, %q; want %s with %q", what, got.State, got.Summary, state, says)
	}
}

// nginx starts one with a certificate, and returns the addresses of its plain
// port and of that with TLS.
func nginx(t *testing.T, id identity) (plain, secured string) {
	t.Helper()
	dir := t.TempDir()
	plain, secured = peertest.Address(t), peertest.Address(t)
	conf := filepath.Join(filepath.Dir(file(t, "nginx.conf", fmt.Sprintf(`daemon off; master_process off; error_log stderr; pid %[1]s/pid;
events {}
http {
  access_log off; client_body_temp_path %[1]s/b; proxy_temp_path %[1]s/p; fastcgi_temp_path %[1]s/f; uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s;
  server {
    listen %[2]s; listen %[3]s ssl;
    ssl_certificate %[4]s; ssl_certificate_key %[5]s;
    location = /ok { default_type text/plain; return 200 "all is well on $host\n"; }
    location = /old { return 301 https://web.example/new?token=hunter2; }
    location = /here { return 302 /ok; }
    location = /loop { return 302 /loop; }
    location = /private { if ($http_authorization != "Basic dTpodW50ZXIyMg==") { return 401; } return 200 "$http_authorization"; }
    location = /bearer { if ($http_authorization != "Bearer hunter22") { return 403 "no\n"; } return 200 "in"; }
  }
}`, dir, plain, secured, id.cert, id.key))), "nginx.conf")
	p := peertest.Start(t, nil, "nginx", "-c", conf, "-p", dir)
	p.AwaitAddress(t, plain)
	p.AwaitAddress(t, secured)
	return plain, secured
}

func TestPagesOfNginx(t *testing.T) {
	plain, secured := nginx(t, newIdentity(t, 100*day24))
	_, port, _ := net.SplitHostPort(plain)
	password := file(t, "password", "hunter22\n")
	for _, tt := range []struct {
		h    HTTP
		is   metric.Severity
		says string
	}{
		{HTTP{URL: "/ok", Matches: `well on [0-9.]+\n$`, NotContains: "error"}, metric.OK, "HTTP 200 OK"},
		{HTTP{URL: "/ok", Matches: "^ill"}, metric.Critical, `HTTP 200 OK: the page does not match "^ill"`},
		{HTTP{URL: "/ok", NotMatches: "w.ll", NotContains: "all"}, metric.Critical, `contains "all"; the page matches "w.ll"`},
		{HTTP{URL: "/none", Status: []string{"200", "4xx"}}, metric.OK, "HTTP 404 Not Found"},
		{HTTP{URL: "/none"}, metric.Critical, "HTTP 404 Not Found: expected is 2xx"},
		{HTTP{URL: "/ok", Method: "HEAD"}, metric.OK, "HTTP 200 OK"},
		{HTTP{URL: "/old", Location: `^https://web\.example/new`}, metric.OK, "HTTP 301"},
		{HTTP{URL: "/old", Location: `other`}, metric.Critical, `it leads to https://web.example/new, which does not match "other"`},
		{HTTP{URL: "/ok", Location: `other`}, metric.Critical, "expected is 3xx; it redirects to nowhere"},
		{HTTP{URL: "/here", FollowRedirects: true, Location: `/ok$`}, metric.OK, "HTTP 200 OK"},
		{HTTP{URL: "/loop", FollowRedirects: true}, metric.Critical, "HTTP 302"},
		{HTTP{URL: "/private", Username: "u", PasswordFile: password, Contains: "Basic"}, metric.OK, "HTTP 200"},
		{HTTP{URL: "/private"}, metric.Critical, "HTTP 401"},
		{HTTP{URL: "/bearer", TokenFile: password}, metric.OK, "HTTP 200"},
		{HTTP{URL: "http://web.example:" + port + "/ok", Address: "127.0.0.1", Contains: "web.example"}, metric.OK, "HTTP 200"},
		{HTTP{URL: "http://web.example/ok", Address: plain, IPVersion: 4}, metric.OK, "HTTP 200"},
		{HTTP{URL: "http://web.example/ok", Address: plain, IPVersion: 6}, metric.Critical, "no suitable address"},
		{HTTP{URL: "/ok", ResponseTime: Limits[time.Duration]{Warn: 1}}, metric.Warning, "and 1ns is a warning"},
		{HTTP{URL: "/ok", ResponseTime: Limits[time.Duration]{Warn: 1, Critical: 2}}, metric.Critical, "and 2ns is critical"},
		{HTTP{URL: "https://" + plain}, metric.Critical, "server gave HTTP response to HTTPS client"},
		{HTTP{URL: "https://" + secured + "/ok"}, metric.Critical, "of an authority that is not known"},
		{HTTP{URL: "https://" + secured + "/ok", TLS: &TLS{SkipVerify: true}}, metric.OK, "HTTP 200"},
	} {
		if strings.HasPrefix(tt.h.URL, "/") {
			tt.h.URL = "http://" + plain + tt.h.URL
		}
		got := probe(t, Config{HTTP: &tt.h})
		want(t, fmt.Sprintf("%+v", tt.h), got, tt.is, tt.says)
		if strings.Contains(got.Summary, "hunter2") {
			t.Errorf("the secret is in %q", got.Summary)
		}
	}
	got := probe(t, Config{HTTP: &HTTP{URL: "http://" + plain + "/here", FollowRedirects: true}})
	if measured(got, "probe_http_status_code") != 200 || measured(got, "probe_http_redirects") != 1 || measured(got, "probe_http_duration_seconds") < 0 {
		t.Errorf("measured %+v", got.Perf)
	}
}

func TestCertificatesOfNginx(t *testing.T) {
	id := newIdentity(t, 10*day24+time.Hour)
	_, secured := nginx(t, id)
	believed := TLS{CAFile: id.cert}
	at := func(later time.Duration, with TLS, url string) Result {
		c := Config{Name: "x", HTTP: &HTTP{URL: url, Address: secured, TLS: &with}}.WithDefaults()
		if err := c.Validate("checks[0]"); err != nil {
			t.Fatal(err)
		}
		m := means()
		m.Clock = func() time.Time { return time.Now().Add(later) }
		return New(c, m).Probe(t.Context())
	}
	const url = "https://web.example/ok"
	want(t, "now", at(0, believed, url), metric.Warning, "the certificate of web.example ends in 10 days, on "+day(id.end))
	want(t, "later", at(8*day24, believed, url), metric.Critical, "ends in 2 days")
	ended := at(11*day24, believed, url)
	want(t, "ended", ended, metric.Critical, "the certificate of web.example is valid from ")
	want(t, "ended, believed", at(11*day24, TLS{SkipVerify: true}, url), metric.Critical, "ended on "+day(id.end))
	want(t, "other limits", at(0, TLS{CAFile: id.cert, WarnDays: 5, CriticalDays: 1}, url), metric.OK, "HTTP 200")
	want(t, "no limits", at(8*day24, TLS{CAFile: id.cert, WarnDays: -1, CriticalDays: -1}, url), metric.OK, "HTTP 200")
	want(t, "other name", at(0, believed, "https://other.example/ok"), metric.Critical, "not for other.example, but for web.example, 127.0.0.1")
	want(t, "SNI", at(0, TLS{CAFile: id.cert, ServerName: "web.example", WarnDays: 5}, "https://other.example/ok"), metric.OK, "HTTP 200")
	for what, r := range map[string]Result{"now": at(0, believed, url), "ended": ended} {
		if got := measured(r, "probe_ssl_earliest_cert_expiry"); got != float64(id.end.Unix()) {
			t.Errorf("%s: the certificate ends at %v", what, got)
		}
	}
	if phase := at(0, believed, url).Perf; measured(Result{Perf: phase}, "probe_ssl_last_chain_expiry_timestamp_seconds") != float64(id.end.Unix()) {
		t.Errorf("measured %+v", phase)
	}
}

// What the configuration says to one host is not told to another.
func TestSecretsDoNotFollowRedirects(t *testing.T) {
	var heard http.Header
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { heard = r.Header }))
	defer other.Close()
	srv := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusFound))
	defer srv.Close()
	got := probe(t, Config{HTTP: &HTTP{
		URL: srv.URL, FollowRedirects: true, Headers: map[string]string{"X-Key": "hunter22"}, TokenFile: file(t, "token", "hunter22"),
	}})
	if !got.ok() || heard == nil || strings.Contains(fmt.Sprint(heard), "hunter22") {
		t.Errorf("%+v; the other host heard %v", got, heard)
	}
}

// What of our own is missing says nothing about the service.
func TestMissingFilesAreUnknown(t *testing.T) {
	srv := httptest.NewTLSServer(http.NotFoundHandler())
	defer srv.Close()
	for _, h := range []HTTP{
		{URL: srv.URL, TokenFile: "/none"}, {URL: srv.URL, TLS: &TLS{CAFile: "/none"}},
	} {
		c := Config{HTTP: &h}.WithDefaults()
		want(t, fmt.Sprintf("%+v", h), New(c, means()).Probe(t.Context()), metric.Unknown, "/none: no such file")
		if err := c.Validate("c"); err == nil || !strings.Contains(err.Error(), "/none") {
			t.Errorf("validated: %v", err)
		}
	}
}

func TestSpans(t *testing.T) {
	for text, want := range map[string]span{"200": {200, 200}, "4xx": {400, 499}, "5XX": {500, 599}, "200-204": {200, 204}} {
		if got, err := parseSpan(text); err != nil || got != want {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "x", "xx", "0xx", "6xx", "99", "600", "204-200", "200-", "-200", "2xx-3xx", "many"} {
		if got, err := parseSpan(text); err == nil {
			t.Errorf("%q is accepted as %v", text, got)
		}
	}
}

// A server that speaks HTTP/2 is spoken to in that.
func TestPagesOverHTTP2(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.Proto) }))
	srv.EnableHTTP2 = true
	srv.StartTLS()
	defer srv.Close()
	for range 3 {
		got := probe(t, Config{HTTP: &HTTP{URL: srv.URL, Contains: "HTTP/2.0", TLS: &TLS{SkipVerify: true, WarnDays: -1, CriticalDays: -1}}})
		want(t, "HTTP/2", got, metric.OK, "HTTP 200")
	}
}
