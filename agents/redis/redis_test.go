package redis

import (
	"bufio"
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/agents/ask"
	"plimsoll/agents/batch"
	"plimsoll/internal/metric"
	"plimsoll/internal/peertest"
)

func byName(t testing.TB, samples []metric.Sample) map[string]float64 {
	t.Helper()
	out := map[string]float64{}
	for _, s := range samples {
		key := s.Labels.String()
		if _, twice := out[key]; twice {
			t.Errorf("%s is there twice", key)
		}
		out[key] = s.Value
	}
	return out
}

// sampled asks a server once.
func sampled(t *testing.T, c Config) (map[string]float64, error) {
	t.Helper()
	a, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	samples, err := a.Sample(ctx, time.Unix(1000, 0))
	return byName(t, samples), err
}

func expect(t *testing.T, got, want map[string]float64) {
	t.Helper()
	for key := range want {
		if v, is := got[key]; !is || v != want[key] {
			t.Errorf("%s is %v (there: %v), want %v", key, v, is, want[key])
		}
	}
}

// start starts a server with some options.
func start(t *testing.T, options ...string) (*peertest.Peer, string) {
	t.Helper()
	address := peertest.Address(t)
	_, port, _ := net.SplitHostPort(address)
	p := peertest.Start(t, nil, "redis-server", append([]string{
		"--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", t.TempDir(), "--repl-diskless-sync-delay", "0", "--slowlog-log-slower-than", "-1",
	}, options...)...)
	p.AwaitAddress(t, address)
	return p, address
}

