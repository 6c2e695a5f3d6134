package app

import (
	"bufio"
	"bytes"
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"plimsoll/agents"
	"plimsoll/agents/apache"
	"plimsoll/agents/haproxy"
	"plimsoll/agents/memcache"
	"plimsoll/agents/rabbitmq"
	"plimsoll/agents/redis"
	"plimsoll/agents/squid"
	"plimsoll/alerting"
	"plimsoll/alerting/rule"
	"plimsoll/internal/metric"
	"plimsoll/internal/peertest"
	"plimsoll/internal/query"
	"plimsoll/internal/query/querytest"
)

// elsewhere are the names that built-in rules use and that no agent describes:
// what checks and the counter daemon write, and counters that are told once
// there is something to count.
var elsewhere = []string{
	"probe_ssl_earliest_cert_expiry", "plimsoll_counterd_lost_ratio", "http_request_duration_seconds_count",
	"plimsoll_alerting_contact_unreached", "plimsoll_collector_source_refused_samples_total", "plimsoll_rrdstore_disk_full",
}

func TestBuiltInRulesUseNamesThatAreSent(t *testing.T) {
	c := testConfig(t)
	c.Agent.Enabled = true // it describes what it sends
	a := testApp(t, c)
	sent := map[string]bool{}
	for _, m := range a.metadata() {
		sent[m.Name] = true
	}
	for _, name := range elsewhere {
		sent[name] = true
	}
	for _, c := range alerting.DefaultRules() {
		r, err := rule.New(c.WithDefaults())
		if err != nil {
			t.Fatal(err)
		}
		for _, expr := range []string{r.Expr, r.Clear} {
			for _, name := range metricsOf(t, expr) {
				if !sent[name] {
					t.Errorf("%s asks for %s, which nobody sends", c.Name, name)
				}
			}
		}
	}
}

func metricsOf(t *testing.T, expr string) (names []string) {
	t.Helper()
	if expr == "" {
		return nil
	}
	e, err := query.NewParser().ParseExpr(expr)
	if err != nil {
		t.Fatal(err)
	}
	parser.Inspect(e, func(n parser.Node, _ []parser.Node) error {
		if s, is := n.(*parser.VectorSelector); is {
			names = append(names, s.Name)
		}
		return nil
	})
	return names
}

