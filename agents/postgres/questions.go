package postgres

import (
	"plimsoll/agents/batch"
	"plimsoll/internal/metric"
)

// question is a statement and what its columns become.
type question struct {
	name      string
	statement string
	labels    []string // columns that are labels
	fields    []batch.Field
	since     int  // the server_version_num from which on it can be asked
	slow      bool // asked now and then
}

// settings is the question whose rows are named, each with a unit.
const settings = "settings"

// questions are all that is asked. Templates are left out, and what belongs to no
// database.
func questions() []question {
	return []question{
		{name: "database", labels: []string{"datid", "datname"}, fields: databases(), statement: `
SELECT s.* FROM pg_stat_database s JOIN pg_database d ON d.oid = s.datid WHERE NOT d.datistemplate`},
		{name: "wraparound", labels: []string{"datname"}, fields: wraparound(), statement: `
SELECT datname, age(datfrozenxid) AS age FROM pg_database WHERE NOT datistemplate`},
		{name: "size", labels: []string{"datname"}, fields: sizes(), slow: true, statement: `
SELECT datname, pg_database_size(oid) AS size FROM pg_database WHERE NOT datistemplate`},
		{name: "activity", labels: []string{"datname", "state"}, fields: activity(), statement: activityStatement},
		{name: "locks", labels: []string{"datname", "mode"}, fields: locks(), statement: locksStatement},
		{name: "bgwriter", fields: bgwriter(), statement: `
SELECT * FROM pg_stat_bgwriter`},
		{name: "checkpointer", fields: checkpointer(), since: 170000, statement: `
SELECT * FROM pg_stat_checkpointer`},
		{name: "archiver", fields: archiver(), statement: `
SELECT archived_count, failed_count, extract(epoch FROM now() - last_archived_time) AS age FROM pg_stat_archiver`},
		{name: "wal", fields: wal(), statement: `
SELECT count(*) AS segments, coalesce(sum(size), 0) AS size FROM pg_ls_waldir()`},
		{name: "replication", fields: replication(), statement: replicationStatement},
		{name: "standbys", labels: []string{"application_name", "client_addr", "state", "slot_name"}, fields: standbys(), statement: standbysStatement},
		{name: "slots", labels: []string{"slot_name", "database"}, fields: slots(), statement: slotsStatement},
		{name: "server", labels: []string{"version", "short_version"}, fields: server(), statement: `
SELECT 1 AS one, version() AS version, current_setting('server_version') AS short_version`},
		{name: "start", fields: start(), statement: `
SELECT extract(epoch FROM pg_postmaster_start_time()) AS start`},
		{name: settings, statement: `
SELECT name, setting, unit FROM pg_settings WHERE vartype IN ('bool', 'integer', 'real')`},
	}
}

// Every database has every state and every mode, so that what was 1 becomes 0.
const (
	activityStatement = `
SELECT d.datname, s.state, count(a.pid) AS count, coalesce(max(extract(epoch FROM now() - a.xact_start)), 0) AS longest
FROM pg_database d
CROSS JOIN (VALUES ('active'), ('idle'), ('idle in transaction'), ('idle in transaction (aborted)'), ('fastpath function call'), ('disabled')) AS s(state)
LEFT JOIN pg_stat_activity a ON a.datid = d.oid AND a.state = s.state
WHERE NOT d.datistemplate GROUP BY d.datname, s.state`

	locksStatement = `
SELECT d.datname, m.mode, count(l.mode) AS count
FROM pg_database d
CROSS JOIN (VALUES ('accesssharelock'), ('rowsharelock'), ('rowexclusivelock'), ('shareupdateexclusivelock'), ('sharelock'),
  ('sharerowexclusivelock'), ('exclusivelock'), ('accessexclusivelock'), ('sireadlock')) AS m(mode)
LEFT JOIN pg_locks l ON l.database = d.oid AND lower(l.mode) = m.mode
WHERE NOT d.datistemplate GROUP BY d.datname, m.mode`

	replicationStatement = `
SELECT pg_is_in_recovery()::int AS replica, CASE
  WHEN NOT pg_is_in_recovery() THEN 0
  WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() AND EXISTS (SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming') THEN 0
  WHEN pg_last_xact_replay_timestamp() IS NOT NULL THEN greatest(0, extract(epoch FROM now() - pg_last_xact_replay_timestamp())) END AS lag`

	// Two standbys may have the same names: they are one series then, of the one
	// that is furthest behind.
	standbysStatement = `
SELECT r.application_name, host(r.client_addr) AS client_addr, r.state, s.slot_name,
  max(pg_wal_lsn_diff(p.lsn, '0/0')) AS lsn, max(pg_wal_lsn_diff(p.lsn, r.replay_lsn)) AS behind
FROM pg_stat_replication r
LEFT JOIN pg_replication_slots s ON s.active_pid = r.pid
CROSS JOIN (SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_lsn() END AS lsn) p
GROUP BY 1, 2, 3, 4`

	slotsStatement = `
SELECT slot_name, database, active::int AS active,
  pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_lsn() END, restart_lsn) AS behind
FROM pg_replication_slots`
)

// Meta describes the series of this package.
func Meta() []metric.Meta {
	tables := [][]batch.Field{variables()}
	for _, q := range questions() {
		tables = append(tables, q.fields)
	}
	return append(batch.Meta(tables...), metric.Meta{Name: "pg_up", Type: "gauge", Help: "Whether the server answered."})
}
