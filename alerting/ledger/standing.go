package ledger

import (
	"context"
	"encoding/json"
	"fmt"

	"plimsoll/alerting/notify"
)

// Standing lists the problems that a route was told of and whose end is not
// queued yet, oldest first.
func (l *Ledger) Standing(ctx context.Context, to Address) ([]notify.Message, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var standing []notify.Message
	err := l.each(ctx, `SELECT p.message FROM alert AS a JOIN delivery AS p
		ON p.alert_id = a.id AND p.episode = a.episode AND p.event = 'problem' AND p.contact = ?1 AND p.route = ?2
		WHERE p.status = 'sent' AND p.number = (SELECT max(number) FROM delivery AS u WHERE u.alert_id = p.alert_id AND u.episode = p.episode
			AND u.event = 'problem' AND u.contact = ?1 AND u.route = ?2 AND u.status = 'sent') AND NOT EXISTS (SELECT 1 FROM delivery AS r WHERE r.alert_id = p.alert_id
			AND r.episode = p.episode AND r.event = 'recovery' AND r.contact = ?1 AND r.route = ?2)
		ORDER BY p.id`, func(text string) error {
		var m notify.Message
		err := json.Unmarshal([]byte(text), &m)
		standing = append(standing, m)
		return err
	}, to.Contact, to.Route)
	if err != nil {
		return nil, fmt.Errorf("read what stands: %w", err)
	}
	return standing, nil
}
