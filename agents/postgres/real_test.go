package postgres

import (
	"context"
	"crypto/x509"
	"errors"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

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

// account is who runs the servers: they refuse root.
type account struct{ uid, gid int }

func newAccount(t *testing.T) account {
	t.Helper()
	if os.Geteuid() != 0 {
		return account{os.Geteuid(), os.Getegid()}
	}
	u, err := user.Lookup("nobody")
	if err != nil {
		t.Fatal(err)
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		t.Fatal(err)
	}
	gid, err := strconv.Atoi(u.Gid)
	if err != nil {
		t.Fatal(err)
	}
	return account{uid, gid}
}

// own gives the account all below dir, which it can reach.
func (a account) own(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chown(path, a.uid, a.gid)
	})
	err = errors.Join(err, os.Chmod(dir, 0o700))
	for _, up := range []string{filepath.Dir(dir), filepath.Dir(filepath.Dir(dir))} { // that of the test, and the one of all its directories
		err = errors.Join(err, os.Chmod(up, 0o711)) //nolint:gosec // the account has to pass through
	}
	if err != nil {
		t.Fatal(err)
	}
}

// run has a command run by the account.
func (a account) run(c *exec.Cmd) {
	if c.SysProcAttr == nil {
		c.SysProcAttr = &syscall.SysProcAttr{}
	}
	if os.Geteuid() == 0 {
		c.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)} //nolint:gosec // ids are no larger
	}
	c.Dir = "/"
}

// program finds a program of the newest server that is installed.
func program(t *testing.T, name string) string {
	t.Helper()
	all, err := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if err != nil || len(all) == 0 {
		t.Fatalf("postgresql is not installed: make test installs it (%v)", err)
	}
	return slices.Max(all)
}

// prepared makes a data directory that servers get copies of.
func prepared(t *testing.T, a account) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	a.own(t, dir)
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	c := exec.CommandContext(ctx, program(t, "initdb"), "-D", dir, "-U", "postgres", "--auth-local=trust", "--auth-host=scram-sha-256",
		"--no-sync", "--locale=C", "-E", "UTF8", "--wal-segsize=1")
	a.run(c)
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return dir
}

// instance is a real PostgreSQL.
type instance struct {
	*peertest.Peer
	address, socket string
	authority       string // the file of who signed its certificate
}

