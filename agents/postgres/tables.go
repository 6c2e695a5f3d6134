package postgres

import (
	"plimsoll/agents/batch"
	"plimsoll/internal/metric"
)

func counter(key, name, help string) batch.Field {
	return batch.Field{Key: key, Kind: metric.Counter, Name: name, Help: help}
}

func gauge(key, name, help string) batch.Field {
	return batch.Field{Key: key, Name: name, Help: help}
}

// databases are columns of pg_stat_database.
func databases() []batch.Field {
	fields := []batch.Field{gauge("numbackends", "pg_stat_database_numbackends", "Connections to the database.")}
	for _, c := range [][2]string{
		{"xact_commit", "Transactions committed."},
		{"xact_rollback", "Transactions rolled back."},
		{"blks_read", "Blocks read from disk or the system's cache."},
		{"blks_hit", "Blocks found in shared buffers."},
		{"tup_returned", "Rows that scans went over."},
		{"tup_fetched", "Rows fetched by indexes."},
		{"tup_inserted", "Rows inserted."},
		{"tup_updated", "Rows updated."},
		{"tup_deleted", "Rows deleted."},
		{"conflicts", "Queries of a standby ended because of what it replayed."},
		{"temp_files", "Temporary files written."},
		{"temp_bytes", "Bytes of temporary files written."},
		{"deadlocks", "Deadlocks."},
		{"checksum_failures", "Blocks with a wrong checksum."},
		{"blk_read_time", "Milliseconds spent reading blocks, where track_io_timing is on."},
		{"blk_write_time", "Milliseconds spent writing blocks, where track_io_timing is on."},
		{"sessions", "Sessions begun."},
		{"sessions_abandoned", "Sessions whose client was lost."},
		{"sessions_fatal", "Sessions ended by a fatal error."},
		{"sessions_killed", "Sessions ended by an operator."},
	} {
		fields = append(fields, counter(c[0], "pg_stat_database_"+c[0], c[1]))
	}
	active := counter("active_time", "pg_stat_database_active_time_seconds_total", "Time spent in statements.")
	active.Scale = 1e-3
	return append(fields, active)
}

func wraparound() []batch.Field {
	return []batch.Field{gauge("age", "pg_database_wraparound_age_datfrozenxid_seconds", "Age of the oldest transaction id that is not frozen, in transactions, whatever the name says.")}
}

func sizes() []batch.Field {
	return []batch.Field{gauge("size", "pg_database_size_bytes", "What the database takes on disk.")}
}

func activity() []batch.Field {
	return []batch.Field{
		gauge("count", "pg_stat_activity_count", "Connections by state."),
		gauge("longest", "pg_stat_activity_max_tx_duration", "Seconds the longest transaction of that state has lasted."),
	}
}

func locks() []batch.Field {
	return []batch.Field{gauge("count", "pg_locks_count", "Locks held or waited for, by mode.")}
}

// bgwriter are columns of pg_stat_bgwriter; from 17 on it has only three of them.
func bgwriter() []batch.Field {
	var fields []batch.Field
	for _, c := range [][2]string{
		{"checkpoints_timed", "Checkpoints because of checkpoint_timeout."},
		{"checkpoints_req", "Checkpoints because they were asked for, or of max_wal_size."},
		{"checkpoint_write_time", "Milliseconds that checkpoints spent writing."},
		{"checkpoint_sync_time", "Milliseconds that checkpoints spent in fsync."},
		{"buffers_checkpoint", "Buffers written by checkpoints."},
		{"buffers_clean", "Buffers written by the background writer."},
		{"maxwritten_clean", "Times the background writer stopped because it had written enough."},
		{"buffers_backend", "Buffers that connections had to write themselves."},
		{"buffers_backend_fsync", "Times connections had to call fsync themselves."},
		{"buffers_alloc", "Buffers allocated."},
	} {
		fields = append(fields, counter(c[0], "pg_stat_bgwriter_"+c[0]+"_total", c[1]))
	}
	return fields
}

// checkpointer are columns of pg_stat_checkpointer.
func checkpointer() []batch.Field {
	var fields []batch.Field
	for _, c := range [][2]string{
		{"num_timed", "Checkpoints because of checkpoint_timeout."},
		{"num_requested", "Checkpoints because they were asked for, or of max_wal_size."},
		{"restartpoints_timed", "Restartpoints because of checkpoint_timeout."},
		{"restartpoints_req", "Restartpoints that were asked for."},
		{"restartpoints_done", "Restartpoints carried out."},
		{"write_time", "Milliseconds that checkpoints spent writing."},
		{"sync_time", "Milliseconds that checkpoints spent in fsync."},
		{"buffers_written", "Buffers written by checkpoints."},
	} {
		fields = append(fields, counter(c[0], "pg_stat_checkpointer_"+c[0]+"_total", c[1]))
	}
	return fields
}

