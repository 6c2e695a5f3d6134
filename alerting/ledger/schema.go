package ledger

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
)

// format is that of the tables below. Format 1 had one message for each place
// of an episode, no bundles, and no tables episode and entry.
const format = "2"

const schema = `
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS alert (
	id      TEXT PRIMARY KEY,
	source  TEXT NOT NULL,          -- the check or rule: check/NAME, rule/NAME, passive/NAME/HASH
	episode INTEGER NOT NULL,       -- of the present or last problem, 0: none
	record  TEXT NOT NULL           -- JSON
) STRICT;
CREATE TABLE IF NOT EXISTS event (
	id       INTEGER PRIMARY KEY AUTOINCREMENT,
	at       INTEGER NOT NULL,      -- Unix milliseconds, as all times here
	alert_id TEXT NOT NULL,
	event    TEXT NOT NULL          -- JSON
) STRICT;
CREATE INDEX IF NOT EXISTS event_alert ON event (alert_id, id);
CREATE TABLE IF NOT EXISTS happening (
	id   INTEGER PRIMARY KEY AUTOINCREMENT,
	at   INTEGER NOT NULL,
	same TEXT NOT NULL,             -- equal for what is the same thing told again; '': nothing is
	event TEXT NOT NULL             -- JSON
) STRICT;
CREATE INDEX IF NOT EXISTS happening_at ON happening (at, id);
CREATE INDEX IF NOT EXISTS happening_same ON happening (same, id) WHERE same != '';
CREATE TABLE IF NOT EXISTS episode (
	id       INTEGER PRIMARY KEY,   -- that of the event that began it
	alert_id TEXT NOT NULL,
	began    INTEGER NOT NULL,      -- the first bad look
	ended    INTEGER NOT NULL,      -- 0: it lasts
	episode  TEXT NOT NULL          -- JSON
) STRICT;
CREATE INDEX IF NOT EXISTS episode_began ON episode (began);
CREATE TABLE IF NOT EXISTS entry (  -- what people decide: silences, overrides, …
	id    INTEGER PRIMARY KEY AUTOINCREMENT,
	kind  TEXT NOT NULL,
	over  INTEGER NOT NULL,         -- when it was over; 0: it still counts
	value TEXT NOT NULL             -- JSON
) STRICT;
CREATE INDEX IF NOT EXISTS entry_open ON entry (kind, id) WHERE over = 0;
` + deliverySchema + orderSchema

const deliverySchema = `
CREATE TABLE IF NOT EXISTS delivery (
	id       INTEGER PRIMARY KEY AUTOINCREMENT,
	alert_id TEXT NOT NULL,
	episode  INTEGER NOT NULL,
	event    TEXT NOT NULL CHECK (event IN ('problem', 'recovery')), -- begin or end, of whatever kind
	number   INTEGER NOT NULL,      -- 0: the first word; further ones of a problem are updates
	contact  TEXT NOT NULL,
	route    TEXT NOT NULL,
	grp      TEXT NOT NULL,         -- what may be folded into one message
	urgent   INTEGER NOT NULL,      -- 1: does not wait for a digest
	bundle   INTEGER NOT NULL,      -- the first row of the message that it goes in; 0: not yet
	message  TEXT NOT NULL,         -- JSON
	status   TEXT NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'sent', 'failed', 'dropped')),
	attempts INTEGER NOT NULL DEFAULT 0,
	queued   INTEGER NOT NULL,
	due      INTEGER NOT NULL,      -- not to be tried before
	done     INTEGER NOT NULL DEFAULT 0, -- when it was sent
	answered INTEGER NOT NULL DEFAULT 0, -- when its reader acknowledged
	error    TEXT NOT NULL DEFAULT '',
	UNIQUE (alert_id, episode, event, number, contact, route)
) STRICT;
CREATE INDEX IF NOT EXISTS delivery_queued ON delivery (contact, id) WHERE status = 'queued';
CREATE INDEX IF NOT EXISTS delivery_done ON delivery (contact, route, done) WHERE status = 'sent';
`

// shape makes the tables, or brings those of an older format up to this one.
func shape(ctx context.Context, tx *sql.Tx) error {
	var found string
	err := tx.QueryRowContext(ctx, "SELECT coalesce((SELECT 1 FROM sqlite_master WHERE name = 'meta'), '')").Scan(&found)
	if err != nil {
		return err
	}
	if found != "" {
		if err := tx.QueryRowContext(ctx, "SELECT value FROM meta WHERE key = 'format'").Scan(&found); err != nil {
			return err
		}
	}
	if found == "1" {
		if err := fromFormat1(ctx, tx); err != nil {
			return fmt.Errorf("bring up from format 1: %w", err)
		}
		found = format
	}
	if found != "" && found != format {
		return fmt.Errorf("format %q is not known; a newer version wrote it", found)
	}
	if _, err := tx.ExecContext(ctx, schema); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "INSERT OR IGNORE INTO meta VALUES ('identity', ?), ('link_key', ?), ('format', ?)",
		rand.Text()[:12], rand.Text(), format)
	return err
}

func fromFormat1(ctx context.Context, tx *sql.Tx) error {
	_, err := tx.ExecContext(ctx, `ALTER TABLE delivery RENAME TO delivery1; DROP INDEX IF EXISTS delivery_queued;`+deliverySchema+`
		INSERT INTO delivery (id, alert_id, episode, event, number, contact, route, grp, urgent, bundle, message, status,
			attempts, queued, due, done, error)
		SELECT id, alert_id, episode, event, 0, contact, route, alert_id, 1, 0, message, status, attempts, queued, due, queued, error
		FROM delivery1;
		DROP TABLE delivery1;
		UPDATE meta SET value = '2' WHERE key = 'format';`)
	return err
}
