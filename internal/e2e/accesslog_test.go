package e2e

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
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

// startNginx serves with a log of the format nginx_timed in dir, and with more of
// the configuration.
func startNginx(t *testing.T, dir, more string) (*site, *peertest.Peer) {
	t.Helper()
	address := peertest.Address(t)
	writeFile(t, dir, "nginx.conf", fmt.Sprintf(`
daemon off; worker_processes 2; pid %[1]s/nginx.pid; error_log %[1]s/error.log; user root;
events {}
http {
  log_format timed '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" $request_time';
  access_log %[1]s/access.log timed;
  %[3]s
  client_body_temp_path %[1]s/a; proxy_temp_path %[1]s/b; fastcgi_temp_path %[1]s/c; uwsgi_temp_path %[1]s/d; scgi_temp_path %[1]s/e;
  server { listen %[2]s; location / { return 200 "hello\n"; } location /missing { return 404; } }
}`, dir, address, more))
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
  files: [{path: %s/access.log, format: %q, vhost: www.example.org, from: start}]
`

// counted waits until the store has as many requests as were answered, in
// counters and in timings.
func (s *server) counted(t *testing.T, sent int64) {
	t.Helper()
	s.wants(t, "sum(http_requests_total)", fmt.Sprint(sent))
	s.wants(t, `sum(http_request_duration_seconds_count{instance!=""})`, fmt.Sprint(sent))
}

// TestAccessLogOverKillsAndRotation kills the service with SIGKILL while a web
// server works and logrotate rotates its log, by rename and by copy and truncation:
// each request counts once.
func TestAccessLogOverKillsAndRotation(t *testing.T) {
	t.Run("nginx", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		web, nginx := startNginx(t, dir, "")
		killAndRotate(t, dir, web, nginx, "auto", `code="2xx"`)
	})
	t.Run("apache", func(t *testing.T) {
		t.Parallel()
		dir := openDir(t, "root")
		web, apache := startApache(t, dir, dir+`/access.log "%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-agent}i\" %D"`)
		killAndRotate(t, dir, web, apache, "apache_timed", `code="3xx"`)
	})
}

func killAndRotate(t *testing.T, dir string, web *site, peer *peertest.Peer, format, code string) {
	data := t.TempDir()
	config := writeFile(t, dir, "plimsoll.yml", fmt.Sprintf(logsConfig, dir, format))
	s := serve(t, data, "-config", config)
	pause := func() { time.Sleep(1500 * time.Millisecond) } // for work to be done, not for a state
	rename := func() { logrotate(t, dir, fmt.Sprintf("postrotate\nkill -USR1 %d\nendscript", peer.Cmd.Process.Pid)) }

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
	logrotate(t, dir, "copytruncate") // what is logged while it copies may be lost: nobody asks
	stop = web.busy()
	s = serve(t, data, "-config", config)
	pause()
	stop()
	logrotate(t, dir, "copytruncate")
	web.ask("/missing")
	s.counted(t, web.sent.Load())
	s.wants(t, fmt.Sprintf(`sum(http_requests_total{class="/page/*",%s,method="GET",vhost="www.example.org",job="web"})`, code), fmt.Sprint(web.sent.Load()-1))
	s.wants(t, `http_requests_total{class="other",code="4xx"}`, "1")
	if code := s.stop(t); code != 0 {
		t.Errorf("exit code %d", code)
	}
	s = serve(t, data, "-config", config)
	web.ask("/missing")
	s.counted(t, web.sent.Load())
}

// TestSyslogOfNginx has nginx send its log by syslog, over UDP.
func TestSyslogOfNginx(t *testing.T) {
	t.Parallel()
	dir, to := t.TempDir(), peertest.Address(t)
	s := serve(t, t.TempDir(), "-config", writeFile(t, dir, "plimsoll.yml", fmt.Sprintf(
		"agent: {enabled: false}\naccess_logs: {interval: 1s, lateness: 1s, syslog: [%q]}\n", to)))
	web, _ := startNginx(t, dir, fmt.Sprintf("access_log syslog:server=%s,tag=nginx timed;", to))
	for i := range 25 {
		web.ask(fmt.Sprintf("/page/%d", i))
	}
	name, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	s.wants(t, fmt.Sprintf(`http_requests_total{class="/page/*",code="2xx",instance=%q}`, strings.ToLower(name)), "25")
	s.wants(t, `http_request_duration_seconds_count{class="/page/*",instance!=""}`, "25")
}

// TestImportAndThenTail imports a log, and then has it read from its start: what was
// imported does not count again.
func TestImportAndThenTail(t *testing.T) {
	t.Parallel()
	dir, data := t.TempDir(), t.TempDir()
	const lines = 600
	log := writeFile(t, dir, "access.log", accessLog(time.Now().Add(-2*time.Hour), 0, lines))
	s := serve(t, data, "-config", writeFile(t, dir, "none.yml", "agent: {enabled: false}\n"))
	if out, errs, code := plimsoll(t, "import", "-server", s.url, "-format", "accesslog", log); code != 0 {
		t.Fatalf("exit %d: %s%s", code, out, errs)
	}
	s.stop(t)
	s = serve(t, data, "-config", writeFile(t, dir, "plimsoll.yml", fmt.Sprintf(logsConfig, dir, "auto")))
	f, err := os.OpenFile(log, os.O_WRONLY|os.O_APPEND, 0)
	if err == nil {
		_, err = f.WriteString(accessLog(time.Now(), 0, 5))
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	s.wants(t, `sum(http_requests_total{class="/photos/*"})`, "5")
	if body, err := s.get("/metrics"); !strings.Contains(string(body), fmt.Sprintf("plimsoll_weblog_skipped_lines_total %d\n", lines)) {
		t.Errorf("not skipped: %v", err)
	}
	if !strings.Contains(s.out.String(), "access logs were imported") {
		t.Errorf("it is not said: %s", s.out)
	}
}

// logrotate has logrotate rotate the log of dir now.
func logrotate(t *testing.T, dir, how string) {
	t.Helper()
	config := writeFile(t, dir, "logrotate.conf", fmt.Sprintf("%s/access.log {\nsu root root\nrotate 9\ncreate\n%s\n}\n", dir, how))
	out, err := exec.CommandContext(t.Context(), peertest.Path(t, "logrotate"), "-f", "-s", filepath.Join(dir, "logrotate.state"), config).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}
