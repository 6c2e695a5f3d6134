package e2e

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// TestJourney is the way from a sensor to a person: real lines in, a real
// service that fails and comes back, mail and webhook out, and a browser that
// is never reloaded.
func TestJourney(t *testing.T) {
	web := newNginx(t)
	mail, hook := newMailbox(t), newWebhook(t)
	dir := t.TempDir()
	config := writeFile(t, dir, "plimsoll.yml", fmt.Sprintf(`
flush: 2s
contacts:
  - name: ops
    email: {to: [ops@farm.example], from: plimsoll@farm.example, smtp: "%s", tls: none}
    webhook: {url: "%s"}
checks:
  - name: web
    http: {url: "http://%s/", timeout: 2s}
    interval: 2s
    retry_interval: 1s
    max_attempts: 3
    severity: critical
    contacts: [ops]
  - name: port
    tcp: {address: "%s", timeout: 2s}
    interval: 2s
    retry_interval: 1s
    max_attempts: 2
    severity: warning
    contacts: [ops]
rules:
  - name: QueueTooLong
    class: threshold
    expr: queue_length > 100
    clear: queue_length < 50
    for: 2s
    interval: 1s
    severity: warning
    contacts: [ops]
  - name: DiskFilling
    class: resource
    expr: (1 - node_filesystem_avail_bytes / node_filesystem_size_bytes) > on() group_left() disk_limit
    for: 1s
    interval: 1s
    severity: warning
    contacts: [ops]
`, mail.addr, hook.URL, web.addr, web.addr))
	s := serve(t, filepath.Join(dir, "data"), "-config", config)
	b := newBrowser(t)

	t.Run("this host's curves move", func(t *testing.T) {
		b := b.in(t)
		b.open(s.url + "/")
		b.sees(`body[data-ready]`)
		for _, chart := range []string{"CPU", "Load", "Memory", "Disk", "Network"} {
			b.moves(chart)
		}
		host, err := os.Hostname()
		if err != nil {
			t.Fatal(err)
		}
		b.open(s.url + "/host/" + host)
		b.sees("[data-fs]")
		b.moves("CPU")
	})

	t.Run("lines become counters and bands", func(t *testing.T) {
		b := b.in(t)
		b.open(s.url + "/counters")
		nc(t, s.udp, "page_view\n")
		for i := range 40 {
			send(t, s.udp, fmt.Sprintf("db-query:%d\n", 100+10*i))
			send(t, s.udp, fmt.Sprintf("upload:%d|ms", 300+i))
		}
		b.sees(`[data-counter="page_view_total"]`)
		b.sees(`[data-timing="db_query_seconds"]`)
		b.sees(`[data-timing="upload_seconds"]`)
		s.wants(t, "page_view_total", "1")
		s.wants(t, "db_query_seconds_count", "40")
		s.wants(t, "upload_seconds_count", "40")
	})

	b.open(s.url + "/alerts")
	b.sees(`[data-alert-name="web"][data-state="ok"]`)
	b.eval("window.neverReloaded = true", nil)

	t.Run("a stopped service is told, and its recovery, once", func(t *testing.T) {
		b := b.in(t)
		web.stop(t)
		b.sees(`[data-alert-name="web"][data-state="critical"][data-hard="false"]`)
		b.sees(`[data-alert-name="web"][data-state="critical"][data-hard="true"]`)
		mail.wants(t, "web", "CRITICAL")
		hook.wants(t, "web", "problem")
		web.start()
		b.sees(`[data-alert-name="web"][data-state="ok"]`)
		b.sees(`[data-alert-name="port"][data-state="ok"]`)
		mail.wants(t, "web", "RECOVERED")
		hook.wants(t, "web", "recovery")
		hook.wants(t, "port", "recovery")
	})

	t.Run("a threshold passes and clears below its clear level", func(t *testing.T) {
		b := b.in(t)
		send(t, s.udp, "queue_length:200|g")
		b.sees(`[data-alert-name="QueueTooLong"][data-state="warning"][data-hard="true"]`)
		hook.wants(t, "QueueTooLong", "problem")
		send(t, s.udp, "queue_length:70|g") // below the threshold, not yet clear
		s.wants(t, "queue_length", "70")
		b.sees(`[data-alert-name="QueueTooLong"][data-state="warning"]`)
		send(t, s.udp, "queue_length:20|g")
		hook.wants(t, "QueueTooLong", "recovery")
		b.misses(`[data-alert-name="QueueTooLong"][data-state="warning"]`)
	})

	t.Run("a file system runs short and recovers", func(t *testing.T) {
		b := b.in(t)
		send(t, s.udp, "disk_limit:0|g")
		b.sees(`[data-alert-name="DiskFilling"][data-hard="true"]`)
		hook.wants(t, "DiskFilling", "problem")
		send(t, s.udp, "disk_limit:2|g")
		hook.wants(t, "DiskFilling", "recovery")
		b.misses(`[data-alert-name="DiskFilling"][data-state="warning"]`)
	})

	var stayed bool
	b.eval("window.neverReloaded === true", &stayed)
	if !stayed {
		t.Error("the page was reloaded")
	}
	b.quiet()

	// A restart repeats nothing: everyone was told of each problem and of each
	// recovery exactly once.
	before := len(hook.all())
	if code := s.stop(t); code != 0 {
		t.Errorf("exit code %d after SIGTERM", code)
	}
	s = serve(t, s.data, "-config", config)
	eventually(t, "checks run again", func() error {
		got, err := s.query(`probe_success{check="web"} == 1`)
		if err == nil && len(got) != 1 {
			err = fmt.Errorf("got %+v", got)
		}
		return err
	})
	for _, name := range []string{"web", "port", "QueueTooLong"} {
		for _, event := range []string{"problem", "recovery"} {
			if n := hook.count(name, event); n != 1 {
				t.Errorf("%s: %d webhooks say %s, want 1", name, n, event)
			}
		}
	}
	if after := len(hook.all()); after != before {
		t.Errorf("the restart told again: %d webhooks, %d before", after, before)
	}
	if n := mail.count("web", "CRITICAL"); n != 1 {
		t.Errorf("%d mails say that web is down, want 1", n)
	}
	s.wants(t, "page_view_total", "1") // and nothing counted is forgotten
}

// moves waits until the chart has drawn a point newer than the one it has now.
func (b *browser) moves(chart string) {
	b.Helper()
	at := fmt.Sprintf(`Number(document.querySelector('[data-chart=%q]')?.dataset.lastAt ?? 0)`, chart)
	b.wait(at + " > 0")
	var first float64
	b.eval(at, &first)
	b.wait(fmt.Sprintf("%s > %f", at, first))
}

// nc sends text as a shell user would.
func nc(t *testing.T, addr, text string) {
	t.Helper()
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("nc", "-u", "-w0", host, port)
	// From a file, not a pipe: with -w0, nc gives up on a pipe that is not yet
	// filled, about once in fifty times, and sends nothing.
	in, err := os.Open(writeFile(t, t.TempDir(), "lines", text))
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	cmd.Stdin = in
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("nc: %v\n%s", err, out)
	}
}

// send sends one datagram.
func send(t *testing.T, addr, text string) {
	t.Helper()
	conn, err := net.DialTimeout("udp", addr, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
}
