package ledger

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// FileName is the database within its directory.
const FileName = "alerting.db"

const schema = `
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS alert (
	id      TEXT PRIMARY KEY,
	source  TEXT NOT NULL,          -- the check or rule: check/NAME, rule/NAME, passive/NAME/HASH
	episode INTEGER NOT NULL,       -- of the present or last problem, 0: none
	record  TEXT NOT NULL           -- JSON
) STRICT;
CREATE TABLE IF NOT EXISTS event (
	id       INTEGER PRIMARY KEY AUTOINCREMENT,
	at       INTEGER NOT NULL,      -- Unix milliseconds, as all times here
	alert_id TEXT NOT NULL,
	event    TEXT NOT NULL          -- JSON
) STRICT;
CREATE TABLE IF NOT EXISTS delivery (
	id       INTEGER PRIMARY KEY AUTOINCREMENT,
	alert_id TEXT NOT NULL,
	episode  INTEGER NOT NULL,
	event    TEXT NOT NULL CHECK (event IN ('problem', 'recovery')), -- begin or end, of whatever kind
	contact  TEXT NOT NULL,
	route    TEXT NOT NULL,
	message  TEXT NOT NULL,         -- JSON
	status   TEXT NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'sent', 'failed', 'dropped')),
	attempts INTEGER NOT NULL DEFAULT 0,
	queued   INTEGER NOT NULL,
	due      INTEGER NOT NULL,      -- not to be tried before
	error    TEXT NOT NULL DEFAULT '',
	UNIQUE (alert_id, episode, event, contact, route)
) STRICT;
CREATE TABLE IF NOT EXISTS happening (
	id   INTEGER PRIMARY KEY AUTOINCREMENT,
	at   INTEGER NOT NULL,
	same TEXT NOT NULL,             -- equal for what is the same thing told again; '': nothing is
	event TEXT NOT NULL             -- JSON
) STRICT;
CREATE INDEX IF NOT EXISTS happening_at ON happening (at, id);
CREATE INDEX IF NOT EXISTS happening_same ON happening (same, id) WHERE same != '';
CREATE INDEX IF NOT EXISTS delivery_queued ON delivery (contact, id) WHERE status = 'queued';
`

// A Ledger is an open database. Its methods may be called from many goroutines
// and each end within 10 seconds.
type Ledger struct {
	db *sql.DB
	// identity tells this ledger's messages from those of any other.
	identity string
	// SetAside is where an unreadable database was renamed to, or "".
	SetAside string
}

// timeout bounds every operation.
const timeout = 10 * time.Second

// Open opens the ledger in dir, or begins one.
func Open(dir string, now time.Time) (*Ledger, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, FileName)
	l, err := open(path)
	if err == nil || !damaged(err) {
		return l, err
	}
	aside, err := setAside(path, now)
	if err != nil {
		return nil, fmt.Errorf("set aside damaged %s: %w", path, err)
	}
	if l, err = open(path); err == nil {
		l.SetAside = aside
	}
	return l, err
}

func open(path string) (*Ledger, error) {
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", OmitHost: true, Path: path}).String()+
		"?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_txlock=immediate")
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	db.SetMaxOpenConns(1) // SQLite has one writer; a queue here is fairer than SQLITE_BUSY
	l := &Ledger{db: db}
	if err := l.prepare(); err != nil {
		return nil, fmt.Errorf("open %s: %w", path, errors.Join(err, db.Close()))
	}
	return l, nil
}

var errDamaged = errors.New("database is damaged")

func (l *Ledger) prepare() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var verdict string
	if err := l.db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return err
	}
	if verdict != "ok" {
		return fmt.Errorf("%w: %s", errDamaged, verdict)
	}
	if _, err := l.db.ExecContext(ctx, schema); err != nil {
		return err
	}
	if _, err := l.db.ExecContext(ctx, "INSERT OR IGNORE INTO meta VALUES ('identity', ?), ('format', '1')",
		rand.Text()[:12]); err != nil {
		return err
	}
	var format string
	if err := l.db.QueryRowContext(ctx, "SELECT value FROM meta WHERE key = 'format'").Scan(&format); err != nil {
		return err
	}
	if format != "1" {
		return fmt.Errorf("format %q is not known; a newer version wrote it", format)
	}
	return l.db.QueryRowContext(ctx, "SELECT value FROM meta WHERE key = 'identity'").Scan(&l.identity)
}

func damaged(err error) bool {
	var e *sqlite.Error
	if errors.As(err, &e) {
		code := e.Code() & 0xff // the primary result code
		return code == sqlite3.SQLITE_CORRUPT || code == sqlite3.SQLITE_NOTADB
	}
	return errors.Is(err, errDamaged)
}

// setAside renames the database and the files SQLite keeps beside it.
func setAside(path string, now time.Time) (string, error) {
	aside := fmt.Sprintf("%s.damaged-%d", path, now.UnixMilli())
	for _, suffix := range []string{"-wal", "-shm", ""} {
		if err := os.Rename(path+suffix, aside+suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			return "", err
		}
	}
	return aside, nil
}

// Close closes the database.
func (l *Ledger) Close() error { return l.db.Close() }

// write runs f in one transaction.
func (l *Ledger) write(ctx context.Context, f func(*sql.Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	tx, err := l.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}
