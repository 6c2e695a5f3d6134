package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"plimsoll/alerting/handler"
	"plimsoll/internal/metric"
)

// orderSchema is the table of the orders of event handlers.
const orderSchema = `
CREATE TABLE IF NOT EXISTS handler_order (
	id        TEXT PRIMARY KEY,
	alert_id  TEXT NOT NULL,
	name      TEXT NOT NULL,              -- of the handler
	instance  TEXT NOT NULL,
	queued    INTEGER NOT NULL,
	handed    INTEGER NOT NULL DEFAULT 0, -- 0: not
	done      INTEGER NOT NULL DEFAULT 0, -- when it ended, however it did; 0: it is open
	status    TEXT NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'handed', 'done', 'failed', 'refused', 'expired')),
	process   TEXT NOT NULL DEFAULT '',   -- of the agent that has it
	exit_code INTEGER NOT NULL DEFAULT 0,
	why       TEXT NOT NULL DEFAULT '',
	output    TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX IF NOT EXISTS handler_order_queued ON handler_order (queued);
`

// queueOrder adds the order of a step, and what is told of handlers.
func (l *Ledger) queueOrder(ctx context.Context, tx *sql.Tx, s *Step) error {
	var line int64
	var err error
	for i := range s.Lines {
		if line, err = insertEvent(ctx, tx, &s.Lines[i]); err != nil {
			return err
		}
	}
	if s.Inform != nil {
		if err := l.queueInfo(ctx, tx, s.Record, *s.Inform, line); err != nil {
			return err
		}
	}
	if s.Happening != nil {
		if err := putHappening(ctx, tx, *s.Happening, 0); err != nil {
			return err
		}
	}
	o := s.Order
	if o == nil {
		return nil
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO handler_order (id, alert_id, name, instance, queued) VALUES (?, ?, ?, ?, ?)",
		o.ID, o.Alert, o.Name, o.Instance, o.Queued.UnixMilli())
	return err
}

// queueInfo queues a message that is no part of an episode: it has the number of its
// line of the history in the place of one, and nothing follows it.
func (l *Ledger) queueInfo(ctx context.Context, tx *sql.Tx, r Record, t Tell, line int64) error {
	r.Episode = line
	t.Message.Delivery = l.delivery(line, t.Message.Event)
	for _, to := range t.Addresses {
		if _, err := queue(ctx, tx, r, to, t.Message, t.Group); err != nil {
			return err
		}
	}
	return nil
}

// Orders lists the orders that are open or were queued since an instant, oldest
// first.
func (l *Ledger) Orders(ctx context.Context, since time.Time) ([]handler.Order, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	rows, err := l.db.QueryContext(ctx, `SELECT id, alert_id, name, instance, queued, handed, done, status, process, exit_code, why, output
		FROM handler_order WHERE queued >= ? OR status IN ('queued', 'handed') ORDER BY queued, rowid`, since.UnixMilli())
	if err != nil {
		return nil, fmt.Errorf("read orders: %w", err)
	}
	defer func() { _ = rows.Close() }() // Err tells all that Close would
	var orders []handler.Order
	for rows.Next() {
		var o handler.Order
		var queued, handed, ended int64
		if err := rows.Scan(&o.ID, &o.Alert, &o.Name, &o.Instance, &queued, &handed, &ended, &o.Status, &o.Process, &o.ExitCode, &o.Why, &o.Output); err != nil {
			return nil, fmt.Errorf("read orders: %w", err)
		}
		o.Queued, o.Handed, o.Ended = metric.Time(queued), instant(handed), instant(ended)
		orders = append(orders, o)
	}
	return orders, rows.Err()
}

// instant is a time of the database, in which 0 is none.
func instant(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return metric.Time(ms)
}

// HandOrder binds a queued order to the process that gets it, before it is told.
// It reports whether the order was queued.
func (l *Ledger) HandOrder(ctx context.Context, id, process string, at time.Time) (was bool, err error) {
	err = l.write(ctx, func(tx *sql.Tx) error {
		was, err = one(tx.ExecContext(ctx, "UPDATE handler_order SET status = 'handed', handed = ?, process = ? WHERE id = ? AND status = 'queued'",
			at.UnixMilli(), process, id))
		return err
	})
	if err != nil {
		return false, fmt.Errorf("hand out order %s: %w", id, err)
	}
	return was, nil
}

// EndOrder notes what came of an open order, with its line of the history. It
// reports whether the order was open; if not, nothing changes.
func (l *Ledger) EndOrder(ctx context.Context, o handler.Order, line metric.AlertEvent) (was bool, err error) {
	err = l.write(ctx, func(tx *sql.Tx) error {
		was, err = one(tx.ExecContext(ctx, `UPDATE handler_order SET status = ?, done = ?, exit_code = ?, why = ?, output = ?
			WHERE id = ? AND status IN ('queued', 'handed')`, string(o.Status), o.Ended.UnixMilli(), o.ExitCode, o.Why, o.Output, o.ID))
		if err != nil || !was {
			return err
		}
		_, err = insertEvent(ctx, tx, &line)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("end order %s: %w", o.ID, err)
	}
	return was, nil
}

// one reports whether a statement changed a row.
func one(res sql.Result, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// PruneOrders deletes the orders that ended before an instant.
func (l *Ledger) PruneOrders(ctx context.Context, before time.Time) error {
	err := l.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM handler_order WHERE status NOT IN ('queued', 'handed') AND done < ?", before.UnixMilli())
		return err
	})
	if err != nil {
		return fmt.Errorf("prune orders: %w", err)
	}
	return nil
}
