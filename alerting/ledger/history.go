package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"plimsoll/internal/metric"
)

// insertEvent adds a line to the history and returns its number; 0 for none.
func insertEvent(ctx context.Context, tx *sql.Tx, e *metric.AlertEvent) (int64, error) {
	if e == nil {
		return 0, nil
	}
	text, err := json.Marshal(e)
	if err != nil {
		return 0, err
	}
	res, err := tx.ExecContext(ctx, "INSERT INTO event (at, alert_id, event) VALUES (?, ?, ?)",
		e.At.UnixMilli(), e.AlertID, string(text))
	if err != nil {
		return 0, err
	}
	return res.LastInsertId()
}

// maxLines bounds what History returns.
const maxLines = 10_000

// History returns the newest lines of the history, newest first: limit of them,
// or 10,000 if limit is not between 1 and that.
func (l *Ledger) History(ctx context.Context, limit int) ([]metric.AlertEvent, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if limit < 1 || limit > maxLines {
		limit = maxLines
	}
	events := make([]metric.AlertEvent, 0, 64)
	err := l.each(ctx, "SELECT event FROM event ORDER BY id DESC LIMIT ?", func(text string) error {
		var e metric.AlertEvent
		if err := json.Unmarshal([]byte(text), &e); err != nil {
			return err
		}
		events = append(events, e)
		return nil
	}, limit)
	if err != nil {
		return nil, fmt.Errorf("read history: %w", err)
	}
	return events, nil
}

// Records returns all alerts that are remembered.
func (l *Ledger) Records(ctx context.Context) ([]Record, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var records []Record
	err := l.each(ctx, "SELECT record FROM alert ORDER BY id", func(text string) error {
		var r Record
		if err := json.Unmarshal([]byte(text), &r); err != nil {
			return err
		}
		records = append(records, r)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read alerts: %w", err)
	}
	return records, nil
}

func (l *Ledger) each(ctx context.Context, query string, f func(text string) error, args ...any) error {
	rows, err := l.db.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // Err tells all that Close would
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return err
		}
		if err := f(text); err != nil {
			return err
		}
	}
	return rows.Err()
}

// pruneSQL deletes of each table what is over since ?1, and all but the newest ?2
// of what is over. Deliveries of an alert that is still bad stay: they say who is
// to be told of its end.
const pruneSQL = `
	DELETE FROM event WHERE at < ?1 OR id <= (SELECT id FROM event ORDER BY id DESC LIMIT 1 OFFSET ?2);
	DELETE FROM delivery WHERE status != 'queued'
		AND (queued < ?1 OR id <= (SELECT id FROM delivery WHERE status != 'queued' ORDER BY id DESC LIMIT 1 OFFSET ?2))
		AND NOT EXISTS (SELECT 1 FROM alert WHERE alert.id = alert_id AND alert.episode = delivery.episode);
	DELETE FROM episode WHERE ended != 0
		AND (ended < ?1 OR id <= (SELECT id FROM episode WHERE ended != 0 ORDER BY id DESC LIMIT 1 OFFSET ?2));
	DELETE FROM entry WHERE over != 0
		AND (over < ?1 OR id <= (SELECT id FROM entry WHERE over != 0 ORDER BY id DESC LIMIT 1 OFFSET ?2));`

// Prune bounds the history, what was told, the episodes and the decisions that
// are over: to those since an instant, and to a number of each.
func (l *Ledger) Prune(ctx context.Context, before time.Time, rows int) error {
	err := l.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, pruneSQL, before.UnixMilli(), rows)
		return err
	})
	if err != nil {
		return fmt.Errorf("prune history: %w", err)
	}
	return nil
}
