// Package postgres measures a PostgreSQL (from 12 on) by SQL, with the names and
// labels of prometheus-community/postgres_exporter 0.15, so that its dashboards
// and rules work on our data.
//
//	statement ─► rows ─► column by column: series, other columns: labels
//
// The table questions holds every statement with the series its columns become.
//
// What holds:
//   - Only the statistics' views are read, in one database: no table of anybody's
//     is touched, and nothing is asked for each database. Templates have no series.
//   - pg_replication_lag_seconds is 0 on a primary, as the exporter has it. On a
//     standby it is 0 only while it is connected and has replayed all it received;
//     otherwise it is the time since the last transaction it replayed, so that a
//     standby that is cut off does not look as if it were up to date. None while
//     nothing was replayed yet.
//   - What is NULL has no sample.
//   - Counters are raw; pg_stat_reset sets them back, which the store takes for
//     the reset it is.
//   - The sizes of databases are asked for at most every five minutes, as the
//     server looks at every file for it, and told at each tick.
//   - A connection lasts one tick, reads no more than maxRead bytes, and ends with
//     the tick's deadline. A moment before, the driver asks the server to stop the
//     statement, within ten seconds. The password is read from its file each time and is in
//     no error.
//   - Where the exporter adds a label server there is instance.
//
// The account needs the role pg_monitor and no more.
//
// Source of the format: the manual's chapters "The Cumulative Statistics System"
// and "System Views"; names from the exporter's README and its output, 0.11 and
// 0.15. Tried with PostgreSQL 15, primary and standby; pg_stat_checkpointer of 17
// is built on the manual.
package postgres
