package nginx

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/agents/batch"
	"plimsoll/internal/peertest"
)

// sampled asks a page once.
func sampled(t *testing.T, c Config) (map[string]float64, error) {
	t.Helper()
	a, err := c.Target("web1")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	samples, err := a.Sample(ctx, time.Unix(1000, 0))
	out := map[string]float64{}
	for _, s := range samples {
		out[s.Labels.String()[len(`{__name__="`):]] = s.Value
	}
	return out, err
}

func get(t *testing.T, url string) {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
}

func TestRealNginx(t *testing.T) {
	dir, address := t.TempDir(), peertest.Address(t)
	if err := os.Chmod(dir, 0o755); err != nil { // for its workers
		t.Fatal(err)
	}
	socket := filepath.Join(dir, "s")
	conf := fmt.Sprintf(`daemon off; error_log stderr; pid %[1]s/pid;
events {}
http { access_log off; client_body_temp_path %[1]s/b; proxy_temp_path %[1]s/p; fastcgi_temp_path %[1]s/f; uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/c;
  server { listen %[2]s; listen unix:%[3]s; location = /status { stub_status; } location / { return 204; } } }`, dir, address, socket)
	path := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(path, []byte(conf), 0o644); err != nil {
		t.Fatal(err)
	}
	p := peertest.Start(t, nil, "nginx", "-c", path, "-p", dir)
	p.AwaitAddress(t, address)
	for range 3 {
		get(t, "http://"+address+"/")
	}
	c := Config{}
	c.URL = "http://" + address + "/status"
	got, err := sampled(t, c)
	if err != nil {
		t.Fatal(err)
	}
	if got[`nginx_up"}`] != 1 || got[`nginx_http_requests_total"}`] != 4 || got[`nginx_connections_writing"}`] != 1 {
		t.Errorf("got %v", got)
	}
	c.Socket, c.URL = socket, "http://nginx/status"
	if got, err = sampled(t, c); err != nil || got[`nginx_http_requests_total"}`] != 5 {
		t.Errorf("by the socket: %v, %v", got, err)
	}
	p.Stop()
	if got, err = sampled(t, c); err == nil {
		t.Error("no error from a dead server")
	}
	if diff := cmp.Diff(map[string]float64{`nginx_up"}`: 0}, got); diff != "" {
		t.Error(diff)
	}
}

func TestPagesThatAreNone(t *testing.T) {
	for page, want := range map[string]string{
		"Active connections: 2\nserver accepts": `is not stub_status`,
		"<html>welcome</html>":                  `"<html>welcome</html>" is not stub_status`,
		"":                                      `"" is not stub_status`,
		strings.Repeat("x", maxPage+1):          "the answer is too long: over 4096 bytes",
		"Active connections: x \nserver accepts handled requests\n 1 1 1 \nReading: 0 Writing: 1 Waiting: 0 \n": `active: "x" is not a number`,
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(page)) }))
		c := Config{}
		c.URL = s.URL
		got, err := sampled(t, c)
		if err == nil || !strings.Contains(err.Error(), want) || got[`nginx_up"}`] != 0 {
			t.Errorf("%.50q: %v, %v", page, got, err)
		}
		s.Close()
	}
}

func FuzzParse(f *testing.F) {
	f.Add("Active connections: 1 \nserver accepts handled requests\n 1 1 1 \nReading: 0 Writing: 1 Waiting: 0 \n")
	f.Fuzz(func(t *testing.T, page string) {
		values, err := parse(page)
		if err != nil {
			return
		}
		if len(values) != len(fields()) {
			t.Errorf("%v", values)
		}
		_ = new(batch.Names).Batch(time.Unix(1, 0)).Fields(fields(), values)
	})
}
