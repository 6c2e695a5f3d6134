package e2e

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"plimsoll/internal/peertest"
)

// site is a web server whose requests a test counts.
type site struct {
	t      *testing.T
	url    string
	client *http.Client // nil: the default
	sent   atomic.Int64
}

// ask makes a request, and counts it when it was answered.
func (s *site) ask(path string) {
	c := s.client
	if c == nil {
		c = http.DefaultClient
	}
	res, err := c.Get(s.url + path)
	if err != nil {
		s.t.Errorf("GET %s: %v", path, err)
		return
	}
	_, _ = io.Copy(io.Discard, res.Body)
	res.Body.Close()
	s.sent.Add(1)
}

// busy asks all the time until the returned function is called.
func (s *site) busy() (stop func()) {
	ctx, cancel := context.WithCancel(s.t.Context())
	var wg sync.WaitGroup
	for i := range 2 {
		wg.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				s.ask(fmt.Sprintf("/page/%d?client=%d", n%7, i))
				select {
				case <-ctx.Done():
				case <-time.After(2 * time.Millisecond):
				}
			}
		})
	}
	return func() { cancel(); wg.Wait() }
}

// startNginx serves dir/www with a log of the format nginx_timed in dir.
func startNginx(t *testing.T, dir string) (*site, *peertest.Peer) {
	t.Helper()
	address := peertest.Address(t)
	writeFile(t, dir, "nginx.conf", fmt.Sprintf(`
daemon off; worker_processes 2; pid %[1]s/nginx.pid; error_log %[1]s/error.log; user root;
events {}
http {
  log_format timed '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" $request_time';
  access_log %[1]s/access.log timed;
  client_body_temp_path %[1]s/a; proxy_temp_path %[1]s/b; fastcgi_temp_path %[1]s/c; uwsgi_temp_path %[1]s/d; scgi_temp_path %[1]s/e;
  server { listen %[2]s; location / { return 200 "hello\n"; } location /missing { return 404; } }
}`, dir, address))
	p := peertest.Start(t, nil, "nginx", "-p", dir, "-c", filepath.Join(dir, "nginx.conf"))
	p.AwaitAddress(t, address)
	return &site{t: t, url: "http://" + address}, p
}

const logsConfig = `
agent: {enabled: false}
collector: {limits: {max_age: 24h}}
access_logs:
  interval: 1s
  lateness: 1s
  syslog: []
  files: [{path: %s/access.log, vhost: www.example.org, from: start}]
`

// counted waits until the store has as many requests as were answered, in
// counters and in timings.
func (s *server) counted(t *testing.T, sent int64) {
	t.Helper()
	s.wants(t, "sum(http_requests_total)", fmt.Sprint(sent))
	s.wants(t, "sum(http_request_duration_seconds_count)", fmt.Sprint(sent))
}

// TestAccessLogOverKillsAndRotation kills the service with SIGKILL while nginx
// works and its log is rotated, by rename and by copy and truncation: each request
// counts once.
func TestAccessLogOverKillsAndRotation(t *testing.T) {
	t.Parallel()
	dir, data := t.TempDir(), t.TempDir()
	web, nginx := startNginx(t, dir)
	config := writeFile(t, dir, "plimsoll.yml", fmt.Sprintf(logsConfig, dir))
	s := serve(t, data, "-config", config)
	log := filepath.Join(dir, "access.log")

	pause := func() { time.Sleep(1500 * time.Millisecond) } // for work to be done, not for a state
	rename := func() {
		if err := os.Rename(log, log+".1"); err != nil {
			t.Fatal(err)
		}
		if err := nginx.Cmd.Process.Signal(syscall.SIGUSR1); err != nil {
			t.Fatal(err)
		}
	}
	stop := web.busy()
	pause()
	s.kill()
	s = serve(t, data, "-config", config)
	rename()
	pause()
	s.kill()
	rename() // rotated while nobody reads
	pause()
	stop()
	copyTruncate(t, log, log+".2")
	stop = web.busy()
	s = serve(t, data, "-config", config)
	pause()
	stop()
	copyTruncate(t, log, log+".3")
	web.ask("/missing")
	s.counted(t, web.sent.Load())
	s.wants(t, `sum(http_requests_total{class="/page/*",code="2xx",method="GET",vhost="www.example.org",job="web"})`, fmt.Sprint(web.sent.Load()-1))
	s.wants(t, `http_requests_total{class="/missing"}`, "1")
	if code := s.stop(t); code != 0 {
		t.Errorf("exit code %d", code)
	}
	s = serve(t, data, "-config", config)
	web.ask("/missing")
	s.counted(t, web.sent.Load())
}

// copyTruncate is what logrotate does with copytruncate.
func copyTruncate(t *testing.T, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, b, 0o600)
	}
	if err == nil {
		err = os.Truncate(from, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
}
