package ledger

import (
	"context"
	"database/sql"
	"time"

	"plimsoll/internal/metric"
)

// FallOver queues for others the problems that wait for a route since an instant
// or longer, and d in any case, with their ends where they have come already. It
// takes nothing away from the route, and does nothing twice: what an address has
// heard, or is to hear, is left alone, and so is an episode that ended for it.
// d is given up; of a message that is not, only the route counts: its ID is 0.
func (l *Ledger) FallOver(ctx context.Context, d Delivery, since, at time.Time, others []Address) error {
	err := l.write(ctx, func(tx *sql.Tx) error {
		for _, to := range others {
			if err := fallOver(ctx, tx, d, since, at, to); err != nil {
				return err
			}
		}
		return nil
	})
	return wrap("fall over from", d, err)
}

// In the order in which they were queued, so that an address that hears of two
// episodes hears of the end of the first before the second begins.
const fallOverSQL = `
	INSERT INTO delivery (alert_id, episode, event, number, contact, route, grp, urgent, bundle, message, queued, due)
	SELECT d.alert_id, d.episode, d.event, d.number, ?1, ?2, d.grp, d.urgent, 0, d.message, ?3, ?3 FROM delivery AS d
	JOIN delivery AS p ON p.alert_id = d.alert_id AND p.episode = d.episode AND p.event = 'problem'
		AND p.contact = d.contact AND p.route = d.route
	WHERE d.status = 'queued' AND d.contact = ?4 AND d.route = ?5
		AND p.status = 'queued' AND (p.queued <= ?6 OR ?7 != 0 AND p.bundle = ?7 OR p.id = ?7)
		AND NOT EXISTS (SELECT 1 FROM delivery AS o WHERE o.alert_id = d.alert_id AND o.episode = d.episode
			AND o.contact = ?1 AND o.route = ?2 AND (o.event = 'recovery' OR o.event = d.event AND o.number = d.number))
	GROUP BY d.id ORDER BY d.id`

func fallOver(ctx context.Context, tx *sql.Tx, d Delivery, since, at time.Time, to Address) error {
	res, err := tx.ExecContext(ctx, fallOverSQL, to.Contact, to.Route, at.UnixMilli(),
		d.To.Contact, d.To.Route, since.UnixMilli(), d.ID)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return err
	}
	_, err = insertEvent(ctx, tx, &metric.AlertEvent{
		At: at, AlertID: d.Message.ID, Name: d.Message.Name, Labels: d.Message.Labels, Kind: "fallback", Hard: true,
		Contact: to.Contact + " " + to.Route, Summary: "instead of " + d.To.Contact + " " + d.To.Route + ", which is not reached",
	})
	return err
}
