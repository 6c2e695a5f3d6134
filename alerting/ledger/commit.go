package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"plimsoll/alerting/handler"
	"plimsoll/alerting/link"
	"plimsoll/alerting/notify"
	"plimsoll/alerting/policy"
	"plimsoll/alerting/state"
	"plimsoll/internal/metric"
)

// Record is what is remembered of one alert.
type Record struct {
	ID     string            `json:"id"`
	Source string            `json:"source"`        // check/NAME, rule/NAME, or the ID of a passive check
	Key    string            `json:"key,omitempty"` // of a rule's instance
	Labels map[string]string `json:"labels,omitempty"`
	State  state.State       `json:"state"`
	// Episode numbers the present problem; set by Commit when it begins.
	Episode int64    `json:"episode,omitempty"`
	Value   *float64 `json:"value,omitempty"`
	Summary string   `json:"summary,omitempty"`
	// Severity is what a passive check said last; unknown too while it is well
	// and says nothing more.
	Severity metric.Severity `json:"severity,omitempty"`
	// Message is the problem as it was told, from which its end is written even
	// if the configuration no longer knows the alert.
	Message *notify.Message `json:"message,omitempty"`
	// Telling is what was decided on whom to tell, and Ack who takes care; both
	// of the present episode.
	Telling policy.Telling `json:"telling,omitzero"`
	Ack     *policy.Ack    `json:"ack,omitempty"`
	// Members of a service, and when each was last seen.
	Members map[string]time.Time `json:"members,omitempty"`
	// Handler is what its event handler did about the present trouble, or nil.
	Handler *handler.Try `json:"handler,omitempty"`
}

// Address is a route of a contact.
type Address struct{ Contact, Route string }

// Step is one change of one alert with all that follows from it.
type Step struct {
	Record Record
	// Forget deletes the record instead of storing it.
	Forget bool
	// Event is the line of the history, or nil.
	Event *metric.AlertEvent
	// Begins makes Event the begin of an episode.
	Begins bool
	// Tells are messages of the problem.
	Tells []Tell
	// End is the message that ends the episode, for those who were told; or nil.
	End *notify.Message
	// Order is what the alert's event handler is ordered, or nil; Lines are what
	// the history says of handlers.
	Order *handler.Order
	Lines []metric.AlertEvent
	// Happening is an event for those who read them, and Inform a message about
	// trouble that is over and that nobody was told of; or nil.
	Happening *metric.Event
	Inform    *Tell
}

// Tell is a message of a problem and who gets it.
type Tell struct {
	Message   notify.Message // its Number and Update say what it is
	Addresses []Address
	// Group is what it may be folded with into one message.
	Group string
	// Pages is where the pages are, for links to them; "": not known.
	Pages string
}

