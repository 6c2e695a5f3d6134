package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"plimsoll/internal/metric"
)

// HistoryOf returns the newest lines of the history of one alert, newest first.
func (l *Ledger) HistoryOf(ctx context.Context, alert string, limit int) ([]metric.AlertEvent, error) {
	return newest[metric.AlertEvent](ctx, l, "SELECT event FROM event WHERE alert_id = ? ORDER BY id DESC LIMIT ?", alert, limit)
}

// EpisodesOf returns the newest episodes of one alert, newest first.
func (l *Ledger) EpisodesOf(ctx context.Context, alert string, limit int) ([]Episode, error) {
	return newest[Episode](ctx, l, "SELECT episode FROM episode WHERE alert_id = ? ORDER BY id DESC LIMIT ?", alert, limit)
}

// newest reads rows of JSON about one alert.
func newest[T any](ctx context.Context, l *Ledger, query, alert string, limit int) ([]T, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	found := []T{}
	err := l.each(ctx, query, func(text string) error {
		var v T
		err := json.Unmarshal([]byte(text), &v)
		found = append(found, v)
		return err
	}, alert, limit)
	if err != nil {
		return nil, fmt.Errorf("read what is known of %q: %w", alert, err)
	}
	return found, nil
}

// Episode returns one episode; ErrNoEntry if there is none of the number.
func (l *Ledger) Episode(ctx context.Context, id int64) (e Episode, err error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var text string
	err = l.db.QueryRowContext(ctx, "SELECT episode FROM episode WHERE id = ?", id).Scan(&text)
	switch {
	case err == nil:
		err = json.Unmarshal([]byte(text), &e)
	case errors.Is(err, sql.ErrNoRows):
		err = ErrNoEntry
	}
	if err != nil {
		return e, fmt.Errorf("read episode %d: %w", id, err)
	}
	return e, nil
}
