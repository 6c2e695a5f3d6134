package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"plimsoll/internal/bench/process"
)

const (
	ours       = "plimsoll"
	prometheus = "Prometheus"
)

// server is one that is measured.
type server struct {
	*process.Child
	name, url string
	// rules is the file of its rules, and write makes one of a number of them.
	rules string
	write func(n int) string
}

// start starts both without rules.
func start(o options, dir string) (servers []server, stop func(), err error) {
	stop = func() {
		for _, s := range servers {
			s.Stop(10 * time.Second)
		}
	}
	for _, begin := range []func(options, string) (server, error){startOurs, startPrometheus} {
		s, err := begin(o, dir)
		if err != nil {
			return servers, stop, err
		}
		servers = append(servers, s)
		if err := s.await(); err != nil {
			return servers, stop, err
		}
	}
	return servers, stop, nil
}

// oursConfig keeps a minute-sized archive of each series: what is measured is
// not the disk. The host and the counter daemon stay out of it.
const oursConfig = `storage: {tiers: [{step: 10s, keep: 1h}], max_series: 400000}
collector: {limits: {series: 400000}}
agent: {enabled: false}
listen: {http: %q, udp: "127.0.0.1:0"}
default_rules: false
`

func startOurs(o options, dir string) (server, error) {
	address, err := free()
	if err != nil {
		return server{}, err
	}
	s := server{name: ours, url: "http://" + address, rules: filepath.Join(dir, "plimsoll.yml")}
	head := fmt.Sprintf(oursConfig, address)
	s.write = func(n int) string { return head + oursRules(n) }
	if err := os.WriteFile(s.rules, []byte(head), 0o600); err != nil {
		return s, err
	}
	s.Child, err = process.Start(exec.Command(o.serve, "serve", "-config", s.rules, "-data", filepath.Join(dir, "data")), dir)
	return s, err
}

func startPrometheus(_ options, dir string) (server, error) {
	address, err := free()
	if err != nil {
		return server{}, err
	}
	s := server{name: prometheus, url: "http://" + address, rules: filepath.Join(dir, "rules.yml"), write: theirRules}
	config := filepath.Join(dir, "prometheus.yml")
	if err := os.WriteFile(config, []byte("rule_files: [rules.yml]\n"), 0o600); err != nil {
		return s, err
	}
	if err := os.WriteFile(s.rules, []byte("groups: []\n"), 0o600); err != nil {
		return s, err
	}
	s.Child, err = process.Start(exec.Command("prometheus", "--config.file="+config, "--storage.tsdb.path="+filepath.Join(dir, "tsdb"),
		"--web.listen-address="+address, "--web.enable-remote-write-receiver"), dir)
	return s, err
}

func free() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// await waits until a server answers.
func (s server) await() error {
	for began := time.Now(); time.Since(began) < time.Minute; time.Sleep(100 * time.Millisecond) {
		resp, err := http.Get(s.url + "/-/ready")
		if err != nil {
			continue
		}
		resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			return nil
		}
	}
	return fmt.Errorf("%s does not answer; it said %s", s.name, s.Said())
}

// load gives a running server its rules.
func (s server) load(_ context.Context, o options) error {
	if err := os.WriteFile(s.rules, []byte(s.write(o.rules)), 0o600); err != nil {
		return err
	}
	return syscall.Kill(s.PID(), syscall.SIGHUP)
}

func oursRules(n int) string {
	var b strings.Builder
	b.WriteString("rules:\n")
	for i := range n {
		fmt.Fprintf(&b, "  - {name: Rule%d, expr: 'bench{rule=\"%d\"} > 90', for: 1m, interval: 10s}\n", i, i)
	}
	return b.String()
}

// perGroup is how many rules one group of Prometheus has; groups run side by side.
const perGroup = 100

func theirRules(n int) string {
	var b strings.Builder
	b.WriteString("groups:\n")
	for i := range n {
		if i%perGroup == 0 {
			fmt.Fprintf(&b, "  - name: group%d\n    interval: 10s\n    rules:\n", i/perGroup)
		}
		fmt.Fprintf(&b, "      - {alert: Rule%d, expr: 'bench{rule=\"%d\"} > 90', for: 1m}\n", i, i)
	}
	return b.String()
}

// holds asks a server whether it evaluates all rules, and finds what there is to
// be found: one series of each hundred is beyond its level.
func (s server) holds(ctx context.Context, o options) error {
	var rules struct {
		Data struct {
			Groups []struct{ Rules []struct{ Health string } }
		}
	}
	if err := s.get(ctx, "/api/v1/rules", &rules); err != nil {
		return err
	}
	n := 0
	for _, g := range rules.Data.Groups {
		for _, r := range g.Rules {
			if r.Health == "ok" {
				n++
			}
		}
	}
	var alerts struct{ Data struct{ Alerts []any } }
	if err := s.get(ctx, "/api/v1/alerts", &alerts); err != nil {
		return err
	}
	if n != o.rules || len(alerts.Data.Alerts) != o.series/100 {
		return fmt.Errorf("%d rules are evaluated and %d alerts are there, of %d and %d", n, len(alerts.Data.Alerts), o.rules, o.series/100)
	}
	return nil
}

func (s server) get(ctx context.Context, path string, into any) error {
	at, err := url.JoinPath(s.url, path)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at, http.NoBody)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	return json.Unmarshal(body, into)
}