// launch starts a server on a copy of data; with a primary it is its standby.
func launch(t *testing.T, a account, data string, primary *instance) *instance {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "d")
	if err := os.CopyFS(dir, os.DirFS(data)); err != nil {
		t.Fatal(err)
	}
	authority := certstest.New(t, dir, "farm", time.Now())
	cert, key := authority.Issue(t, "db")
	s := &instance{address: peertest.Address(t), authority: authority.File}
	_, port, _ := net.SplitHostPort(s.address)
	s.socket = filepath.Join(dir, ".s.PGSQL."+port)
	args := []string{
		"-D", dir, "-p", port, "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=" + dir, "-c", "fsync=off",
		"-c", "shared_buffers=4MB", "-c", "ssl=on", "-c", "ssl_cert_file=" + cert, "-c", "ssl_key_file=" + key, "-c", "wal_retrieve_retry_interval=100ms",
	}
	if primary != nil {
		_, of, _ := net.SplitHostPort(primary.address)
		args = append(args, "-c", "primary_slot_name=s1", "-c", "primary_conninfo=host=127.0.0.1 user=repl password=r application_name=east port="+of)
		if err := os.WriteFile(filepath.Join(dir, "standby.signal"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	a.own(t, dir)
	s.Peer = peertest.Start(t, a.run, program(t, "postgres"), args...)
	s.Await(t, "taking queries", func(ctx context.Context) bool { return s.try(ctx, "SELECT 1") == nil })
	return s
}

// try has the administrator carry out a statement.
func (s *instance) try(ctx context.Context, statement string) error {
	admin, err := New(Config{Address: s.socket, Username: "postgres"})
	if err != nil {
		return err
	}
	db, err := admin.open(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	_, err = ask.Rows(ctx, db, statement)
	return err
}

func (s *instance) do(t *testing.T, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		if err := s.try(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
}

// watcher is the configuration of the role that the documentation has made.
func watcher(t *testing.T, s *instance) Config {
	t.Helper()
	path := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(path, []byte("s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return Config{Address: s.address, PasswordFile: path}
}

const (
	lag     = `{__name__="pg_replication_lag_seconds"}`
	replica = `{__name__="pg_replication_is_replica"}`
	behind  = `{__name__="pg_stat_replication_pg_wal_lsn_diff", application_name="east", client_addr="127.0.0.1", slot_name="s1", state="streaming"}`
)

func TestRealPostgreSQLAndItsStandby(t *testing.T) {
	a := newAccount(t)
	data := prepared(t, a)
	primary := launch(t, a, data, nil)
	primary.do(t, "CREATE ROLE plimsoll LOGIN PASSWORD 's3cret'", "GRANT pg_monitor TO plimsoll", "CREATE DATABASE app",
		"CREATE ROLE repl LOGIN REPLICATION PASSWORD 'r'", "SELECT pg_create_physical_replication_slot('s1')")
	standby := launch(t, a, data, primary)
	c, of := watcher(t, primary), watcher(t, standby)
	var got map[string]float64
	var err error
	primary.Await(t, "followed by its standby", func(context.Context) bool {
		if got, err = sampled(t, c, 10*time.Second); err != nil {
			t.Fatal(err)
		}
		n, is := got[behind]
		return is && n == 0
	})
	expect(t, got, map[string]float64{
		`{__name__="pg_up"}`: 1, lag: 0, replica: 0,
		`{__name__="pg_settings_max_connections"}`:                                100,
		`{__name__="pg_settings_shared_buffers_bytes"}`:                           4 << 20,
		`{__name__="pg_settings_wal_segment_size_bytes"}`:                         1 << 20,
		`{__name__="pg_stat_activity_count", datname="postgres", state="active"}`: 1,
		`{__name__="pg_locks_count", datname="app", mode="accessexclusivelock"}`:  0,
		`{__name__="pg_replication_slots_active", slot_name="s1"}`:                1,
	})
	if got[`{__name__="pg_database_size_bytes", datname="app"}`] < 1<<20 {
		t.Error("the size of a database is missing")
	}
	standby.Await(t, "up to date", func(context.Context) bool {
		got, err := sampled(t, of, 10*time.Second)
		seconds, is := got[lag]
		return err == nil && got[replica] == 1 && is && seconds == 0
	})
	checkDeadline(t, c, primary)
	checkTLS(t, c, primary, standby)
	primary.Stop()
	standby.Await(t, "alone", func(context.Context) bool {
		got, err := sampled(t, of, 10*time.Second)
		return err == nil && got[lag] > 0
	})
	got, err = sampled(t, c, 10*time.Second)
	if diff := cmp.Diff(map[string]float64{`{__name__="pg_up"}`: 0}, got); diff != "" || err == nil {
		t.Errorf("of a dead server: %v %s", err, diff)
	}
}

// checkDeadline asks what takes longer than a tick: it ends, here and there.
func checkDeadline(t *testing.T, c Config, s *instance) {
	t.Helper()
	a, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	db, err := a.open(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	ctx, stop := context.WithTimeout(ctx, 300*time.Millisecond)
	defer stop()
	if _, err := ask.Rows(ctx, db, "SELECT pg_sleep(600)"); err == nil || ctx.Err() == nil {
		t.Errorf("a statement that takes a minute ended with %v, its context with %v", err, ctx.Err())
	}
	s.Await(t, "rid of the statement", func(ctx context.Context) bool {
		return s.try(ctx, "SELECT 1 / (count(*) = 0)::int FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(600)' AND state = 'active'") == nil
	})
}

// checkTLS asks under TLS, a server that another authority vouches for, and with
// another password.
func checkTLS(t *testing.T, c Config, s, other *instance) {
	t.Helper()
	c.TLSCAFile = s.authority
	if got, err := sampled(t, c, 10*time.Second); err != nil || got[`{__name__="pg_up"}`] != 1 {
		t.Errorf("with TLS: %v", err)
	}
	c.TLSCAFile = other.authority
	var unknown x509.UnknownAuthorityError
	if _, err := sampled(t, c, 10*time.Second); !errors.As(err, &unknown) {
		t.Errorf("with another authority: %v", err)
	}
	c = watcher(t, s)
	if err := os.WriteFile(c.PasswordFile, []byte("0ther"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := sampled(t, c, 10*time.Second)
	if err == nil || !strings.Contains(err.Error(), "password authentication failed") || strings.Contains(err.Error(), "0ther") {
		t.Errorf("with a wrong password: %v", err)
	}
}
