package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"plimsoll/alerting/notify"
	"plimsoll/internal/metric"
)

// Told is what the ledger knows of one message.
type Told struct {
	Episode  int64        `json:"episode"`
	Contact  string       `json:"contact"`
	Route    string       `json:"route"`
	Event    notify.Event `json:"event"`
	Update   string       `json:"update,omitempty"`
	Status   string       `json:"status"` // queued, sent, failed or dropped
	Attempts int          `json:"attempts"`
	Queued   time.Time    `json:"queued"`
	Sent     time.Time    `json:"sent,omitzero"`
	Answered time.Time    `json:"answered,omitzero"`
	Error    string       `json:"error,omitempty"`
}

// Told lists the newest messages about an alert, newest first, at most 1000.
func (l *Ledger) Told(ctx context.Context, alert string) ([]Told, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	rows, err := l.db.QueryContext(ctx, `SELECT episode, contact, route, message, status, attempts, queued, done, answered, error
		FROM delivery WHERE alert_id = ? ORDER BY id DESC LIMIT 1000`, alert)
	if err != nil {
		return nil, fmt.Errorf("read who was told: %w", err)
	}
	defer func() { _ = rows.Close() }() // Err tells all that Close would
	all := []Told{}
	for rows.Next() {
		t, err := scanTold(rows)
		if err != nil {
			return nil, fmt.Errorf("read who was told: %w", err)
		}
		all = append(all, t)
	}
	return all, rows.Err()
}

func scanTold(rows *sql.Rows) (t Told, err error) {
	var text string
	var m notify.Message
	var queued, done, answered int64
	err = rows.Scan(&t.Episode, &t.Contact, &t.Route, &text, &t.Status, &t.Attempts, &queued, &done, &answered, &t.Error)
	if err == nil {
		err = json.Unmarshal([]byte(text), &m)
	}
	t.Event, t.Update, t.Queued, t.Sent, t.Answered = m.Event, m.Update, metric.Time(queued), instantOf(done), instantOf(answered)
	return t, err
}

// instantOf is the instant of a column in which 0 says never.
func instantOf(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return metric.Time(ms)
}

// Answered notes that a contact answered to the messages of an episode.
func (l *Ledger) Answered(ctx context.Context, alert string, episode int64, contact string, at time.Time) error {
	err := l.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE delivery SET answered = ? WHERE alert_id = ? AND episode = ? AND contact = ?
			AND event = 'problem' AND answered = 0`, at.UnixMilli(), alert, episode, contact)
		return err
	})
	if err != nil {
		return fmt.Errorf("note the answer of %s: %w", contact, err)
	}
	return nil
}
