package mysql

import (
	"context"
	"crypto/tls"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	driver "github.com/go-sql-driver/mysql"

	"plimsoll/agents/ask"
)

const (
	// maxRead bounds what one tick reads: some 60 kB, and the InnoDB status,
	// which is at most 1 MB.
	maxRead = 16 << 20
	// maxProcesses bounds the pairs of command and state.
	maxProcesses = 60
	// spacesEvery is how often the tablespaces are asked for.
	spacesEvery = 10 * time.Minute
)

// row is a row as ask.Rows returns it. What is NULL is not there.
type row = map[string]string

// pairs asks for rows of a name and a value, and returns these by the name in
// lower case.
func pairs(ctx context.Context, db *sql.DB, statement string) (row, error) {
	all, err := ask.Rows(ctx, db, statement)
	if err != nil {
		return nil, err
	}
	out := make(row, len(all))
	for _, r := range all {
		if value, is := r["value"]; is {
			out[strings.ToLower(r["variable_name"])] = value
		}
	}
	return out, nil
}

// answers are what a server told at one tick.
type answers struct {
	status, variables           row // one value each
	innodb                      string
	replicas, processes, spaces []row
}

// fetch asks all. What could be asked is returned with an error too.
func (a *Agent) fetch(ctx context.Context, at time.Time) (answers, error) {
	var got answers
	said := &lastWord{}
	db, err := a.open(said)
	if err != nil {
		return got, err
	}
	defer func() { _ = db.Close() }()
	got, err = a.read(ctx, db, at)
	return got, said.explain(err)
}

func (a *Agent) read(ctx context.Context, db *sql.DB, at time.Time) (got answers, err error) {
	if got.status, err = pairs(ctx, db, "SHOW GLOBAL STATUS"); err != nil {
		return got, err
	}
	if got.variables, err = pairs(ctx, db, "SHOW GLOBAL VARIABLES"); err != nil {
		return got, err
	}
	version := got.variables["version"]
	var errs []error
	rows := func(statement string) []row {
		all, err := ask.Rows(ctx, db, statement)
		errs = append(errs, err)
		return all
	}
	got.replicas = rows(replication(version))
	if all := rows("SHOW ENGINE INNODB STATUS"); len(all) > 0 {
		got.innodb = all[0]["status"]
	}
	if a.cfg.Processes {
		got.processes = rows(fmt.Sprintf("SELECT command, state, COUNT(*) AS threads, SUM(time) AS seconds "+
			"FROM information_schema.processlist GROUP BY command, state ORDER BY threads DESC LIMIT %d", maxProcesses))
	}
	if a.cfg.Tablespaces > 0 && (a.spacesAt.IsZero() || at.Sub(a.spacesAt) >= spacesEvery) {
		a.spaces, a.spacesAt = rows(tablespaces(version, a.cfg.Tablespaces)), at
	}
	got.spaces = a.spaces
	return got, errors.Join(errs...)
}

// isMariaDB judges by the version, such as 10.11.19-MariaDB-0+deb12u1-log.
func isMariaDB(version string) bool { return strings.Contains(version, "MariaDB") }

// number3 finds the three numbers a version begins with.
var number3 = regexp.MustCompile(`^(\d+)\.(\d+)\.(\d+)`)

// replication is the statement that shows the state of replication.
func replication(version string) string {
	if isMariaDB(version) {
		return "SHOW ALL SLAVES STATUS"
	}
	m := number3.FindStringSubmatch(version)
	if m == nil {
		return "SHOW SLAVE STATUS"
	}
	n := 0
	for _, part := range m[1:] {
		v, _ := strconv.Atoi(part) // digits; what overflows is new
		n = n*1000 + min(v, 999)
	}
	if n >= 8_000_022 {
		return "SHOW REPLICA STATUS"
	}
	return "SHOW SLAVE STATUS"
}

// tablespaces is the statement that lists the largest ones.
func tablespaces(version string, limit int) string {
	table := "INNODB_TABLESPACES"
	if isMariaDB(version) {
		table = "INNODB_SYS_TABLESPACES"
	}
	return fmt.Sprintf("SELECT name, file_size, allocated_size FROM information_schema.%s ORDER BY file_size DESC LIMIT %d", table, limit)
}

// open prepares a connection; it is made by the first statement.
func (a *Agent) open(said *lastWord) (*sql.DB, error) {
	cfg := driver.NewConfig()
	cfg.User, cfg.Net, cfg.Addr = a.cfg.Username, "tcp", a.cfg.Address
	if strings.HasPrefix(a.cfg.Address, "/") {
		cfg.Net = "unix" // else the driver adds a port to the path
	}
	cfg.Logger = said
	cfg.DialFunc = func(ctx context.Context, _, address string) (net.Conn, error) {
		conn, err := ask.Dial(ctx, address)
		if err != nil {
			return nil, err
		}
		return ask.Limit(conn, maxRead), nil
	}
	if a.cfg.PasswordFile != "" {
		password, err := ask.Secret(a.cfg.PasswordFile)
		if err != nil {
			return nil, err
		}
		cfg.Passwd = password
	}
	if err := trust(cfg, a.cfg.TLSCAFile); err != nil {
		return nil, err
	}
	connector, err := driver.NewConnector(cfg)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(1)
	return db, nil
}

// lastWord is what the driver said last: of a connection that broke it returns
// only that it is invalid, and logs why.
type lastWord struct {
	mu   sync.Mutex // guards text, since the driver watches contexts beside
	text string
}

// Print implements the driver's Logger. What comes before the last word is the
// driver's line.
func (l *lastWord) Print(v ...any) {
	if len(v) == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = strings.TrimSpace(fmt.Sprint(v[len(v)-1]))
}

// explain adds the reason to the error of a broken connection.
func (l *lastWord) explain(err error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.text == "" || !errors.Is(err, driver.ErrInvalidConn) {
		return err
	}
	return fmt.Errorf("%w: %s", err, l.text)
}

// trust has the server's certificate judged by those of a file.
func trust(cfg *driver.Config, path string) error {
	if path == "" {
		return nil
	}
	pool, err := ask.Roots(path)
	if err != nil {
		return fmt.Errorf("tls_ca_file: %w", err)
	}
	host, _, err := net.SplitHostPort(cfg.Addr)
	cfg.TLS = &tls.Config{RootCAs: pool, ServerName: host}
	return err
}
