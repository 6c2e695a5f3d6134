package mysql

import (
	"context"
	"crypto/x509"
	"database/sql"
	"errors"
	"maps"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	driver "github.com/go-sql-driver/mysql"
	"github.com/google/go-cmp/cmp"

	"plimsoll/agents/ask"
	"plimsoll/internal/certs/certstest"
	"plimsoll/internal/peertest"
)

// sampled asks a server once.
func sampled(t *testing.T, c Config, timeout time.Duration) (map[string]float64, error) {
	t.Helper()
	a, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	samples, err := a.Sample(ctx, time.Unix(1000, 0))
	return byName(t, samples), err
}

// server is a real MariaDB, and a connection of its administrator.
type server struct {
	*peertest.Peer
	address, socket string
	authority       string // the file of who signed its certificate
	admin           *sql.DB
}

func account(t *testing.T) string {
	t.Helper()
	u, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	return u.Username
}

// prepared makes a data directory that servers get copies of.
func prepared(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, peertest.Path(t, "mariadb-install-db"), "--no-defaults", "--datadir="+dir, "--user="+account(t),
		"--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve", "--innodb-log-file-size=4M").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return dir
}

func start(t *testing.T, data, id string) *server {
	t.Helper()
	dir := filepath.Join(t.TempDir(), id)
	if err := os.CopyFS(dir, os.DirFS(data)); err != nil {
		t.Fatal(err)
	}
	authority := certstest.New(t, t.TempDir(), "farm", time.Now())
	cert, key := authority.Issue(t, "db")
	s := &server{address: peertest.Address(t), socket: filepath.Join(dir, "s"), authority: authority.File}
	_, port, _ := net.SplitHostPort(s.address)
	s.Peer = peertest.Start(t, nil, "mariadbd", "--no-defaults", "--datadir="+dir, "--user="+account(t), "--server-id="+id,
		"--port="+port, "--bind-address=127.0.0.1", "--socket="+s.socket, "--pid-file="+filepath.Join(dir, "pid"), "--log-bin=bin",
		"--skip-name-resolve", "--innodb-log-file-size=4M", "--innodb-buffer-pool-size=8M", "--innodb-flush-log-at-trx-commit=0", "--slave-net-timeout=4", "--ssl-cert="+cert, "--ssl-key="+key)
	s.AwaitAddress(t, s.socket)
	cfg := driver.NewConfig()
	cfg.User, cfg.Net, cfg.Addr, cfg.Logger = "root", "unix", s.socket, &driver.NopLogger{}
	connector, err := driver.NewConnector(cfg)
	if err != nil {
		t.Fatal(err)
	}
	s.admin = sql.OpenDB(connector)
	t.Cleanup(func() { _ = s.admin.Close() })
	return s
}