func archiver() []batch.Field {
	return []batch.Field{
		counter("archived_count", "pg_stat_archiver_archived_count", "WAL files archived."),
		counter("failed_count", "pg_stat_archiver_failed_count", "Attempts to archive a WAL file that failed."),
		gauge("age", "pg_stat_archiver_last_archive_age", "Seconds since a WAL file was archived."),
	}
}

func wal() []batch.Field {
	return []batch.Field{
		gauge("segments", "pg_wal_segments", "Files of WAL."),
		gauge("size", "pg_wal_size_bytes", "Bytes of WAL on disk."),
	}
}

func replication() []batch.Field {
	return []batch.Field{
		gauge("lag", "pg_replication_lag_seconds", "How far a standby is behind; 0 on a primary."),
		gauge("replica", "pg_replication_is_replica", "Whether the server is a standby."),
	}
}

func standbys() []batch.Field {
	return []batch.Field{
		gauge("lsn", "pg_stat_replication_pg_current_wal_lsn_bytes", "How far WAL is written, in bytes."),
		gauge("behind", "pg_stat_replication_pg_wal_lsn_diff", "Bytes of WAL that a standby has not replayed."),
	}
}

func slots() []batch.Field {
	return []batch.Field{
		gauge("active", "pg_replication_slots_active", "Whether a slot is in use."),
		gauge("behind", "pg_replication_slots_pg_wal_lsn_diff", "Bytes of WAL that are kept for a slot."),
	}
}

func server() []batch.Field {
	return []batch.Field{gauge("one", "pg_static", "1, with the server's version as labels.")}
}

func start() []batch.Field {
	return []batch.Field{gauge("start", "pg_postmaster_start_time_seconds", "When the server was started, in seconds since the Unix epoch.")}
}

// variables are the settings that charts and rules compare with, by their name
// with its unit.
func variables() []batch.Field {
	var fields []batch.Field
	for _, c := range [][2]string{
		{"autovacuum", "Whether tables are vacuumed by the server itself."},
		{"autovacuum_freeze_max_age", "Age in transactions at which a table is vacuumed in any case."},
		{"autovacuum_max_workers", "Processes that vacuum at a time."},
		{"checkpoint_completion_target", "Share of the time between checkpoints over which one is spread."},
		{"checkpoint_timeout_seconds", "Time between checkpoints."},
		{"default_statistics_target", "How much is known of a column's values."},
		{"effective_cache_size_bytes", "What the planner takes the system's cache for."},
		{"effective_io_concurrency", "Reads that a query may have under way."},
		{"fsync", "Whether what is committed is on disk."},
		{"hot_standby", "Whether a standby takes queries."},
		{"maintenance_work_mem_bytes", "Memory for VACUUM and CREATE INDEX."},
		{"max_connections", "Connections that may be."},
		{"max_locks_per_transaction", "Locks that a transaction may have on average."},
		{"max_parallel_workers", "Processes that help queries."},
		{"max_parallel_workers_per_gather", "Of these, for a part of one query."},
		{"max_replication_slots", "Replication slots that may be."},
		{"max_slot_wal_keep_size_bytes", "WAL that slots may keep; -1: any amount."},
		{"max_wal_senders", "Standbys that may be connected."},
		{"max_wal_size_bytes", "WAL at which a checkpoint is begun."},
		{"max_worker_processes", "Background processes that may be."},
		{"min_wal_size_bytes", "WAL that is kept to be used again."},
		{"random_page_cost", "Cost of a page read at random."},
		{"reserved_connections", "Connections kept for roles that may have them."},
		{"seq_page_cost", "Cost of a page read in sequence."},
		{"shared_buffers_bytes", "Memory for shared buffers."},
		{"statement_timeout_seconds", "Time after which a statement is ended; 0: never."},
		{"superuser_reserved_connections", "Connections kept for superusers."},
		{"track_io_timing", "Whether reads and writes are timed."},
		{"wal_buffers_bytes", "Memory for WAL."},
		{"wal_keep_size_bytes", "WAL that is kept for standbys."},
		{"wal_segment_size_bytes", "Size of a file of WAL."},
		{"work_mem_bytes", "Memory for a sort or a hash table of a query."},
	} {
		fields = append(fields, gauge(c[0], "pg_settings_"+c[0], c[1]))
	}
	return fields
}
