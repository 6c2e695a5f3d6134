package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"plimsoll/internal/peertest"
)

// openDir is a directory that servers which leave root may use.
func openDir(t *testing.T, owner string) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "plimsoll-e2e-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	uid, gid := idsOf(t, owner)
	if err := errors.Join(os.Chmod(dir, 0o755), os.Chown(dir, int(uid), int(gid))); err != nil {
		t.Fatal(err)
	}
	return dir
}

func idsOf(t *testing.T, name string) (uid, gid uint32) {
	t.Helper()
	u, err := user.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	a, err1 := strconv.ParseUint(u.Uid, 10, 32)
	b, err2 := strconv.ParseUint(u.Gid, 10, 32)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	return uint32(a), uint32(b)
}

// startApache serves from a directory, with a log as the directive CustomLog says.
func startApache(t *testing.T, dir, customLog string) (*site, *peertest.Peer) {
	t.Helper()
	address := peertest.Address(t)
	writeFile(t, dir, "apache.conf", fmt.Sprintf(`
ServerName www.example.org
ServerRoot %[1]s
PidFile %[1]s/pid
ErrorLog %[1]s/error.log
Listen %[2]s
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule alias_module /usr/lib/apache2/modules/mod_alias.so
User www-data
Group www-data
RedirectMatch 302 ^/page http://elsewhere.example.org/
DocumentRoot %[1]s
CustomLog %[3]s
`, dir, address, customLog))
	p := peertest.Start(t, nil, "apache2", "-DFOREGROUND", "-f", filepath.Join(dir, "apache.conf"))
	p.AwaitAddress(t, address)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return &site{t: t, url: "http://" + address, client: client}, p
}

// TestPipedLogOfApache pipes the log of Apache to an agent, which sends what it
// counts to the service; the agent is killed, and what is logged meanwhile waits.
func TestPipedLogOfApache(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir())
	to, dir := peertest.Address(t), t.TempDir()
	config := writeFile(t, dir, "agent.yml", fmt.Sprintf(`
instance: edge
data: %s/data
collectors: [%q]
host: {enabled: false}
counterd: {enabled: false}
access_logs: {interval: 1s, lateness: 1s, syslog: ["tcp://%s"]}
`, dir, s.url, to))
	agent := func() *process { return start(t, filepath.Join(bin, "plimsoll-agent"), "-config", config) }
	a := agent()
	web, _ := startApache(t, openDir(t, "root"), fmt.Sprintf(
		`"|%s log -to %s -host apache1" "%%v:%%p %%h %%l %%u %%t \"%%r\" %%>s %%O \"%%{Referer}i\" \"%%{User-Agent}i\""`,
		filepath.Join(bin, "plimsoll-agent"), to))
	for i := range 60 {
		web.ask(fmt.Sprintf("/page/%d", i))
	}
	s.wants(t, "sum(http_requests_total)", "60")
	a.kill()
	for range 40 {
		web.ask("/missing")
	}
	a = agent()
	s.wants(t, `http_requests_total{class="other",code="4xx",method="GET",instance="apache1",job="web",vhost="www.example.org"}`, "40")
	s.wants(t, "sum(http_requests_total)", "100")
	s.showsLines(t, web)
	if code := a.stop(t); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// showsLines looks at the live tail, and at what is most frequent, which come from
// the agent.
func (s *server) showsLines(t *testing.T, web *site) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/api/plimsoll/v1/logs/tail?status=4xx&text=/sought", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	asking := make(chan struct{})
	go func() { // until a line was seen
		defer close(asking)
		for ctx.Err() == nil {
			web.ask("/sought/7")
			select {
			case <-ctx.Done():
			case <-time.After(200 * time.Millisecond):
			}
		}
	}()
	var line struct {
		Server, Class, Text string
		Status              int
	}
	text, err := bufio.NewReader(res.Body).ReadBytes('\n')
	cancel()
	<-asking
	if err == nil {
		err = json.Unmarshal(text, &line)
	}
	if err != nil || line.Server != "apache1" || line.Class != "other" || line.Status != 404 || !strings.Contains(line.Text, "GET /sought/7") {
		t.Errorf("%s: %+v, %v", text, line, err)
	}
	eventually(t, "the most frequent paths", func() error {
		var top struct {
			Servers []string
			Lists   map[string]struct{ Items []struct{ Key string } }
		}
		if err := s.json("/api/plimsoll/v1/logs/top", &top); err != nil {
			return err
		}
		if l := top.Lists["path"].Items; len(l) == 0 || l[0].Key != "/missing" || top.Servers[0] != "edge" {
			return fmt.Errorf("got %+v", top)
		}
		return nil
	})
}

