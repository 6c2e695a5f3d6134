package ledger

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"plimsoll/alerting/notify"
	"plimsoll/internal/metric"
)

// Episode is one trouble of one alert, from its first bad look to its end. It is
// kept when the alert is forgotten, for those who ask what a rule was good for.
type Episode struct {
	ID       int64             `json:"id"`
	AlertID  string            `json:"alert_id"`
	Name     string            `json:"name"`   // of the check or rule
	Source   string            `json:"source"` // check/NAME, rule/NAME, …
	Class    metric.Class      `json:"class"`
	Severity metric.Severity   `json:"severity"` // the worst
	Labels   map[string]string `json:"labels,omitempty"`
	Summary  string            `json:"summary"`        // at its begin
	Began    time.Time         `json:"began"`          // first bad look
	Hard     time.Time         `json:"hard"`           // believed
	Ended    time.Time         `json:"ended,omitzero"` // zero: it lasts
	End      notify.Event      `json:"end,omitempty"`  // recovery or closed
	Acked    time.Time         `json:"acked,omitzero"` // first acknowledgement
	AckedBy  string            `json:"acked_by,omitempty"`
	Acted    string            `json:"acted,omitempty"` // what was done, if anybody said
	Messages int               `json:"messages"`        // decided to be sent
}

// keepEpisode follows a step in the row of its episode.
func keepEpisode(ctx context.Context, tx *sql.Tx, s *Step) error {
	if s.Record.Episode == 0 || !s.Begins && s.End == nil && len(s.Tells) == 0 && s.Record.Ack == nil {
		return nil
	}
	return changeEpisode(ctx, tx, s.Record.Episode, func(e *Episode) { e.follow(s) })
}

// follow takes over what a step says of the episode.
func (e *Episode) follow(s *Step) {
	r := s.Record
	if s.Begins {
		*e = Episode{
			ID: r.Episode, AlertID: r.ID, Name: s.Event.Name, Source: r.Source, Labels: r.Labels, Summary: r.Summary,
			Began: r.State.BadSince, Hard: s.Event.At,
		}
	}
	if r.Handler != nil && r.Handler.Order != "" && e.Acted == "" {
		e.Acted = "event handler"
	}
	if m := r.Message; m != nil {
		e.Class, e.Severity = m.Class, m.Severity
	}
	for _, t := range s.Tells {
		e.Messages += len(t.Addresses)
	}
	if r.Ack != nil && e.Acked.IsZero() {
		e.Acked, e.AckedBy = r.Ack.At, r.Ack.By
		e.Acted = cmp.Or(r.Ack.Note, e.Acted)
	}
	if s.End != nil {
		e.Ended, e.End = s.End.At, s.End.Event
	}
}

// changeEpisode rewrites the row of an episode, which may be a new one.
func changeEpisode(ctx context.Context, tx *sql.Tx, id int64, change func(*Episode)) error {
	var e Episode
	var text string
	err := tx.QueryRowContext(ctx, "SELECT episode FROM episode WHERE id = ?", id).Scan(&text)
	switch {
	case err == nil:
		err = json.Unmarshal([]byte(text), &e)
	case errors.Is(err, sql.ErrNoRows):
		e.ID, err = id, nil
	}
	if err != nil {
		return err
	}
	change(&e)
	if e.AlertID == "" { // of a ledger that was kept before there were episodes
		return nil
	}
	raw, err := json.Marshal(e)
	if err != nil {
		return err
	}
	ended := int64(0)
	if !e.Ended.IsZero() {
		ended = e.Ended.UnixMilli()
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO episode VALUES (?1, ?2, ?3, ?4, ?5)
		ON CONFLICT (id) DO UPDATE SET ended = ?4, episode = ?5`, id, e.AlertID, e.Began.UnixMilli(), ended, string(raw))
	return err
}

// Act notes what somebody did about an episode; ErrNoEntry if there is none of
// the number.
func (l *Ledger) Act(ctx context.Context, episode int64, what string) error {
	known := false
	err := l.write(ctx, func(tx *sql.Tx) error {
		return changeEpisode(ctx, tx, episode, func(e *Episode) { e.Acted, known = what, e.AlertID != "" })
	})
	if err == nil && !known {
		err = ErrNoEntry
	}
	if err != nil {
		return fmt.Errorf("note what was done in episode %d: %w", episode, err)
	}
	return nil
}

// Episodes returns those that began at an instant or later, or were open then,
// oldest first; at most 100,000.
func (l *Ledger) Episodes(ctx context.Context, since time.Time) ([]Episode, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var found []Episode
	err := l.each(ctx, "SELECT episode FROM episode WHERE began >= ?1 OR ended = 0 OR ended >= ?1 ORDER BY id LIMIT 100000", func(text string) error {
		var e Episode
		err := json.Unmarshal([]byte(text), &e)
		found = append(found, e)
		return err
	}, since.UnixMilli())
	if err != nil {
		return nil, fmt.Errorf("read episodes: %w", err)
	}
	return found, nil
}