// fixture is what a real server answered, kept by its agent's tests.
func fixture(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../agents", path))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// fixtures serves fixtures by path.
func fixtures(t *testing.T, by map[string]string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := by[r.URL.Path]
		if path == "" {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(fixture(t, path))
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// lines answers commands of a line with fixtures, and ends the connection if
// once is set.
func lines(t *testing.T, once bool, answer func(command string) []byte) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { // ends with the listener
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			for scan := bufio.NewScanner(conn); scan.Scan(); {
				_, _ = conn.Write(answer(strings.TrimSpace(scan.Text())))
				if once {
					break
				}
			}
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return l.Addr().String()
}

func TestBuiltInRulesAreQuietOnHealthyServers(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	shelf := querytest.Shelf{}
	for job, a := range servers(t) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		samples, err := a.Sample(ctx, now)
		cancel()
		if err != nil || len(samples) < 5 {
			t.Errorf("%s: %d samples, %v", job, len(samples), err)
		}
		shelf = append(shelf, lasting(samples, job, now)...)
	}
	shelf = append(shelf, lasting(golden(t), "host", now)...)
	want := map[string][]string{ // what the fixtures show, which are of hosts and farms under test
		"RaidDegraded":       {"md0", "md1"},
		"BondDegraded":       {"bond0"},
		"UnitFailed":         {"backup.service"},
		"HAProxyBackendDown": {"app"},
		"HAProxyServerDown":  {"app/a", "app/b"},
	}
	got := map[string][]string{}
	for _, c := range alerting.DefaultRules() {
		r, err := rule.New(c.WithDefaults())
		if err != nil {
			t.Fatal(err)
		}
		found, err := r.Look(t.Context(), shelf.Engine(), now, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range found {
			got[c.Name] = append(got[c.Name], subject(s.Labels))
		}
		slices.Sort(got[c.Name])
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func subject(lbls map[string]string) string {
	parts := []string{}
	for _, name := range []string{"device", "master", "proxy", "server", "mountpoint", "name"} {
		if lbls[name] != "" {
			parts = append(parts, lbls[name])
		}
	}
	return strings.Join(parts, "/")
}

// servers are agents that ask servers which answer what real ones did.
func servers(t *testing.T) map[string]agents.Agent {
	t.Helper()
	made := map[string]agents.Agent{}
	add := func(c interface {
		Target(string) (agents.Target, error)
	},
	) {
		target, err := c.Target("a")
		if err != nil {
			t.Fatal(err)
		}
		made[target.Name()] = target
	}
	var (
		web    apache.Config
		proxy  squid.Config
		broker rabbitmq.Config
	)
	web.URL = fixtures(t, map[string]string{"/server-status": "apache/testdata/2.4.71-event.txt"}) + "/server-status?auto"
	proxy.URL = fixtures(t, map[string]string{
		"/5min": "squid/testdata/5.7-5min.txt", "/counters": "squid/testdata/5.7-counters.txt", "/info": "squid/testdata/5.7-info.txt",
	})
	broker.URL = fixtures(t, map[string]string{
		"/api/nodes": "rabbitmq/testdata/3.10.8-nodes.json", "/api/overview": "rabbitmq/testdata/3.10.8-overview.json",
		"/api/queues": "rabbitmq/testdata/3.10.8-queues.json",
	})
	add(web)
	add(proxy)
	add(broker)
	add(memcache.Config{Address: lines(t, false, memcached(fixture(t, "memcache/testdata/1.6.18.txt")))})
	add(haproxy.Config{Address: lines(t, true, func(command string) []byte {
		return fixture(t, "haproxy/testdata/2.6.12-"+map[string]string{"show stat": "stat.csv", "show info": "info.txt"}[command])
	})})
	add(redis.Config{Address: redisServer(t)})
	return made
}

// redisServer starts a real one, which ends with the test.
func redisServer(t *testing.T) string {
	t.Helper()
	address := peertest.Address(t)
	_, port, _ := net.SplitHostPort(address)
	p := peertest.Start(t, nil, "redis-server", "--bind", "127.0.0.1", "--port", port, "--dir", t.TempDir(), "--save", "")
	p.AwaitAddress(t, address)
	return address
}

// memcached answers each of the agent's commands with its part of a fixture.
func memcached(text []byte) func(command string) []byte {
	parts := bytes.SplitAfter(text, []byte("END\r\n"))
	order := []string{"stats", "stats settings", "stats slabs", "stats items"}
	return func(command string) []byte { return parts[slices.Index(order, command)] }
}

// golden is what the host agent made of the /proc and /sys of its tests.
func golden(t *testing.T) (samples []metric.Sample) {
	t.Helper()
	for line := range bytes.Lines(fixture(t, "host/testdata/golden.txt")) {
		text, rest, _ := bytes.Cut(bytes.TrimSpace(line), []byte("} "))
		_, value, _ := bytes.Cut(rest, []byte(" "))
		lbls, err := query.NewParser().ParseMetric(string(text) + "}")
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		v, err := strconv.ParseFloat(string(value), 64)
		if err != nil {
			t.Fatal(err)
		}
		samples = append(samples, metric.Sample{Labels: lbls, Value: v})
	}
	return samples
}

// lasting are samples as they would be had nothing changed for half an hour.
func lasting(samples []metric.Sample, job string, now time.Time) (all querytest.Shelf) {
	for _, s := range samples {
		if s.Kind == metric.Timing {
			continue
		}
		lbls := labels.NewBuilder(s.Labels).Set("job", job).Set("instance", job+"1").Labels()
		one := metric.Series{Labels: lbls}
		for m := 30; m >= 0; m-- {
			one.Points = append(one.Points, metric.Point{At: now.Add(-time.Duration(m) * time.Minute).UnixMilli(), Value: s.Value})
		}
		all = append(all, one)
	}
	return all
}