func (s *server) do(t *testing.T, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		if _, err := s.admin.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// follow has s replicate from another server, under a name.
func (s *server) follow(t *testing.T, name string, other *server) {
	t.Helper()
	host, port, _ := net.SplitHostPort(other.address)
	s.do(t, "CHANGE MASTER '"+name+"' TO master_host='"+host+"', master_port="+port+
		", master_user='repl', master_password='r', master_use_gtid=slave_pos, master_connect_retry=1", "START SLAVE '"+name+"'")
}

const secret = "s3cret"

// watcher is the configuration of the account that the documentation has made.
func watcher(t *testing.T, s *server) Config {
	t.Helper()
	path := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(path, []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return Config{Address: s.address, PasswordFile: path}
}

const (
	behind = `{__name__="mysql_slave_status_seconds_behind_master", connection_name="main", master_host="127.0.0.1"}`
	reads  = `{__name__="mysql_slave_status_slave_io_running", connection_name="main", master_host="127.0.0.1"}`
	writes = `{__name__="mysql_slave_status_slave_sql_running", connection_name="main", master_host="127.0.0.1"}`
)

// awaitReplica asks until it replicates as wanted, and has a lag or none.
func awaitReplica(t *testing.T, s *server, c Config, io, apply float64, lag bool) {
	t.Helper()
	s.Await(t, "replicating as wanted", func(context.Context) bool {
		got, err := sampled(t, c, 10*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		seconds, is := got[behind]
		return got[reads] == io && got[writes] == apply && is == lag && seconds == 0
	})
}

func TestRealMariaDBAndItsReplica(t *testing.T) {
	data := prepared(t)
	primary, replica := start(t, data, "1"), start(t, data, "2")
	primary.do(t, "CREATE USER repl@'127.0.0.1' IDENTIFIED BY 'r'", "GRANT REPLICATION SLAVE ON *.* TO repl@'127.0.0.1'",
		"CREATE USER plimsoll@'127.0.0.1' IDENTIFIED BY '"+secret+"'", "GRANT PROCESS, REPLICATION CLIENT ON *.* TO plimsoll@'127.0.0.1'")
	got, err := sampled(t, watcher(t, primary), 10*time.Second)
	if err == nil || !strings.Contains(err.Error(), "SLAVE MONITOR") {
		t.Errorf("without SLAVE MONITOR: %v", err)
	}
	expect(t, got, map[string]float64{
		`{__name__="mysql_up"}`: 1, `{__name__="mysql_global_status_commands_total", command="grant"}`: 2,
	})
	primary.do(t, "GRANT SLAVE MONITOR ON *.* TO plimsoll@'127.0.0.1'", "CREATE DATABASE app", "CREATE TABLE app.t (id INT) ENGINE=InnoDB")
	replica.follow(t, "main", primary)
	c := watcher(t, replica)
	replica.Await(t, "having the account", func(context.Context) bool {
		_, err := sampled(t, c, 10*time.Second)
		return err == nil
	})
	awaitReplica(t, replica, c, 1, 1, true)
	replica.do(t, "STOP SLAVE 'main'")
	awaitReplica(t, replica, c, 0, 0, false)
	replica.do(t, "START SLAVE 'main'")
	awaitReplica(t, replica, c, 1, 1, true)
	checkDetails(t, watcher(t, primary))
	checkDeadline(t, watcher(t, primary))
	checkTLS(t, primary, replica)
	checkSources(t, replica, c)
	primary.Stop()
	awaitReplica(t, replica, c, 0, 1, false)
	got, err = sampled(t, watcher(t, primary), 10*time.Second)
	if diff := cmp.Diff(map[string]float64{`{__name__="mysql_up"}`: 0}, got); diff != "" || err == nil {
		t.Errorf("of a dead server: %v %s", err, diff)
	}
}

// checkDetails asks for what is told only where it is configured, and is refused
// with another password.
func checkDetails(t *testing.T, c Config) {
	t.Helper()
	c.Processes, c.Tablespaces = true, 50
	got, err := sampled(t, c, 10*time.Second)
	if err != nil {
		t.Error(err)
	}
	if got[`{__name__="mysql_info_schema_innodb_tablespace_file_size_bytes", tablespace_name="app/t"}`] < 16384 {
		t.Errorf("the size of app/t is missing in %v", got)
	}
	const dump = `{__name__="mysql_info_schema_processlist_threads", command="binlog_dump"`
	if !slices.ContainsFunc(slices.Collect(maps.Keys(got)), func(key string) bool { return strings.HasPrefix(key, dump) }) {
		t.Errorf("the replica's thread is missing in %v", got)
	}
	if err := os.WriteFile(c.PasswordFile, []byte("0ther"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = sampled(t, c, 10*time.Second)
	if err == nil || !strings.Contains(err.Error(), "Access denied") || strings.Contains(err.Error(), "0ther") {
		t.Errorf("with a wrong password: %v", err)
	}
}

// checkDeadline asks what takes longer than a tick.
func checkDeadline(t *testing.T, c Config) {
	t.Helper()
	a, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	db, err := a.open(&lastWord{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := ask.Rows(ctx, db, "SELECT SLEEP(60)"); err == nil || ctx.Err() == nil {
		t.Errorf("a statement that takes a minute ended with %v, its context with %v", err, ctx.Err())
	}
}

// checkTLS asks under TLS, and a server that another authority vouches for.
func checkTLS(t *testing.T, s, other *server) {
	t.Helper()
	c := watcher(t, s)
	s.do(t, "ALTER USER plimsoll@'127.0.0.1' REQUIRE SSL")
	if _, err := sampled(t, c, 10*time.Second); err == nil || !strings.Contains(err.Error(), "Access denied") {
		t.Errorf("without TLS: %v", err)
	}
	c.TLSCAFile = s.authority
	if got, err := sampled(t, c, 10*time.Second); err != nil || got[`{__name__="mysql_up"}`] != 1 {
		t.Errorf("with TLS: %v", err)
	}
	c.TLSCAFile = other.authority
	var unknown x509.UnknownAuthorityError
	if _, err := sampled(t, c, 10*time.Second); !errors.As(err, &unknown) {
		t.Errorf("with another authority: %v", err)
	}
	s.do(t, "ALTER USER plimsoll@'127.0.0.1' REQUIRE NONE")
}

// checkSources adds a second source, which is not there.
func checkSources(t *testing.T, replica *server, c Config) {
	t.Helper()
	nobody := &server{address: peertest.Address(t)}
	replica.follow(t, "second", nobody)
	got, err := sampled(t, c, 10*time.Second)
	if err != nil {
		t.Error(err)
	}
	expect(t, got, map[string]float64{reads: 1, strings.Replace(reads, "main", "second", 1): 0})
	if _, is := got[strings.Replace(behind, "main", "second", 1)]; is {
		t.Error("a source that never answered has a lag")
	}
}
