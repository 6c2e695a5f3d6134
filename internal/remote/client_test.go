package remote

import (
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/metric"
)

// Every request, to write and to read, is over TLS that is checked, and says who
// asks; the token is read anew.
func TestTLSTokenAndHeaders(t *testing.T) {
	var mu sync.Mutex // guards asked
	var asked []string
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked = append(asked, r.URL.Path+" "+r.Header.Get("Authorization")+" "+r.Header.Get("X-Scope-OrgID"))
		mu.Unlock()
		_, _ = io.WriteString(w, `{"data":["a"]}`)
	}))
	t.Cleanup(srv.Close)
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	c := testConfig(t.TempDir(), nil)
	c.Write, c.Read = srv.URL+"/push", srv.URL
	c.Headers = map[string]string{"X-Scope-OrgID": "shop"}
	c.TokenFile = write("token", "one\n")
	c.TLS.CAFile = write("ca.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw})))
	r := start(t, c)
	reader, err := NewReader(c, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.put(gauge("g", 10_000, 1))
	r.flush()
	write("token", "two\n")
	q, _ := reader.Querier(0, 1) // never fails
	if names, _, err := q.LabelNames(t.Context(), nil); err != nil || !cmp.Equal(names, []string{"a"}) {
		t.Errorf("%v %v", names, err)
	}
	mu.Lock()
	defer mu.Unlock()
	// 2.0 was taken without a word, so 1.0 followed.
	if diff := cmp.Diff([]string{"/push Bearer one shop", "/push Bearer one shop", "/api/v1/labels Bearer two shop"}, asked); diff != "" {
		t.Error(diff)
	}
}

func TestCertificateIsChecked(t *testing.T) {
	srv := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(srv.Close)
	c := testConfig(t.TempDir(), nil)
	c.Write, c.Read = srv.URL, srv.URL
	s, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if a := s.write(t.Context(), []metric.Sample{gauge("g", 1, 1)}); a.err == nil || a.verdict() != later {
		t.Errorf("%+v", a)
	}
	for name, tls := range map[string]TLS{
		"none": {CAFile: "/nonexistent"}, "no certificate": {CAFile: "/dev/null"}, "no pair": {CertFile: "/dev/null", KeyFile: "/dev/null"},
	} {
		c.TLS, c.Dir = tls, t.TempDir()
		if _, err := Open(c); err == nil {
			t.Errorf("%s: opened", name)
		}
	}
}

// A receiver that calls a message of 2.0 bad gets it as 1.0; one that was known
// to take 2.0 means the samples.
func TestBadRequestToTheFirstMessage(t *testing.T) {
	var versions []string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := r.Header.Get("X-Prometheus-Remote-Write-Version")
		versions = append(versions, v)
		if v == "2.0.0" {
			http.Error(w, "cannot unmarshal", http.StatusBadRequest)
		}
	}))
	t.Cleanup(srv.Close)
	c := testConfig(t.TempDir(), nil)
	c.Write, c.Read = srv.URL, srv.URL
	s, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	one := []metric.Sample{gauge("g", 1, 1)}
	for range 2 {
		if a := s.write(t.Context(), one); a.verdict() != accepted {
			t.Errorf("%+v", a)
		}
	}
	s.v1.Store(false)
	s.v2.Store(true)
	if a := s.write(t.Context(), one); a.verdict() != refused || a.line != "cannot unmarshal" {
		t.Errorf("%+v", a)
	}
	if diff := cmp.Diff([]string{"2.0.0", "0.1.0", "0.1.0", "2.0.0"}, versions); diff != "" {
		t.Error(diff)
	}
}
