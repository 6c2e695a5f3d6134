package mysql

import (
	"slices"

	"plimsoll/agents/batch"
	"plimsoll/internal/metric"
)

// status are the status values with a family each.
func status() []batch.Field {
	const prefix = "mysql_global_status_"
	dirty := batch.Field{Key: "innodb_buffer_pool_pages_dirty", Name: prefix + "buffer_pool_dirty_pages", Help: "Pages of the InnoDB buffer pool that wait to be written."}
	return slices.Concat(
		fields(prefix, metric.Counter, serverCounters()), fields(prefix, metric.Gauge, serverGauges()),
		fields(prefix, metric.Counter, innodbCounters()), fields(prefix, metric.Gauge, innodbGauges()),
		[]batch.Field{dirty},
	)
}

func serverCounters() []told {
	return []told{
		{"aborted_clients", "Connections that clients broke off."},
		{"aborted_connects", "Attempts to connect that failed."},
		{"access_denied_errors", "Clients and statements that were refused."},
		{"binlog_bytes_written", "Bytes written to the binary log."},
		{"binlog_cache_disk_use", "Transactions whose part of the binary log did not fit in memory."},
		{"binlog_cache_use", "Transactions that used the binary log's cache."},
		{"binlog_commits", "Transactions in the binary log."},
		{"binlog_group_commits", "Groups of transactions in the binary log."},
		{"binlog_stmt_cache_disk_use", "Other statements whose part of the binary log did not fit in memory."},
		{"binlog_stmt_cache_use", "Other statements that used the binary log's cache."},
		{"busy_time", "Seconds that statements took, where userstat is on."},
		{"bytes_received", "Bytes received from clients."},
		{"bytes_sent", "Bytes sent to clients."},
		{"connections", "Attempts to connect."},
		{"cpu_time", "CPU seconds that statements took, where userstat is on."},
		{"created_tmp_disk_tables", "Temporary tables on disk."},
		{"created_tmp_files", "Temporary files."},
		{"created_tmp_tables", "Temporary tables, on disk or in memory."},
		{"empty_queries", "Queries that found nothing."},
		{"key_read_requests", "Reads of blocks of the MyISAM key cache."},
		{"key_reads", "Of these, from disk."},
		{"key_write_requests", "Writes of blocks of the MyISAM key cache."},
		{"key_writes", "Of these, to disk."},
		{"max_statement_time_exceeded", "Statements that ran out of time."},
		{"max_execution_time_exceeded", "Statements that ran out of time."},
		{"opened_files", "Files opened."},
		{"opened_table_definitions", "Table definitions opened."},
		{"opened_tables", "Tables opened."},
		{"qcache_hits", "Queries answered by the query cache."},
		{"qcache_inserts", "Queries added to the query cache."},
		{"qcache_lowmem_prunes", "Queries that left the query cache for want of room."},
		{"qcache_not_cached", "Queries that the query cache did not take."},
		{"queries", "Statements, those of stored programs among them."},
		{"questions", "Statements of clients."},
		{"rows_read", "Rows read."},
		{"rows_sent", "Rows sent to clients."},
		{"select_full_join", "Joins without an index."},
		{"select_full_range_join", "Joins by a range of the table referred to."},
		{"select_range", "Joins by a range of the first table."},
		{"select_range_check", "Joins that look for an index after each row."},
		{"select_scan", "Joins that read all of the first table."},
		{"slow_launch_threads", "Threads that took long to make."},
		{"slow_queries", "Statements that took longer than long_query_time."},
		{"sort_merge_passes", "Passes of merging that sorts needed."},
		{"sort_range", "Sorts of a range."},
		{"sort_rows", "Rows sorted."},
		{"sort_scan", "Sorts of a whole table."},
		{"ssl_accepts", "Connections with TLS accepted."},
		{"table_locks_immediate", "Table locks had at once."},
		{"table_locks_waited", "Table locks waited for."},
		{"table_open_cache_hits", "Tables found open."},
		{"table_open_cache_misses", "Tables not found open."},
		{"table_open_cache_overflows", "Tables closed for want of room."},
		{"threads_created", "Threads made for connections."},
	}
}

func serverGauges() []told {
	return []told{
		{"key_blocks_not_flushed", "Blocks of the MyISAM key cache that wait to be written."},
		{"key_blocks_unused", "Blocks of the MyISAM key cache that are free."},
		{"key_blocks_used", "Blocks of the MyISAM key cache that were ever in use at once."},
		{"max_used_connections", "The most connections there were at once."},
		{"memory_used", "Bytes of memory in use."},
		{"open_files", "Open files."},
		{"open_table_definitions", "Open table definitions."},
		{"open_tables", "Open tables."},
		{"prepared_stmt_count", "Prepared statements."},
		{"qcache_free_blocks", "Free blocks of the query cache."},
		{"qcache_free_memory", "Free bytes of the query cache."},
		{"qcache_queries_in_cache", "Queries in the query cache."},
		{"qcache_total_blocks", "Blocks of the query cache."},
		{"rpl_semi_sync_master_clients", "Replicas that acknowledge."},
		{"rpl_semi_sync_master_status", "Whether replicas acknowledge transactions."},
		{"rpl_semi_sync_slave_status", "Whether this replica acknowledges transactions."},
		{"slave_open_temp_tables", "Temporary tables of the replication."},
		{"slave_running", "Whether the server replicates."},
		{"slaves_connected", "Replicas connected."},
		{"slaves_running", "Sources that are replicated."},
		{"threads_cached", "Threads kept for connections to come."},
		{"threads_connected", "Connections."},
		{"threads_running", "Threads that do not sleep: the measure of saturation."},
		{"uptime", "Seconds since the start."},
		{"uptime_since_flush_status", "Seconds since the start or the last FLUSH STATUS."},
	}
}
