package mysql

// innodbCounters are status values of InnoDB that grow.
func innodbCounters() []told {
	return []told{
		{"innodb_buffer_pool_read_ahead", "Pages read ahead."},
		{"innodb_buffer_pool_read_ahead_evicted", "Pages read ahead that nobody wanted."},
		{"innodb_buffer_pool_read_ahead_rnd", "Random read-aheads."},
		{"innodb_buffer_pool_read_requests", "Pages asked of the buffer pool."},
		{"innodb_buffer_pool_reads", "Of these, the ones that had to be read from disk."},
		{"innodb_buffer_pool_wait_free", "Waits for a free page."},
		{"innodb_buffer_pool_write_requests", "Writes to the buffer pool."},
		{"innodb_data_fsyncs", "Calls of fsync."},
		{"innodb_data_read", "Bytes read."},
		{"innodb_data_reads", "Reads."},
		{"innodb_data_writes", "Writes."},
		{"innodb_data_written", "Bytes written."},
		{"innodb_dblwr_pages_written", "Pages written twice for safety."},
		{"innodb_dblwr_writes", "Writes to the doublewrite buffer."},
		{"innodb_deadlocks", "Deadlocks."},
		{"innodb_ibuf_merges", "Merges of the change buffer."},
		{"innodb_log_waits", "Waits for room in the log buffer."},
		{"innodb_log_write_requests", "Writes to the log buffer."},
		{"innodb_log_writes", "Writes to the log."},
		{"innodb_lsn_current", "Bytes of redo log made: the log sequence number."},
		{"innodb_lsn_flushed", "Bytes of redo log that are safe."},
		{"innodb_lsn_last_checkpoint", "Bytes of redo log that recovery no longer needs."},
		{"innodb_os_log_fsyncs", "Calls of fsync for the log."},
		{"innodb_os_log_written", "Bytes written to the log."},
		{"innodb_pages_created", "Pages made."},
		{"innodb_pages_read", "Pages read."},
		{"innodb_pages_written", "Pages written."},
		{"innodb_row_lock_time", "Milliseconds spent waiting for row locks."},
		{"innodb_row_lock_waits", "Waits for row locks."},
	}
}

// innodbGauges are status values of InnoDB that stand for themselves.
func innodbGauges() []told {
	return []told{
		{"innodb_buffer_pool_bytes_data", "Bytes of data in the buffer pool."},
		{"innodb_buffer_pool_bytes_dirty", "Bytes of the buffer pool that wait to be written."},
		{"innodb_checkpoint_age", "Bytes of redo log since the last checkpoint."},
		{"innodb_checkpoint_max_age", "Bytes of redo log at which all waits for a checkpoint."},
		{"innodb_data_pending_fsyncs", "Calls of fsync under way."},
		{"innodb_data_pending_reads", "Reads under way."},
		{"innodb_data_pending_writes", "Writes under way."},
		{"innodb_history_list_length", "Old versions of rows that wait for purge, in transactions."},
		{"innodb_mem_adaptive_hash", "Bytes of the adaptive hash index."},
		{"innodb_mem_dictionary", "Bytes of the data dictionary."},
		{"innodb_num_open_files", "Files that InnoDB has open."},
		{"innodb_os_log_pending_fsyncs", "Calls of fsync for the log under way."},
		{"innodb_os_log_pending_writes", "Writes of the log under way."},
		{"innodb_page_size", "Bytes of a page."},
		{"innodb_row_lock_current_waits", "Transactions that wait for row locks."},
		{"innodb_row_lock_time_avg", "Mean wait for a row lock, in milliseconds."},
		{"innodb_row_lock_time_max", "Longest wait for a row lock, in milliseconds."},
	}
}
