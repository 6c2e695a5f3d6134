package e2e

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"plimsoll/internal/peertest"
)

// daemon is a real nginx that goes into the background, and is ended with the test.
type daemon struct {
	url, dir string
	start    string // the command that starts it
}

func newDaemon(t *testing.T) *daemon {
	t.Helper()
	d := &daemon{dir: t.TempDir()}
	address := peertest.Address(t)
	d.url = "http://" + address + "/"
	config := writeFile(t, d.dir, "nginx.conf", fmt.Sprintf(`
worker_processes 1; pid %[1]s/nginx.pid; error_log %[1]s/error.log; user root;
events {}
http {
  access_log off;
  client_body_temp_path %[1]s/a; proxy_temp_path %[1]s/b; fastcgi_temp_path %[1]s/c; uwsgi_temp_path %[1]s/d; scgi_temp_path %[1]s/e;
  server { listen %[2]s; location / { return 200 "hello\n"; } }
}`, d.dir, address))
	d.start = fmt.Sprintf("[%q, -p, %q, -c, %q]", peertest.Path(t, "nginx"), d.dir, config)
	t.Cleanup(func() {
		if pid, err := d.pid(); err == nil {
			_ = syscall.Kill(pid, syscall.SIGTERM)
		}
	})
	return d
}

func (d *daemon) pid() (int, error) {
	text, err := os.ReadFile(filepath.Join(d.dir, "nginx.pid"))
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(string(text)))
}

// stop ends it and waits until it is gone, with its pid file.
func (d *daemon) stop(t *testing.T) {
	t.Helper()
	pid, err := d.pid()
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	eventually(t, "nginx ends", func() error {
		if _, err := d.pid(); err == nil {
			return errors.New("it is there")
		}
		return nil
	})
}

func (d *daemon) wants(t *testing.T) {
	t.Helper()
	eventually(t, "nginx answers", func() error {
		resp, err := http.Get(d.url)
		if err == nil {
			resp.Body.Close()
		}
		return err
	})
}

// line is a line of the history.
type line struct{ Name, Kind, Summary string }

// handled returns what the history says of handlers, oldest first.
func (s *server) handled() ([]string, error) {
	var answer struct{ History []line }
	if err := s.json("/api/plimsoll/v1/history", &answer); err != nil {
		return nil, err
	}
	var out []string
	for _, l := range slices.Backward(answer.History) {
		if l.Kind == "handler" {
			out = append(out, l.Summary)
		}
	}
	return out, nil
}

// wantsHandled waits until so many lines about handlers hold a text.
func (s *server) wantsHandled(t *testing.T, text string, times int) {
	t.Helper()
	eventually(t, text, func() error {
		all, err := s.handled()
		if err != nil {
			return err
		}
		if n := strings.Count(strings.Join(all, "\n"), text); n != times {
			return fmt.Errorf("%d times in %q", n, all)
		}
		return nil
	})
}

// startAgent runs an agent that has one handler.
func startAgent(t *testing.T, s *server, name, command string) *process {
	t.Helper()
	file := writeFile(t, t.TempDir(), "agent.yml", fmt.Sprintf(`
instance: web3
collectors: [%q]
host: {enabled: false}
counterd: {enabled: false}
handlers: [{name: %s, command: %s}]
`, s.url, name, command))
	return start(t, filepath.Join(bin, "plimsoll-agent"), "-config", file)
}

const tendedConfig = `
agent: {enabled: false}
checks:
  - name: web
    http: {url: %q}
    interval: 1s
    retry_interval: 1s
    max_attempts: 40
    labels: {instance: web3}
    handler: {run: restart-nginx, on_attempt: 2}
handlers:
  per_service: {count: 2, within: 1h}
  answer_within: %s
contacts:
  - {name: ops, webhook: {url: %q}}
`

