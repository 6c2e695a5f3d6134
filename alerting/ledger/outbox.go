package ledger

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"plimsoll/alerting/notify"
	"plimsoll/internal/metric"
)

// Delivery is a message that is to be sent over a route.
type Delivery struct {
	// ID is the number of its first row.
	ID int64
	To Address
	// Message is what is sent: that of the one row, or those of all in one.
	Message  notify.Message
	Parts    []Part
	Attempts int       // made so far
	Queued   time.Time // from when its deadline counts
	// Bound says that the rows are bound together already.
	Bound bool
}

// Part is one of the messages that are sent in one.
type Part struct {
	Row     int64
	Message notify.Message
}

// perRoute bounds how many messages to one route of a contact are under way at a
// time: a dead mail server fills its own share and leaves the webhook's alone.
const perRoute = 4

// MaxWait is the longest that a retry may be put off. A message due later than
// that was put off before the clock was set back, and is due now.
const MaxWait = 5 * time.Minute

// Due lists what may be sent at an instant, over each route at most four
// messages at a time. It changes nothing: Bind does.
func (l *Ledger) Due(ctx context.Context, now time.Time, folding func(Address) Folding) ([]Delivery, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	routes, byRoute, err := l.outbox(ctx)
	if err != nil {
		return nil, fmt.Errorf("read outbox: %w", err)
	}
	var due []Delivery
	for _, to := range routes {
		f := folding(to)
		var sent []recent
		if f != (Folding{}) {
			if sent, err = l.sentLately(ctx, to, now); err != nil {
				return nil, fmt.Errorf("read outbox: %w", err)
			}
		}
		for _, rows := range choose(byRoute[to], sent, f, now) {
			d, err := l.load(ctx, rows)
			if err != nil {
				return nil, err
			}
			d.Bound = d.Bound || f == (Folding{})
			due = append(due, d)
		}
	}
	slices.SortFunc(due, func(a, b Delivery) int { return cmp.Compare(a.ID, b.ID) })
	return due, nil
}

// outbox returns the queued rows of each route, by number, and the routes in the
// order of their oldest rows.
func (l *Ledger) outbox(ctx context.Context) (routes []Address, byRoute map[Address][]waiting, err error) {
	rows, err := l.db.QueryContext(ctx, `SELECT id, bundle, alert_id, contact, route, grp, urgent, attempts, queued, due
		FROM delivery WHERE status = 'queued' ORDER BY id`)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = rows.Close() }() // Err tells all that Close would
	byRoute = map[Address][]waiting{}
	for rows.Next() {
		var w waiting
		var queued, due int64
		err := rows.Scan(&w.id, &w.bundle, &w.alert, &w.to.Contact, &w.to.Route, &w.group, &w.urgent, &w.attempts, &queued, &due)
		if err != nil {
			return nil, nil, err
		}
		w.queued, w.due = metric.Time(queued), metric.Time(due)
		if byRoute[w.to] == nil {
			routes = append(routes, w.to)
		}
		byRoute[w.to] = append(byRoute[w.to], w)
	}
	return routes, byRoute, rows.Err()
}

// sentLately lists what went over a route within foldWindow of an instant.
func (l *Ledger) sentLately(ctx context.Context, to Address, now time.Time) ([]recent, error) {
	rows, err := l.db.QueryContext(ctx, `SELECT max(grp), max(done) FROM delivery
		WHERE contact = ? AND route = ? AND status = 'sent' AND done > ? GROUP BY CASE bundle WHEN 0 THEN -id ELSE bundle END`,
		to.Contact, to.Route, now.Add(-foldWindow).UnixMilli())
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // Err tells all that Close would
	var sent []recent
	for rows.Next() {
		var r recent
		var at int64
		if err := rows.Scan(&r.group, &at); err != nil {
			return nil, err
		}
		r.at = metric.Time(at)
		sent = append(sent, r)
	}
	return sent, rows.Err()
}

// load makes one message of rows.
func (l *Ledger) load(ctx context.Context, rows []waiting) (Delivery, error) {
	first := rows[0]
	d := Delivery{ID: first.id, To: first.to, Attempts: first.attempts, Queued: first.queued, Bound: first.bundle != 0}
	all := make([]notify.Message, 0, len(rows))
	for _, w := range rows {
		var text string
		if err := l.db.QueryRowContext(ctx, "SELECT message FROM delivery WHERE id = ?", w.id).Scan(&text); err != nil {
			return d, fmt.Errorf("read delivery %d: %w", w.id, err)
		}
		var m notify.Message
		if err := json.Unmarshal([]byte(text), &m); err != nil {
			return d, fmt.Errorf("read delivery %d: %w", w.id, err)
		}
		m.AckURL = l.ackURLOf(m.AckURL, d.To.Contact)
		d.Parts, all = append(d.Parts, Part{w.id, m}), append(all, m)
	}
	d.Message = notify.Fold(all, fmt.Sprintf("plimsoll.%s.bundle.%d", l.identity, d.ID))
	return d, nil
}

