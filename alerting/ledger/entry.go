package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"plimsoll/internal/metric"
)

// ErrNoEntry says that there is none of this kind and number that still counts.
var ErrNoEntry = errors.New("there is no such entry, or it is over")

// Entries returns what people decided of one kind and what still counts, by
// number.
func Entries[T any](ctx context.Context, l *Ledger, kind string) (map[int64]T, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	rows, err := l.db.QueryContext(ctx, "SELECT id, value FROM entry WHERE kind = ? AND over = 0", kind)
	if err != nil {
		return nil, fmt.Errorf("read %s entries: %w", kind, err)
	}
	defer func() { _ = rows.Close() }() // Err tells all that Close would
	found := map[int64]T{}
	for rows.Next() {
		var id int64
		var text string
		var value T
		if err := rows.Scan(&id, &text); err != nil {
			return nil, fmt.Errorf("read %s entries: %w", kind, err)
		}
		if err := json.Unmarshal([]byte(text), &value); err != nil {
			return nil, fmt.Errorf("read %s entry %d: %w", kind, id, err)
		}
		found[id] = value
	}
	return found, rows.Err()
}

// AddEntry keeps a value, with a line of the history or nil, and returns its number, which no other ever has.
func (l *Ledger) AddEntry(ctx context.Context, kind string, value any, event *metric.AlertEvent) (id int64, err error) {
	text, err := json.Marshal(value)
	if err != nil {
		return 0, err
	}
	err = l.write(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, "INSERT INTO entry (kind, over, value) VALUES (?, 0, ?)", kind, string(text))
		if err != nil {
			return err
		}
		if id, err = res.LastInsertId(); err == nil {
			_, err = insertEvent(ctx, tx, event)
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("keep a %s entry: %w", kind, err)
	}
	return id, nil
}

// ChangeEntry replaces the value of an entry; with an instant of its end, it
// counts no more. The line of the history may be nil.
func (l *Ledger) ChangeEntry(ctx context.Context, kind string, id int64, value any, over time.Time, event *metric.AlertEvent) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	ended := int64(0)
	if !over.IsZero() {
		ended = over.UnixMilli()
	}
	err = l.write(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, "UPDATE entry SET value = ?, over = ? WHERE kind = ? AND id = ? AND over = 0", string(text), ended, kind, id)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, ErrNoEntry)
		}
		_, err = insertEvent(ctx, tx, event)
		return err
	})
	if err != nil {
		return fmt.Errorf("change %s entry %d: %w", kind, id, err)
	}
	return nil
}