// Commit stores all steps or none. It sets Record.Episode in steps.
func (l *Ledger) Commit(ctx context.Context, steps []Step) error {
	if len(steps) == 0 {
		return nil
	}
	err := l.write(ctx, func(tx *sql.Tx) error {
		for i := range steps {
			if err := l.commitStep(ctx, tx, &steps[i]); err != nil {
				return fmt.Errorf("alert %s: %w", steps[i].Record.ID, err)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("commit %d alerts: %w", len(steps), err)
	}
	return nil
}

func (l *Ledger) commitStep(ctx context.Context, tx *sql.Tx, s *Step) error {
	event, err := insertEvent(ctx, tx, s.Event)
	if err != nil {
		return err
	}
	if s.Begins {
		s.Record.Episode = event // rows of history are numbered once and for ever
	}
	for _, t := range s.Tells {
		if err := l.queueProblem(ctx, tx, s.Record, t); err != nil {
			return err
		}
	}
	if s.End != nil {
		if err := l.queueEnd(ctx, tx, s); err != nil {
			return err
		}
	}
	if err := l.queueOrder(ctx, tx, s); err != nil {
		return err
	}
	if err := keepEpisode(ctx, tx, s); err != nil {
		return err
	}
	if s.Forget {
		_, err = tx.ExecContext(ctx, "DELETE FROM alert WHERE id = ?", s.Record.ID)
		return err
	}
	record, err := json.Marshal(s.Record)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO alert VALUES (?1, ?2, ?3, ?4)
		ON CONFLICT (id) DO UPDATE SET source = ?2, episode = ?3, record = ?4`,
		s.Record.ID, s.Record.Source, s.Record.Episode, string(record))
	return err
}

func (l *Ledger) queueProblem(ctx context.Context, tx *sql.Tx, r Record, t Tell) error {
	for _, to := range t.Addresses {
		m := t.Message
		m.Delivery = l.delivery(r.Episode, notify.Problem)
		if m.Number > 0 {
			m.Reply = m.Delivery
			m.Delivery += "." + strconv.Itoa(m.Number)
		}
		m.AckURL = l.ackURL(t.Pages, link.Claim{Alert: r.ID, Episode: r.Episode, Contact: to.Contact})
		added, err := queue(ctx, tx, r, to, m, t.Group)
		if err == nil && added {
			err = refuseSurplus(ctx, tx, to, m)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// ackURL is where a reader may say that he takes care; "" if that is not known.
func (l *Ledger) ackURL(pages string, c link.Claim) string {
	if pages == "" {
		return ""
	}
	return strings.TrimSuffix(pages, "/") + "/ack/" + link.Sign(l.LinkKey, c)
}

// ackURLOf is a link for a contact, who may stand in for the one that it was made
// for.
func (l *Ledger) ackURLOf(address, contact string) string {
	base, token, is := strings.Cut(address, "/ack/")
	c, err := link.Open(l.LinkKey, token)
	if !is || err != nil || c.Contact == contact {
		return address
	}
	c.Contact = contact
	return l.ackURL(base, c)
}

// maxWaiting bounds the messages of one alert that wait for one route: an alert
// that comes and goes while a mail server is dead must not fill the disk.
const maxWaiting = 50

var errWaiting = fmt.Errorf("%d messages of this alert wait already", maxWaiting)

// The + keeps SQLite from looking through all that is queued for the contact.
const waitingSQL = "SELECT count(*), max(id) FROM delivery WHERE status = 'queued' AND alert_id = ? AND +contact = ? AND route = ?"

// refuseSurplus fails the newest problem if too many messages wait before it.
func refuseSurplus(ctx context.Context, tx *sql.Tx, to Address, m notify.Message) error {
	var waiting int
	var newest sql.NullInt64
	err := tx.QueryRowContext(ctx, waitingSQL, m.ID, to.Contact, to.Route).Scan(&waiting, &newest)
	if err != nil || waiting <= maxWaiting {
		return err
	}
	return fail(ctx, tx, to, Part{newest.Int64, m}, m.At, errWaiting)
}

var errEndsTwice = errors.New("BUG: one episode ends twice")

func (l *Ledger) queueEnd(ctx context.Context, tx *sql.Tx, s *Step) error {
	told, err := recipients(ctx, tx, s.Record.ID, s.Record.Episode)
	if err != nil {
		return err
	}
	for _, to := range told {
		m := *s.End
		m.Number, m.Update, m.AckURL = 0, "", ""
		m.Delivery = l.delivery(s.Record.Episode, m.Event)
		m.Reply = l.delivery(s.Record.Episode, notify.Problem)
		added, err := queue(ctx, tx, s.Record, to.Address, m, to.group)
		if err == nil && !added {
			err = errEndsTwice
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// delivery names a message: the same for all routes, as copies of one mail are.
func (l *Ledger) delivery(episode int64, e notify.Event) string {
	return fmt.Sprintf("plimsoll.%s.%d.%s", l.identity, episode, e)
}

// recipient is who was told of a problem, and in which group.
type recipient struct {
	Address
	group string
}

// recipients lists those who were told of a problem, or still are to be.
func recipients(ctx context.Context, tx *sql.Tx, alert string, episode int64) ([]recipient, error) {
	rows, err := tx.QueryContext(ctx, `SELECT contact, route, max(grp) FROM delivery
		WHERE alert_id = ? AND episode = ? AND event = 'problem' AND status IN ('queued', 'sent')
		GROUP BY contact, route ORDER BY min(id)`, alert, episode)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // Err tells all that Close would
	var told []recipient
	for rows.Next() {
		var r recipient
		if err := rows.Scan(&r.Contact, &r.Route, &r.group); err != nil {
			return nil, err
		}
		told = append(told, r)
	}
	return told, rows.Err()
}

// part is the place of an event in its episode: however it ends, it ends once.
func part(e notify.Event) string {
	if e == notify.Problem {
		return "problem"
	}
	return "recovery"
}

// queue adds a message, unless its reader has it already: as a fallback, or from
// a ledger of format 1, which did not keep who was told in the record.
func queue(ctx context.Context, tx *sql.Tx, r Record, to Address, m notify.Message, group string) (added bool, err error) {
	text, err := json.Marshal(m)
	if err != nil {
		return false, err
	}
	at := m.At.UnixMilli()
	res, err := tx.ExecContext(ctx, `INSERT INTO delivery (alert_id, episode, event, number, contact, route, grp, urgent, bundle, message, queued, due)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?) ON CONFLICT DO NOTHING`, r.ID, r.Episode, part(m.Event), m.Number, to.Contact, to.Route,
		group, m.Severity == metric.Critical, string(text), at, at)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n > 0, err
}
