package ask

import (
	"context"
	"crypto/x509"
	"database/sql"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
)

// maxRows bounds the rows of one answer.
const maxRows = 5000

// Rows asks a database and returns the rows by their columns' names in lower
// case. What is NULL is not there. More than 5000 rows are an error.
func Rows(ctx context.Context, db *sql.DB, statement string) ([]map[string]string, error) {
	statement = strings.TrimSpace(statement)
	rows, err := db.QueryContext(ctx, statement)
	if err != nil {
		return nil, fmt.Errorf("%.40q: %w", statement, err)
	}
	defer func() { _ = rows.Close() }()
	all, err := read(rows)
	if err != nil {
		return nil, fmt.Errorf("%.40q: %w", statement, err)
	}
	return all, nil
}

func read(rows *sql.Rows) ([]map[string]string, error) {
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	values := make([]sql.NullString, len(columns))
	places := make([]any, len(columns))
	for i := range values {
		columns[i] = strings.ToLower(columns[i])
		places[i] = &values[i]
	}
	var all []map[string]string
	for rows.Next() {
		if len(all) == maxRows {
			return nil, fmt.Errorf("%w: over %d rows", ErrTooLong, maxRows)
		}
		if err := rows.Scan(places...); err != nil {
			return nil, err
		}
		row := make(map[string]string, len(columns))
		for i, v := range values {
			if v.Valid {
				row[columns[i]] = v.String
			}
		}
		all = append(all, row)
	}
	return all, rows.Err()
}

// Limit returns conn, of which no more than limit bytes are read.
func Limit(conn net.Conn, limit int64) net.Conn {
	return &limited{Conn: conn, in: io.LimitReader(conn, limit)}
}

type limited struct {
	net.Conn
	in io.Reader
}

// Read implements net.Conn.
func (l *limited) Read(p []byte) (int, error) { return l.in.Read(p) }

// Roots reads the certificates by which a server's is judged.
func Roots(path string) (*x509.CertPool, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s holds no certificate", path)
	}
	return pool, nil
}
