package mysql

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// pairs asks for rows of a name and a value, names in lower case.
func pairs(ctx context.Context, db *sql.DB, statement string) (row, error) {
	all, err := query(ctx, db, statement)
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

// query asks for rows.
func query(ctx context.Context, db *sql.DB, statement string) ([]row, error) {
	rows, err := db.QueryContext(ctx, statement)
	if err != nil {
		return nil, fmt.Errorf("%.30s: %w", statement, err)
	}
	defer func() { _ = rows.Close() }()
	all, err := read(rows)
	if err != nil {
		return nil, fmt.Errorf("%.30s: %w", statement, err)
	}
	return all, nil
}

func read(rows *sql.Rows) ([]row, error) {
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
	var all []row
	for rows.Next() {
		if len(all) == maxRows {
			return nil, fmt.Errorf("more than %d rows", maxRows)
		}
		if err := rows.Scan(places...); err != nil {
			return nil, err
		}
		r := make(row, len(columns))
		for i, v := range values {
			if v.Valid {
				r[columns[i]] = v.String
			}
		}
		all = append(all, r)
	}
	return all, rows.Err()
}
