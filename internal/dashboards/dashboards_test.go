package dashboards

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/agents"
	"plimsoll/agents/host"
	"plimsoll/agents/memcache"
	"plimsoll/agents/mysql"
	"plimsoll/internal/live"
	"plimsoll/internal/metric"
	"plimsoll/internal/peertest"
	"plimsoll/internal/query"
)

const interval = 10 * time.Second

// ticks are how many times an agent is asked.
const ticks = 4

var began = time.Unix(1_700_000_000, 0)

// ask measures with an agent and asks all that a dashboard asks.
func ask(t *testing.T, file, job, instance string, a agents.Agent) {
	t.Helper()
	now := began.Add(ticks * interval)
	window := live.New(live.Config{Span: 10 * time.Minute, MaxSeries: 20_000, Now: func() time.Time { return now }})
	for i := range ticks {
		samples, err := a.Sample(t.Context(), began.Add(time.Duration(i+1)*interval))
		if err != nil {
			t.Fatal(err)
		}
		for j := range samples {
			samples[j].Labels = labels.NewBuilder(samples[j].Labels).Set("job", job).Set("instance", instance).Labels()
		}
		if err := window.Put(t.Context(), samples); err != nil {
			t.Fatal(err)
		}
	}
	engine := query.New(window, query.Default())
	data, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	answered, all := 0, 0
	for line := range strings.Lines(string(data)) {
		expr, reason, excused := strings.Cut(strings.TrimSpace(line), "\t# ")
		all++
		n := series(t, engine, expr, now)
		switch {
		case n > 0:
			answered++
			if excused && !strings.HasPrefix(reason, "where ") {
				t.Errorf("answered after all, though it is said: %s: %s", reason, expr)
			}
		case !excused:
			t.Errorf("not answered: %s", expr)
		}
	}
	t.Logf("%s: %d of %d expressions answered", file, answered, all)
}

// series counts the series of an answer.
func series(t *testing.T, engine *query.Engine, expr string, at time.Time) int {
	t.Helper()
	result, err := engine.Query(t.Context(), metric.Query{Expr: expr, Start: at, End: at})
	if err != nil {
		t.Errorf("%s: %v", expr, err)
		return 0
	}
	return len(result.Series)
}

// TestNodeExporterFull measures the captured host of agents/host, which has sensors
// and batteries that machines of tests lack.
func TestNodeExporterFull(t *testing.T) {
	c := host.Default()
	const captured = "../../agents/host/testdata/"
	c.Proc, c.Sys, c.Textfiles = captured+"proc", captured+"sys", captured+"textfiles"
	a, err := host.New(c)
	if err != nil {
		t.Fatal(err)
	}
	ask(t, "node-exporter-full.txt", "node", "web1", a)
}

func TestMemcached(t *testing.T) {
	address := peertest.Address(t)
	_, port, _ := net.SplitHostPort(address)
	p := peertest.Start(t, nil, "memcached", "-u", "nobody", "-l", "127.0.0.1", "-p", port)
	p.AwaitAddress(t, address)
	use(t, address)
	target, err := memcache.Config{Address: address}.Target("cache1")
	if err != nil {
		t.Fatal(err)
	}
	ask(t, "memcached.txt", "memcached", "cache1:11211", target)
}

// use has a cache store an item and find it.
func use(t *testing.T, address string) {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.Write([]byte("set a 0 0 1\r\nx\r\nget a\r\nget b\r\nquit\r\n")); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 1024)
	for err == nil { // until it closes
		_, err = conn.Read(buf)
	}
}

func TestMySQLOverview(t *testing.T) {
	dir := t.TempDir()
	data, socket := filepath.Join(dir, "data"), filepath.Join(dir, "s")
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	user := "--user=" + os.Getenv("USER")
	if os.Getuid() == 0 {
		user = "--user=root"
	}
	out, err := exec.CommandContext(ctx, peertest.Path(t, "mariadb-install-db"), "--no-defaults", "--datadir="+data, user,
		"--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	p := peertest.Start(t, nil, "mariadbd", "--no-defaults", "--datadir="+data, user, "--skip-networking",
		"--socket="+socket, "--pid-file="+filepath.Join(dir, "pid"), "--innodb-buffer-pool-size=8M")
	p.AwaitAddress(t, socket)
	target, err := mysql.Config{Address: socket, Username: "root"}.Target("db1")
	if err != nil {
		t.Fatal(err)
	}
	ask(t, "mysql-overview.txt", "mysql", "db1:3306", target)
}