// do has a server carry out a command.
func do(t *testing.T, address string, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	conn, err := ask.Dial(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	return client{conn, bufio.NewReader(conn)}.do(args...)
}

func TestRealRedisAndItsReplica(t *testing.T) {
	master, address := start(t, "--maxmemory", "50mb")
	host, port, _ := net.SplitHostPort(address)
	replica, behind := start(t, "--replicaof", host+" "+port)
	for _, command := range []string{"SET a 1 EX 1000", "GET a", "GET none", "SELECT 3", "SADD a x"} {
		if _, err := do(t, address, strings.Fields(command)...); err != nil && !strings.Contains(err.Error(), "WRONGTYPE") {
			t.Fatal(err)
		}
	}
	var got map[string]float64
	replica.Await(t, "linked to its master", func(context.Context) bool {
		var err error
		if got, err = sampled(t, Config{Address: behind}); err != nil {
			t.Fatal(err)
		}
		return got[`{__name__="redis_master_link_up", master_host="127.0.0.1", master_port="`+port+`"}`] == 1
	})
	got, err := sampled(t, Config{Address: address})
	if err != nil {
		t.Fatal(err)
	}
	expect(t, got, map[string]float64{
		`{__name__="redis_up"}`:                                      1,
		`{__name__="redis_commands_total", cmd="get"}`:               2,
		`{__name__="redis_commands_failed_calls_total", cmd="sadd"}`: 1,
		`{__name__="redis_errors_total", err="WRONGTYPE"}`:           1,
		`{__name__="redis_keyspace_hits_total"}`:                     1,
		`{__name__="redis_keyspace_misses_total"}`:                   1,
		`{__name__="redis_db_keys", db="db0"}`:                       1,
		`{__name__="redis_db_keys_expiring", db="db0"}`:              1,
		`{__name__="redis_memory_max_bytes"}`:                        50 << 20,
		`{__name__="redis_connected_slaves"}`:                        1,
		`{__name__="redis_slowlog_length"}`:                          0,
		`{__name__="redis_rdb_last_bgsave_status"}`:                  1,
	})
	lags := 0
	for key := range got {
		if strings.HasPrefix(key, `{__name__="redis_connected_slave_lag_seconds"`) {
			lags++
		}
	}
	if lags != 1 {
		t.Errorf("the lag of %d replicas is told", lags)
	}
	master.Stop()
	if got, err = sampled(t, Config{Address: address}); err == nil {
		t.Error("no error from a dead server")
	}
	if diff := cmp.Diff(map[string]float64{`{__name__="redis_up"}`: 0}, got); diff != "" {
		t.Error(diff)
	}
}

// acl adds a user that may only ask for information.
func acl(t *testing.T, address string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	conn, err := ask.Dial(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	c := client{conn, bufio.NewReader(conn)}
	for _, command := range []string{"AUTH s3cret", "ACL SETUSER watcher on >s3cret +info"} {
		if _, err := c.do(strings.Fields(command)...); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRealRedisThatAsksWhoItIs(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(secret, []byte("s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, address := start(t, "--requirepass", "s3cret")
	acl(t, address)
	for _, c := range []Config{
		{Address: address, PasswordFile: secret},
		{Address: address, PasswordFile: secret, Username: "watcher"},
	} {
		got, err := sampled(t, c)
		if err != nil || got[`{__name__="redis_up"}`] != 1 {
			t.Errorf("%q: %v, %v", c.Username, err, got)
		}
		if _, is := got[`{__name__="redis_slowlog_length"}`]; is != (c.Username == "") {
			t.Errorf("%q: slow log is there: %v", c.Username, is)
		}
	}
	_, err := sampled(t, Config{Address: address})
	if err == nil || err.Error() != `info: the server refused: "NOAUTH Authentication required."` {
		t.Errorf("without a password: %v", err)
	}
	if err := os.WriteFile(secret, []byte("0ther"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = sampled(t, Config{Address: address, PasswordFile: secret})
	if err == nil || !strings.Contains(err.Error(), "WRONGPASS") || strings.Contains(err.Error(), "0ther") {
		t.Errorf("with a wrong password: %v", err)
	}
}

func captured(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile("testdata/7.0.15-info.txt")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestMetaDescribesAllThatIsTold(t *testing.T) {
	b := new(batch.Names).Batch(time.Unix(1000, 0))
	// What only replicas and set-ups of other kinds tell.
	more := "errorstat_ERR:count=2\r\nslave0:ip=::1,port=1,state=online,offset=3,lag=0\r\nmaster_host:m\r\nmaster_port:1\r\nmaster_link_status:down\r\n" +
		"master_last_io_seconds_ago:-1\r\nmaster_sync_in_progress:0\r\nslave_repl_offset:1\r\nslave_priority:100\r\naof_current_size:1\r\naof_base_size:1\r\n"
	if err := tell(b, captured(t)+more); err != nil {
		t.Fatal(err)
	}
	b.Flag("redis_up", true)
	b.Gauge("redis_slowlog_length", 0)
	ttl := 99948.0 // as the server tells it, in milliseconds
	got := byName(t, b.Samples)
	expect(t, got, map[string]float64{
		`{__name__="redis_master_link_up", master_host="m", master_port="1"}`:                                   0,
		`{__name__="redis_connected_slave_offset_bytes", slave_ip="::1", slave_port="1", slave_state="online"}`: 3,
		`{__name__="redis_db_avg_ttl_seconds", db="db0"}`:                                                       ttl * 1e-3,
		`{__name__="redis_commands_duration_seconds_total", cmd="set"}`:                                         22e-6,
		`{__name__="redis_db_keys", db="db2"}`:                                                                  1,
	})
	told, described := map[string]string{}, map[string]string{}
	for _, s := range b.Samples {
		told[s.Name()] = s.Kind.String()
	}
	for _, m := range Meta() {
		described[m.Name] = m.Type
	}
	if diff := cmp.Diff(described, told); diff != "" {
		t.Errorf("(-described +told):\n%s", diff)
	}
}

func TestRepliesThatAreNone(t *testing.T) {
	for text, want := range map[string]string{
		"":                  "EOF",
		"\r\n":              "an empty line is no reply",
		"HTTP/1.1 400\r\n":  `"HTTP/1.1 400" is no reply`,
		"$x\r\n":            `"x" is no length`,
		"$-2\r\n":           `"-2" is no length`,
		"$99999999999\r\n":  `"99999999999" is no length`,
		"$5\r\nab":          "unexpected EOF",
		"-LOADING wait\r\n": `the server refused: "LOADING wait"`,
	} {
		if _, err := readReply(bufio.NewReader(strings.NewReader(text))); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
	if err := tell(new(batch.Names).Batch(time.Unix(1, 0)), "hello"); err == nil {
		t.Error("another answer is taken for INFO")
	}
}

func FuzzTell(f *testing.F) {
	f.Add(captured(f))
	f.Add("redis_version:1\ndb0:keys\ncmdstat_:=,=\nslave0:\n")
	f.Fuzz(func(_ *testing.T, text string) {
		_ = tell(new(batch.Names).Batch(time.Unix(1, 0)), text)
		_, _ = readReply(bufio.NewReader(strings.NewReader(text)))
	})
}
