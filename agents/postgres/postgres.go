package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/lib/pq"

	"plimsoll/agents"
	"plimsoll/agents/ask"
	"plimsoll/agents/batch"
	"plimsoll/internal/metric"
)

const (
	// maxRead bounds what one tick reads: some 100 kB with a dozen databases.
	maxRead = 16 << 20
	// slowly is how often questions that cost much are asked.
	slowly = 5 * time.Minute
	// margin is how long before the tick's deadline statements end: the driver asks
	// the server to stop one only while the connection is still there.
	margin = 50 * time.Millisecond
)

// Config is one PostgreSQL.
type Config struct {
	agents.Options `yaml:",inline"`
	// Address is host:port, or the path of a unix socket, such as
	// /run/postgresql/.s.PGSQL.5432; empty: 127.0.0.1:5432.
	Address string `yaml:"address"`
	// Database is the one to connect to; empty: postgres.
	Database string `yaml:"database"`
	// Username is that of the role; empty: plimsoll.
	Username string `yaml:"username"`
	// PasswordFile holds the password; it is read at each tick. Empty: none.
	PasswordFile string `yaml:"password_file"`
	// TLSCAFile holds the certificates by which the server's is judged; it makes
	// TLS a must.
	TLSCAFile string `yaml:"tls_ca_file"`
}

func (c Config) withDefaults() Config {
	if c.Address == "" {
		c.Address = "127.0.0.1:5432"
	}
	if c.Database == "" {
		c.Database = "postgres"
	}
	if c.Username == "" {
		c.Username = "plimsoll"
	}
	return c
}

// Validate reports all that is wrong with the configuration. It reads no files.
func (c Config) Validate() error {
	c = c.withDefaults()
	errs := []error{c.Options.Validate(), agents.CheckAddress("address", c.Address)}
	if c.TLSCAFile != "" && strings.HasPrefix(c.Address, "/") {
		errs = append(errs, errors.New("tls_ca_file: a unix socket has no TLS"))
	}
	return errors.Join(errs...)
}

// Target makes the target, asked from the host of that name.
func (c Config) Target(host string) (agents.Target, error) {
	c = c.withDefaults()
	a, err := New(c)
	return agents.Target{Agent: a, Options: c.Named("postgres", c.Address, host)}, err
}

// Agent asks one server.
type Agent struct {
	cfg   Config
	names batch.Names
	// slow are the answers to questions that are asked slowly, as they were at the
	// tick slowAt.
	slow   answers
	slowAt time.Time
}

// New returns an agent that asks nothing before Sample.
func New(c Config) (*Agent, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return &Agent{cfg: c.withDefaults()}, nil
}

// Name implements agents.Agent.
func (*Agent) Name() string { return "postgres" }

// Sample implements agents.Agent.
func (a *Agent) Sample(ctx context.Context, at time.Time) ([]metric.Sample, error) {
	b := a.names.Batch(at)
	got, err := a.fetch(ctx, at)
	b.Flag("pg_up", got != nil)
	err = errors.Join(err, tell(b, got))
	return b.Samples, err
}

// answers are rows by the name of the question.
type answers map[string][]map[string]string

// fetch asks all questions. What could be asked is returned with an error too;
// nil: the server cannot be asked.
func (a *Agent) fetch(ctx context.Context, at time.Time) (answers, error) {
	db, err := a.open(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = db.Close() }()
	ctx, cancel := early(ctx)
	defer cancel()
	rows, err := ask.Rows(ctx, db, "SHOW server_version_num")
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	version, err := strconv.Atoi(rows[0]["server_version_num"])
	if err != nil {
		return nil, fmt.Errorf("server_version_num: %w", err)
	}
	due := a.slowAt.IsZero() || at.Sub(a.slowAt) >= slowly
	got := answers{}
	var errs []error
	for _, q := range questions() {
		if version < q.since || q.slow && !due {
			continue
		}
		rows, err := ask.Rows(ctx, db, q.statement)
		errs = append(errs, err)
		got[q.name] = rows
	}
	a.remember(got, at, due)
	return got, errors.Join(errs...)
}

// remember keeps the answers to slow questions where they were due, and adds them
// where they were not.
func (a *Agent) remember(got answers, at time.Time, due bool) {
	if due {
		a.slow, a.slowAt = answers{}, at
	}
	for _, q := range questions() {
		switch {
		case q.slow && due:
			a.slow[q.name] = got[q.name]
		case q.slow:
			got[q.name] = a.slow[q.name]
		}
	}
}

// early ends a moment before ctx does.
func early(ctx context.Context) (context.Context, context.CancelFunc) {
	if deadline, is := ctx.Deadline(); is {
		return context.WithDeadline(ctx, deadline.Add(-margin))
	}
	return context.WithCancel(ctx)
}

// open prepares a connection that ends with ctx; it is made by the first
// statement.
func (a *Agent) open(ctx context.Context) (*sql.DB, error) {
	cfg := pq.Config{
		User: a.cfg.Username, Database: a.cfg.Database, ApplicationName: "plimsoll", SSLMode: pq.SSLModeDisable,
	}
	if host, _, err := net.SplitHostPort(a.cfg.Address); err == nil { // else a unix socket
		cfg.Host = host
	}
	if a.cfg.TLSCAFile != "" {
		cfg.SSLMode, cfg.SSLRootCert, cfg.SSLSNI = pq.SSLModeVerifyFull, a.cfg.TLSCAFile, true
	}
	if a.cfg.PasswordFile != "" {
		password, err := ask.Secret(a.cfg.PasswordFile)
		if err != nil {
			return nil, err
		}
		cfg.Password = password
	}
	connector, err := pq.NewConnectorConfig(cfg)
	if err != nil {
		return nil, err
	}
	var dialed atomic.Bool
	connector.Dialer(dialer(func(own context.Context) (net.Conn, error) {
		if dialed.Swap(true) { // a request to stop a statement, which lasts longer than its context
			return ask.Dial(own, a.cfg.Address)
		}
		conn, err := ask.Dial(ctx, a.cfg.Address)
		if err != nil {
			return nil, err
		}
		return ask.Limit(conn, maxRead), nil
	}))
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(1)
	return db, nil
}

// dialer connects to one address, whatever the driver says.
type dialer func(ctx context.Context) (net.Conn, error)

// DialContext implements pq.DialerContext: the driver uses no other method.
func (d dialer) DialContext(ctx context.Context, _, _ string) (net.Conn, error) { return d(ctx) }

// Dial implements pq.Dialer.
func (d dialer) Dial(_, _ string) (net.Conn, error) { return d(context.Background()) }

// DialTimeout implements pq.Dialer.
func (d dialer) DialTimeout(_, _ string, _ time.Duration) (net.Conn, error) {
	return d(context.Background())
}