// TestHandlerRestartsNginx stops a real nginx, which the agent of its host starts again
// before anybody is told; when that was done too often, somebody is.
func TestHandlerRestartsNginx(t *testing.T) {
	t.Parallel()
	web, hook := newDaemon(t), newWebhook(t)
	config := writeFile(t, t.TempDir(), "plimsoll.yml", fmt.Sprintf(tendedConfig, web.url, "2m", hook.URL))
	s := serve(t, t.TempDir(), "-config", config)
	startAgent(t, s, "restart-nginx", web.start)
	s.wantsHandled(t, "restarted by itself", 1) // it was never started before
	web.wants(t)
	web.stop(t)
	s.wantsHandled(t, "restarted by itself", 2)
	web.wants(t)
	if got := hook.all(); len(got) > 0 {
		t.Errorf("somebody was told: %+v", got)
	}
	eventually(t, "the event is told", func() error {
		var answer struct {
			Events []struct{ Title, Host string }
		}
		if err := s.json("/api/plimsoll/v1/events", &answer); err != nil {
			return err
		}
		if len(answer.Events) != 2 || answer.Events[0].Title != "web restarted by itself" || answer.Events[0].Host != "web3" {
			return fmt.Errorf("got %+v", answer)
		}
		return nil
	})
	own, err := s.get("/metrics")
	if want := `plimsoll_alerting_handler_orders_total{handler="restart-nginx",result="done"} 2`; err != nil || !strings.Contains(string(own), want) {
		t.Errorf("%v, no %s", err, want)
	}

	web.stop(t)
	hook.wants(t, "web", "problem")
	s.wantsHandled(t, "restart-nginx not tried: 2 runs on web3 in the last hour are the limit", 1)
	own, err = s.get("/metrics")
	if want := `plimsoll_alerting_handler_orders_total{handler="restart-nginx",result="not_tried"} 1`; err != nil || !strings.Contains(string(own), want) {
		t.Errorf("%v, no %s", err, want)
	}
	var alerts struct {
		Alerts []struct{ Summary string }
	}
	if err := s.json("/api/plimsoll/v1/alerts", &alerts); err != nil || len(alerts.Alerts) == 0 || !strings.HasSuffix(alerts.Alerts[0].Summary, "are the limit") {
		t.Errorf("%+v, %v", alerts, err)
	}
}

// TestHandlerOverKills kills the agent with SIGKILL while a command runs, then the
// service while another does. Neither is run twice; of the first nobody knows what came
// of it, the answer of the second is heard by the next process.
func TestHandlerOverKills(t *testing.T) {
	t.Parallel()
	dir, data, hook := t.TempDir(), t.TempDir(), newWebhook(t)
	address := peertest.Address(t)
	config := writeFile(t, dir, "plimsoll.yml", fmt.Sprintf(tendedConfig, "http://"+peertest.Address(t), "10s", hook.URL))
	began, goOn := filepath.Join(dir, "began"), filepath.Join(dir, "go")
	command := fmt.Sprintf("[/bin/sh, -c, %q]", fmt.Sprintf("echo run >> %s; while ! [ -e %s ]; do sleep 0.1; done", began, goOn))
	ran := func(times int) {
		t.Helper()
		eventually(t, "the command runs", func() error {
			text, err := os.ReadFile(began)
			if n := strings.Count(string(text), "run"); err == nil && n != times {
				err = fmt.Errorf("it began %d times, not %d", n, times)
			}
			return err
		})
	}
	s := serve(t, data, "-config", config, "-http", address)
	a := startAgent(t, s, "restart-nginx", command)
	ran(1)
	a.kill()
	a = startAgent(t, s, "restart-nginx", command)
	s.wantsHandled(t, "was not answered: what came of it is unknown", 1)
	ran(1)

	// the check is another one now, and so its trouble
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	config = writeFile(t, dir, "plimsoll.yml", strings.Replace(string(text), "name: web\n", "name: web2\n", 1))
	if err := s.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	ran(2)
	s.kill()
	s = serve(t, data, "-config", config, "-http", address)
	writeFile(t, dir, "go", "")
	s.wantsHandled(t, "is done", 1)
	ran(2)
	if code := a.stop(t); code != 0 {
		t.Errorf("the agent ended with %d", code)
	}
}