// TestSyslogOfHAProxy has HAProxy send its log to the service by syslog, in the old
// form over UDP and in the new one.
func TestSyslogOfHAProxy(t *testing.T) {
	t.Parallel()
	dir, to := t.TempDir(), peertest.Address(t)
	s := serve(t, t.TempDir(), "-config", writeFile(t, dir, "plimsoll.yml", fmt.Sprintf(
		"agent: {enabled: false}\naccess_logs: {instance: balancer, interval: 1s, lateness: 1s, syslog: [%q]}\n", to)))
	behind := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(20 * time.Millisecond) // what is measured
		if r.URL.Path == "/broken" {
			w.WriteHeader(http.StatusBadGateway)
		}
	}))
	defer behind.Close()
	address := peertest.Address(t)
	config := writeFile(t, dir, "haproxy.cfg", fmt.Sprintf(`
global
  log %[1]s len 8192 format rfc3164 local0
defaults
  mode http
  log global
  option httplog
  timeout client 5s
  timeout server 5s
  timeout connect 5s
frontend site
  bind %[2]s
  default_backend servers
backend servers
  server one %[3]s
`, to, address, behind.Listener.Addr()))
	p := peertest.Start(t, nil, "haproxy", "-db", "-f", config)
	p.AwaitAddress(t, address)
	web := &site{t: t, url: "http://" + address}
	for i := range 20 {
		web.ask(fmt.Sprintf("/order/%d", 1000+i))
	}
	web.ask("/broken")
	s.wants(t, `http_requests_total{class="/order/*",code="2xx",method="GET",instance="balancer"}`, "20")
	s.wants(t, `http_requests_total{class="/broken",code="5xx"}`, "1")
	s.wants(t, `sum(http_upstream_duration_seconds_count{instance!=""})`, "21")
	s.wants(t, `http_upstream_duration_seconds_min{class="/order/*",instance!=""} >= bool 0.02`, "1")
}

// TestBandOfTheFarm has two servers log: the p95 of both is that of all requests,
// and not what comes of their two.
func TestBandOfTheFarm(t *testing.T) {
	t.Parallel()
	to := peertest.Address(t)
	s := serve(t, t.TempDir(), "-config", writeFile(t, t.TempDir(), "plimsoll.yml", fmt.Sprintf(
		"agent: {enabled: false}\nfarm: {grace: 1s}\naccess_logs: {interval: 1s, lateness: 1s, syslog: [%q]}\n", "tcp://"+to)))
	conn, err := net.Dial("tcp", to)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	at := time.Now().Format("02/Jan/2006:15:04:05 -0700")
	send := func(server string, n int, seconds string) {
		for range n {
			if _, err := fmt.Fprintf(conn, "<134>1 - %s nginx - - - ::1 - - [%s] \"GET /a HTTP/1.1\" 200 9 \"-\" \"-\" %s\n", server, at, seconds); err != nil {
				t.Fatal(err)
			}
		}
	}
	send("web1", 192, "0.010")
	send("web2", 8, "1.000") // its own p95 is 1 s
	p95 := func(instance, value string) {
		s.wants(t, fmt.Sprintf(`round(max_over_time(http_request_duration_seconds{quantile="0.95",instance=%q}[5m]), 0.001)`, instance), value)
	}
	p95("web1", "0.01")
	p95("web2", "1")
	p95("", "0.01")
	s.wants(t, `http_request_duration_seconds_count{instance=""}`, "200")
}

// TestNativeLogOfSquid reads squid's own log, also after squid rotated it.
func TestNativeLogOfSquid(t *testing.T) {
	t.Parallel()
	dir, address := openDir(t, "proxy"), peertest.Address(t)
	behind := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer behind.Close()
	config := writeFile(t, dir, "squid.conf", fmt.Sprintf(`
http_port %[2]s
pid_filename %[1]s/squid.pid
cache_log %[1]s/cache.log
access_log stdio:%[1]s/access.log squid
coredump_dir %[1]s
cache deny all
http_access allow all
logfile_rotate 5
shutdown_lifetime 0 seconds
`, dir, address))
	if err := os.Chmod(config, 0o644); err != nil {
		t.Fatal(err)
	}
	uid, gid := idsOf(t, "proxy")
	p := peertest.Start(t, func(c *exec.Cmd) {
		c.SysProcAttr.Credential = &syscall.Credential{Uid: uid, Gid: gid}
		c.Dir = dir
	}, "squid", "-N", "-f", config)
	p.AwaitAddress(t, address)
	s := serve(t, t.TempDir(), "-config", writeFile(t, dir, "plimsoll.yml", fmt.Sprintf(logsConfig, dir, "auto")))
	proxy := &url.URL{Scheme: "http", Host: address}
	web := &site{t: t, url: behind.URL, client: &http.Client{Transport: &http.Transport{Proxy: func(*http.Request) (*url.URL, error) { return proxy, nil }}}}
	for i := range 30 {
		web.ask(fmt.Sprintf("/photo/%d.jpg", i))
	}
	photos := `http_requests_total{class="/photo/*.jpg",code="2xx",method="GET",vhost="127.0.0.1"}`
	s.wants(t, photos, "30")
	if err := p.Cmd.Process.Signal(syscall.SIGUSR1); err != nil { // rotate
		t.Fatal(err)
	}
	for range 10 {
		web.ask("/photo/0.jpg")
	}
	s.wants(t, photos, "40")
	s.wants(t, `http_request_duration_seconds_count{class="/photo/*.jpg",instance!=""}`, "40")
}
