package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"plimsoll/alerting/notify"
	"plimsoll/internal/metric"
)

// Delivery is a message that is to be sent over a route.
type Delivery struct {
	ID       int64
	To       Address
	Message  notify.Message
	Attempts int       // made so far
	Queued   time.Time // from when its deadline counts
}

// perRoute bounds how many messages to one route of a contact are under way at a
// time: a dead mail server fills its own share and leaves the webhook's alone.
const perRoute = 4

// MaxWait is the longest that a retry may be put off. A message due later than
// that was put off before the clock was set back, and is due now.
const MaxWait = 5 * time.Minute

// Due lists what may be sent at an instant: of each alert and route the oldest
// queued message only, and to each route at most four.
func (l *Ledger) Due(ctx context.Context, now time.Time) ([]Delivery, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	rows, err := l.db.QueryContext(ctx, `
		SELECT id, contact, route, message, attempts, queued FROM (
			SELECT *, row_number() OVER (PARTITION BY contact, route ORDER BY id) AS place FROM delivery AS d
			WHERE status = 'queued' AND (due <= ?1 OR due > ?1 + ?3) AND NOT EXISTS (
				SELECT 1 FROM delivery AS e WHERE e.status = 'queued' AND e.contact = d.contact
				AND e.route = d.route AND e.alert_id = d.alert_id AND e.id < d.id))
		WHERE place <= ?2 ORDER BY id`, now.UnixMilli(), perRoute, MaxWait.Milliseconds())
	if err != nil {
		return nil, fmt.Errorf("read outbox: %w", err)
	}
	defer func() { _ = rows.Close() }() // Err tells all that Close would
	var due []Delivery
	for rows.Next() {
		var d Delivery
		var text string
		var queued int64
		if err := rows.Scan(&d.ID, &d.To.Contact, &d.To.Route, &text, &d.Attempts, &queued); err != nil {
			return nil, fmt.Errorf("read outbox: %w", err)
		}
		if err := json.Unmarshal([]byte(text), &d.Message); err != nil {
			return nil, fmt.Errorf("read delivery %d: %w", d.ID, err)
		}
		d.Queued = metric.Time(queued)
		due = append(due, d)
	}
	return due, rows.Err()
}

// Queued counts the messages that wait.
func (l *Ledger) Queued(ctx context.Context) (n int, err error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	err = l.db.QueryRowContext(ctx, "SELECT count(*) FROM delivery WHERE status = 'queued'").Scan(&n)
	return n, err
}

// Sent notes that the other side took d over at an instant. What waits behind it
// becomes due, and its deadline counts from now.
func (l *Ledger) Sent(ctx context.Context, d Delivery, at time.Time) error {
	err := l.write(ctx, func(tx *sql.Tx) error {
		if err := finish(ctx, tx, d, "sent", ""); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `UPDATE delivery SET queued = max(queued, ?1), due = max(due, ?1)
			WHERE status = 'queued' AND attempts = 0 AND contact = ?2 AND route = ?3 AND alert_id = ?4`,
			at.UnixMilli(), d.To.Contact, d.To.Route, d.Message.ID)
		if err != nil {
			return err
		}
		_, err = insertEvent(ctx, tx, told(d, "notified", at, d.Message.Subject()))
		return err
	})
	return wrap("note sent", d, err)
}

// Failed notes that d was given up. An end that waits for it is dropped: its
// reader never heard of the problem.
func (l *Ledger) Failed(ctx context.Context, d Delivery, at time.Time, why error) error {
	err := l.write(ctx, func(tx *sql.Tx) error { return fail(ctx, tx, d, at, why) })
	return wrap("note failed", d, err)
}

func fail(ctx context.Context, tx *sql.Tx, d Delivery, at time.Time, why error) error {
	if err := finish(ctx, tx, d, "failed", clip(why)); err != nil {
		return err
	}
	if d.Message.Event == notify.Problem {
		_, err := tx.ExecContext(ctx, `UPDATE delivery SET status = 'dropped', error = 'never told of the problem'
			WHERE status = 'queued' AND event = 'recovery' AND contact = ? AND route = ? AND alert_id = ?
			AND episode = (SELECT episode FROM delivery WHERE id = ?)`,
			d.To.Contact, d.To.Route, d.Message.ID, d.ID)
		if err != nil {
			return err
		}
	}
	_, err := insertEvent(ctx, tx, told(d, "failed", at, d.Message.Subject()+": "+clip(why)))
	return err
}

// Retry notes that an attempt did not succeed, and when the next is due. Where the
// route is limited in its rate, nothing else goes over it before.
func (l *Ledger) Retry(ctx context.Context, d Delivery, due time.Time, why error) error {
	err := l.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE delivery SET attempts = attempts + 1, due = ?, error = ? WHERE id = ? AND status = 'queued'",
			due.UnixMilli(), clip(why), d.ID)
		if limited := (*notify.RateLimited)(nil); err == nil && errors.As(why, &limited) {
			_, err = tx.ExecContext(ctx, "UPDATE delivery SET due = max(due, ?) WHERE status = 'queued' AND contact = ? AND route = ?",
				due.UnixMilli(), d.To.Contact, d.To.Route)
		}
		return err
	})
	return wrap("note retry of", d, err)
}

// clip bounds an error's text, part of which a server may have written.
func clip(err error) string {
	runes := []rune(err.Error())
	return string(runes[:min(len(runes), 500)])
}

func finish(ctx context.Context, tx *sql.Tx, d Delivery, status, why string) error {
	_, err := tx.ExecContext(ctx, "UPDATE delivery SET status = ?, attempts = attempts + 1, error = ? WHERE id = ? AND status = 'queued'",
		status, why, d.ID)
	return err
}

func told(d Delivery, kind string, at time.Time, summary string) *metric.AlertEvent {
	e := &metric.AlertEvent{
		At: at, AlertID: d.Message.ID, Name: d.Message.Name, Labels: d.Message.Labels, Kind: kind,
		To: d.Message.State, Hard: true, Contact: d.To.Contact + " " + d.To.Route, Summary: summary,
	}
	if d.Message.Event != notify.Problem {
		e.From = d.Message.Severity
	}
	return e
}

func wrap(what string, d Delivery, err error) error {
	if err != nil {
		return fmt.Errorf("%s delivery %d: %w", what, d.ID, err)
	}
	return nil
}
