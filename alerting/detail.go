package alerting

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"plimsoll/alerting/ledger"
	"plimsoll/alerting/link"
	"plimsoll/internal/metric"
)

// Detail is all that is known of one alert.
type Detail struct {
	// Alert is nil where nothing is known of the present: an instance of a rule
	// that is well, or what is no longer configured.
	Alert *metric.Alert `json:"alert,omitempty"`
	// Runbook says what to do about its present trouble.
	Runbook string `json:"runbook,omitempty"`
	// The newest of each, newest first.
	History  []metric.AlertEvent `json:"history"`
	Messages []ledger.Told       `json:"messages"`
	Episodes []ledger.Episode    `json:"episodes"`
}

// How much of the past a Detail has.
const (
	detailLines    = 200
	detailEpisodes = 100
)

// Detail returns what is known of the alert with an identity; ErrNoAlert if
// nothing ever was.
func (e *Engine) Detail(ctx context.Context, id string) (Detail, error) {
	d := Detail{Runbook: e.runbook(id)}
	for _, a := range e.Alerts() {
		if a.ID == id {
			d.Alert = &a
		}
	}
	var errs [3]error
	d.History, errs[0] = e.ledger.HistoryOf(ctx, id, detailLines)
	d.Messages, errs[1] = e.ledger.Told(ctx, id)
	d.Episodes, errs[2] = e.ledger.EpisodesOf(ctx, id, detailEpisodes)
	err := errors.Join(errs[:]...)
	if err == nil && d.Alert == nil && len(d.History)+len(d.Messages)+len(d.Episodes) == 0 {
		err = fmt.Errorf("nothing is known of an alert %q: %w", id, ErrNoAlert)
	}
	return d, err
}

// runbook is that of the problem that was told of an alert.
func (e *Engine) runbook(id string) string {
	for _, u := range e.current() {
		if u.key == id || strings.HasPrefix(id, u.key+"/") {
			if r, known := u.record(id); known && r.Message != nil {
				return r.Message.Runbook
			}
		}
	}
	return ""
}

func (u *unit) record(id string) (ledger.Record, bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	r, known := u.records[id]
	return r, known
}

// LinkedEpisode returns the episode of a link, whether it lasts or not.
func (e *Engine) LinkedEpisode(ctx context.Context, token string) (ledger.Episode, error) {
	c, err := link.Open(e.ledger.LinkKey, token)
	if err != nil {
		return ledger.Episode{}, err
	}
	return e.ledger.Episode(ctx, c.Episode)
}
