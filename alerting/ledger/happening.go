package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
)

// maxHappenings bounds what Happenings returns, and pageRows what it reads at
// a time: the one connection is free for the engine in between.
const (
	maxHappenings = 10_000
	pageRows      = 500
)

// PutHappenings keeps events, all or none. One whose Key, title and type are
// those of an event at most within before or after it is only counted there.
func (l *Ledger) PutHappenings(ctx context.Context, events []metric.Event, within time.Duration) error {
	err := l.write(ctx, func(tx *sql.Tx) error {
		for _, e := range events {
			if err := putHappening(ctx, tx, e, within); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("keep %d events: %w", len(events), err)
	}
	return nil
}

func putHappening(ctx context.Context, tx *sql.Tx, e metric.Event, within time.Duration) error {
	same := sameness(e)
	if same != "" {
		repeated, err := repeat(ctx, tx, e, same, within)
		if repeated || err != nil {
			return err
		}
	}
	text, err := json.Marshal(e)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO happening (at, same, event) VALUES (?, ?, ?)", e.At.UnixMilli(), same, string(text))
	return err
}

// sameness is equal for events that are the same thing told again.
func sameness(e metric.Event) string {
	if e.Key == "" {
		return ""
	}
	return strings.Join([]string{e.Key, e.Type, e.Title}, "\n")
}

// repeat counts e with the newest event that is the same, if that is near.
func repeat(ctx context.Context, tx *sql.Tx, e metric.Event, same string, within time.Duration) (bool, error) {
	var id int64
	var text string
	err := tx.QueryRowContext(ctx, "SELECT id, event FROM happening WHERE same = ? ORDER BY id DESC LIMIT 1", same).Scan(&id, &text)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	var old metric.Event
	if err := json.Unmarshal([]byte(text), &old); err != nil {
		return false, err
	}
	if e.At.Sub(old.At).Abs() > within {
		return false, nil
	}
	old.Repeats++
	more, err := json.Marshal(old)
	if err != nil {
		return false, err
	}
	_, err = tx.ExecContext(ctx, "UPDATE happening SET event = ? WHERE id = ?", string(more), id)
	return true, err
}

// Happenings returns the newest events that sel picks, newest first: at most
// sel.Limit of them, or 10,000 if that is not between 1 and 10,000.
func (l *Ledger) Happenings(ctx context.Context, sel metric.Selection) ([]metric.Event, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if sel.Limit < 1 || sel.Limit > maxHappenings {
		sel.Limit = maxHappenings
	}
	found := make([]metric.Event, 0, 64)
	from := position{at: sel.End.UnixMilli(), id: 1 << 62}
	for {
		page, err := l.page(ctx, sel.Start.UnixMilli(), from)
		if err != nil {
			return nil, fmt.Errorf("read events: %w", err)
		}
		for _, e := range page {
			if picks(sel.Sets, e) {
				found = append(found, e)
			}
			if len(found) == sel.Limit {
				return found, nil
			}
		}
		if len(page) < pageRows {
			return found, nil
		}
		last := page[len(page)-1]
		from = position{last.At.UnixMilli(), last.ID}
	}
}

// position is a place in the order of events.
type position struct{ at, id int64 }

// page returns the newest events from an instant on and before a position.
func (l *Ledger) page(ctx context.Context, start int64, before position) ([]metric.Event, error) {
	rows, err := l.db.QueryContext(ctx, `SELECT id, event FROM happening
		WHERE at >= ? AND (at, id) < (?, ?) ORDER BY at DESC, id DESC LIMIT ?`, start, before.at, before.id, pageRows)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // Err tells all that Close would
	var page []metric.Event
	for rows.Next() {
		var id int64
		var text string
		if err := rows.Scan(&id, &text); err != nil {
			return nil, err
		}
		var e metric.Event
		if err := json.Unmarshal([]byte(text), &e); err != nil {
			return nil, err
		}
		e.ID = id
		page = append(page, e)
	}
	return page, rows.Err()
}

// picks reports whether an event matches all of one of the sets, or there are none.
func picks(sets [][]*labels.Matcher, e metric.Event) bool {
	for _, set := range sets {
		all := true
		for _, m := range set {
			all = all && m.Matches(e.Get(m.Name))
		}
		if all {
			return true
		}
	}
	return len(sets) == 0
}

// PruneHappenings deletes events before an instant and all but the rows that
// came last.
func (l *Ledger) PruneHappenings(ctx context.Context, before time.Time, rows int) error {
	err := l.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM happening WHERE at < ?
			OR id <= (SELECT id FROM happening ORDER BY id DESC LIMIT 1 OFFSET ?)`, before.UnixMilli(), rows)
		return err
	})
	if err != nil {
		return fmt.Errorf("prune events: %w", err)
	}
	return nil
}
