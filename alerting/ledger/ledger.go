package ledger

import (
	"context"
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

// A Ledger is an open database. Its methods may be called from many goroutines
// and each end within 10 seconds.
type Ledger struct {
	db *sql.DB
	// identity tells this ledger's messages from those of any other.
	identity string
	// LinkKey is the secret that links in messages are signed with.
	LinkKey []byte
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
	if err := l.write(ctx, func(tx *sql.Tx) error { return shape(ctx, tx) }); err != nil {
		return err
	}
	var key string
	err := l.db.QueryRowContext(ctx, "SELECT (SELECT value FROM meta WHERE key = 'identity'), (SELECT value FROM meta WHERE key = 'link_key')").
		Scan(&l.identity, &key)
	l.LinkKey = []byte(key)
	return err
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