// Bind notes, before the first attempt, which rows go in one message: each
// further attempt sends the same. Its deadline counts from now.
func (l *Ledger) Bind(ctx context.Context, d Delivery, at time.Time) error {
	err := l.write(ctx, func(tx *sql.Tx) error {
		return d.each(ctx, tx, "UPDATE delivery SET bundle = ?, queued = max(queued, ?) WHERE id = ? AND status = 'queued'", d.ID, at.UnixMilli())
	})
	return wrap("bind", d, err)
}

// each executes a statement for each row of d, its number being the last argument.
func (d Delivery) each(ctx context.Context, tx *sql.Tx, statement string, args ...any) error {
	for _, p := range d.Parts {
		if _, err := tx.ExecContext(ctx, statement, append(slices.Clone(args), p.Row)...); err != nil {
			return err
		}
	}
	return nil
}

// Queued counts the messages that wait.
func (l *Ledger) Queued(ctx context.Context) (n int, err error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	err = l.db.QueryRowContext(ctx, "SELECT count(*) FROM delivery WHERE status = 'queued'").Scan(&n)
	return n, err
}

// What waited behind a message becomes due. As to the +, see waitingSQL.
const releaseSQL = `UPDATE delivery SET queued = max(queued, ?1), due = max(due, ?1)
	WHERE status = 'queued' AND attempts = 0 AND +contact = ?2 AND route = ?3 AND alert_id = ?4`

// Sent notes that the other side took d over at an instant. What waits behind it
// becomes due, and its deadline counts from now.
func (l *Ledger) Sent(ctx context.Context, d Delivery, at time.Time) error {
	err := l.write(ctx, func(tx *sql.Tx) error {
		if err := d.each(ctx, tx, `UPDATE delivery SET status = 'sent', attempts = attempts + 1, error = '', done = ?
			WHERE id = ? AND status = 'queued'`, at.UnixMilli()); err != nil {
			return err
		}
		for _, p := range d.Parts {
			_, err := tx.ExecContext(ctx, releaseSQL, at.UnixMilli(), d.To.Contact, d.To.Route, p.Message.ID)
			if err != nil {
				return err
			}
			if _, err = insertEvent(ctx, tx, told(d.To, p.Message, "notified", at, p.Message.Subject())); err != nil {
				return err
			}
		}
		return nil
	})
	return wrap("note sent", d, err)
}

// Failed notes that d was given up. An end that waits for it is dropped: its
// reader never heard of the problem.
func (l *Ledger) Failed(ctx context.Context, d Delivery, at time.Time, why error) error {
	err := l.write(ctx, func(tx *sql.Tx) error {
		for _, p := range d.Parts {
			if err := fail(ctx, tx, d.To, p, at, why); err != nil {
				return err
			}
		}
		return nil
	})
	return wrap("note failed", d, err)
}

func fail(ctx context.Context, tx *sql.Tx, to Address, p Part, at time.Time, why error) error {
	_, err := tx.ExecContext(ctx, "UPDATE delivery SET status = 'failed', attempts = attempts + 1, error = ? WHERE id = ? AND status = 'queued'",
		clip(why), p.Row)
	if err != nil {
		return err
	}
	if p.Message.Event == notify.Problem {
		_, err := tx.ExecContext(ctx, `UPDATE delivery SET status = 'dropped', error = 'never told of the problem'
			WHERE status = 'queued' AND event = 'recovery' AND contact = ?1 AND route = ?2 AND alert_id = ?3
			AND episode = (SELECT episode FROM delivery WHERE id = ?4)
			AND NOT EXISTS (SELECT 1 FROM delivery AS p WHERE p.contact = ?1 AND p.route = ?2 AND p.alert_id = ?3
				AND p.episode = delivery.episode AND p.event = 'problem' AND p.status IN ('queued', 'sent'))`,
			to.Contact, to.Route, p.Message.ID, p.Row)
		if err != nil {
			return err
		}
	}
	_, err = insertEvent(ctx, tx, told(to, p.Message, "failed", at, p.Message.Subject()+": "+clip(why)))
	return err
}

// Retry notes that an attempt did not succeed, and when the next is due. Where the
// route is limited in its rate, nothing else goes over it before.
func (l *Ledger) Retry(ctx context.Context, d Delivery, due time.Time, why error) error {
	err := l.write(ctx, func(tx *sql.Tx) error {
		err := d.each(ctx, tx, "UPDATE delivery SET attempts = attempts + 1, due = ?, error = ? WHERE id = ? AND status = 'queued'",
			due.UnixMilli(), clip(why))
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

func told(to Address, m notify.Message, kind string, at time.Time, summary string) *metric.AlertEvent {
	e := &metric.AlertEvent{
		At: at, AlertID: m.ID, Name: m.Name, Labels: m.Labels, Kind: kind,
		To: m.State, Hard: true, Contact: to.Contact + " " + to.Route, Summary: summary,
	}
	if m.Event != notify.Problem {
		e.From = m.Severity
	}
	return e
}

func wrap(what string, d Delivery, err error) error {
	if err != nil {
		return fmt.Errorf("%s delivery %d: %w", what, d.ID, err)
	}
	return nil
}
