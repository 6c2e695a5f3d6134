package main

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"plimsoll/collector"
	"plimsoll/internal/metric"
)

// sink remembers samples by name and says when a round has come.
type sink struct {
	mu     sync.Mutex
	by     map[string][]metric.Sample
	rounds chan struct{} // one token for each round of the host
}

func (s *sink) Put(_ context.Context, samples []metric.Sample) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range samples {
		s.by[m.Name()] = append(s.by[m.Name()], m)
		if m.Name() == "node_load1" {
			s.rounds <- struct{}{}
		}
	}
	return nil
}

// binary builds the program as it is shipped and returns its path.
func binary(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "plimsoll-agent")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", path, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}

func TestBinaryPushesThisHost(t *testing.T) {
	stored := &sink{by: map[string][]metric.Sample{}, rounds: make(chan struct{}, 100)}
	cfg := collector.Default()
	cfg.Dir, cfg.Sink = t.TempDir(), stored
	c, err := collector.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/v1/write", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer secret" {
			http.Error(w, "who are you?", http.StatusUnauthorized)
			return
		}
		c.Handler().ServeHTTP(w, r)
	})
	srv := httptest.NewServer(mux)
	defer srv.Close()

	program := binary(t) // before the deadline: the compiler may take its time
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, program, "-server", srv.URL, "-interval", "1s", "-instance", "web1", "-token-file", token)
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		select {
		case <-stored.rounds:
		case <-ctx.Done():
			t.Fatalf("no round came: %s", stderr.String())
		}
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("stopped with %v: %s", err, stderr.String())
	}
	check(t, stored)
	if h := c.Hosts(); len(h) != 1 || h[0].Instance != "web1" || h[0].Job != "node" || h[0].IntervalSeconds != 1 || !h[0].Up {
		t.Errorf("hosts are %+v", h)
	}
}

func TestBinaryKeepsSamplesWhileServerIsAway(t *testing.T) {
	stored := &sink{by: map[string][]metric.Sample{}, rounds: make(chan struct{}, 100)}
	cfg := collector.Default()
	cfg.Sink = stored
	c, err := collector.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	var requests atomic.Int32
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if requests.Add(1) <= 6 {
			http.Error(w, "away", http.StatusServiceUnavailable)
			return
		}
		c.Handler().ServeHTTP(w, r)
	}))
	defer srv.Close()
	program := binary(t) // before the deadline: the compiler may take its time
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, "-server", srv.URL, "-interval", "1s", "-instance", "web1")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		select {
		case <-stored.rounds:
		case <-ctx.Done():
			t.Fatal("no round came")
		}
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	stored.mu.Lock()
	defer stored.mu.Unlock()
	loads := stored.by["node_load1"]
	if len(loads) < 3 {
		t.Fatalf("%d rounds of an outage of two intervals or more", len(loads))
	}
	for i := range loads[1:] {
		if loads[i+1].At-loads[i].At != 1000 {
			t.Errorf("round %d is stamped %d ms after the one before", i+1, loads[i+1].At-loads[i].At)
		}
	}
}

// check looks for the series of a host, with their kinds, labels and stamps.
func check(t *testing.T, stored *sink) {
	t.Helper()
	stored.mu.Lock()
	defer stored.mu.Unlock()
	for name, kind := range map[string]metric.Kind{
		"node_cpu_seconds_total": metric.Counter, "node_load1": metric.Gauge,
		"node_memory_MemAvailable_bytes": metric.Gauge, "node_disk_read_bytes_total": metric.Counter,
		"node_filesystem_avail_bytes": metric.Gauge, "node_network_receive_bytes_total": metric.Counter,
		"node_vmstat_pgfault": metric.Counter, "plimsoll_agent_success": metric.Gauge,
	} {
		samples := stored.by[name]
		if len(samples) < 2 {
			t.Errorf("%d samples of %s", len(samples), name)
			continue
		}
		for _, s := range samples {
			if s.Kind != kind || s.Labels.Get("instance") != "web1" || s.At%1000 != 0 {
				t.Errorf("%s of kind %s at %d", s.Labels, s.Kind, s.At)
			}
		}
	}
}

func TestFlags(t *testing.T) {
	for _, test := range []struct {
		args   string
		code   int
		stdout string
		stderr string
	}{
		{"-h", exitGood, "Examples:", ""},
		{"--help", exitGood, "Examples:", ""},
		{"-version", exitGood, "plimsoll-agent ", ""},
		{"-bogus", exitWrong, "", "-bogus"},
		{"surplus", exitWrong, "", `"surplus"`},
		{"-interval 1", exitWrong, "", "interval"},
		{"-interval 1ms", exitWrong, "", "interval: 1ms is not a whole number of seconds"},
		{"-server localhost:8680", exitWrong, "", "collectors[0]:"},
		{"test surplus surplus", exitWrong, "", `"surplus"`},
		{"test no-such-target", exitFailed, "", `"no-such-target"`},
		{"top -n 3 -by memory", exitGood, "COMMAND", ""},
		{"top -by luck", exitWrong, "", `-by "luck": want cpu or memory`},
		{"top -n 0", exitWrong, "", "-n 0"},
		{"check-config", exitWrong, "", "one file wanted"},
		{"-config /nonexistent", exitWrong, "", "/nonexistent"},
	} {
		var stdout, stderr bytes.Buffer
		code := run(t.Context(), strings.Fields(test.args), &stdout, &stderr)
		if code != test.code || !strings.Contains(stdout.String(), test.stdout) || !strings.Contains(stderr.String(), test.stderr) {
			t.Errorf("%s: exit code %d, %q, %q", test.args, code, stdout.String(), stderr.String())
		}
	}
}

// TestLinksNoEngine keeps the agent small. Prometheus' own parser of expositions
// links gogo/protobuf, half a megabyte of it: the price of reading what every
// exporter writes as Prometheus does.
func TestLinksNoEngine(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for dep := range strings.Lines(string(out)) {
		for _, unwanted := range []string{"/promql", "sqlite", "ziutek/rrd", "prometheus/tsdb"} {
			if strings.Contains(dep, unwanted) {
				t.Errorf("links %s", dep)
			}
		}
	}
}
