package dashboard

import (
	"compress/gzip"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"plimsoll/dashboard/web"
)

func TestPagesAndFiles(t *testing.T) {
	s := newServer(t, testConfig())
	for _, c := range []struct {
		path  string
		code  int
		media string
	}{
		{"/", 200, "text/html; charset=utf-8"},
		{"/host/web1.example.com", 200, "text/html; charset=utf-8"},
		{"/counters", 200, "text/html; charset=utf-8"},
		{"/alerts", 200, "text/html; charset=utf-8"},
		{"/lib/page.js", 200, "text/javascript; charset=utf-8"},
		{"/vendor/a.css", 200, "text/css; charset=utf-8"},
		{"/favicon.ico", 200, "image/x-icon"},
		{"/lib/none.js", 404, "application/json"},
		{"/robots.txt", 404, "application/json"},
	} {
		w := get(s, c.path)
		if w.Code != c.code || w.Header().Get("Content-Type") != c.media {
			t.Errorf("%s: %d %s", c.path, w.Code, w.Header().Get("Content-Type"))
		}
	}
}

func TestFilesAreRevalidated(t *testing.T) {
	s := newServer(t, testConfig())
	ask := func(encoding, tag string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, "/lib/page.js", nil)
		r.Header.Set("Accept-Encoding", encoding)
		r.Header.Set("If-None-Match", tag)
		return do(s, r)
	}
	plain, zipped := ask("", ""), ask("gzip", "")
	tag := zipped.Header().Get("ETag")
	if tag == plain.Header().Get("ETag") || strings.HasPrefix(tag, "W/") || zipped.Header().Get("Cache-Control") != "no-cache" {
		t.Errorf("plain %v, gzip %v", plain.Header(), zipped.Header())
	}
	z, err := gzip.NewReader(zipped.Body)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(z); err != nil || string(text) != plain.Body.String() {
		t.Errorf("gzip holds %q, %v", text, err)
	}
	if w := ask("gzip", tag); w.Code != http.StatusNotModified || w.Body.Len() > 0 {
		t.Errorf("again: %d, %d bytes", w.Code, w.Body.Len())
	}
	if w := ask("", tag); w.Code != http.StatusOK {
		t.Errorf("the tag of the other encoding: %d", w.Code)
	}
}

func TestPagesNeedAnIndex(t *testing.T) {
	if _, err := newSite(fstest.MapFS{"a.js": {}}); err == nil {
		t.Error("no error")
	}
}

func TestEmbeddedPagesHaveKnownTypes(t *testing.T) {
	site, err := newSite(web.Pages())
	if err != nil {
		t.Fatal(err)
	}
	for name, p := range site.files {
		if p.media == "application/octet-stream" && !strings.Contains(name, "LICENSE") {
			t.Errorf("%s has no media type", name)
		}
	}
	if _, err := fs.Stat(web.Pages(), "node_modules"); err == nil {
		t.Error("node_modules is embedded")
	}
}
