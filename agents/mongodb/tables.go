package mongodb

import (
	"slices"

	"plimsoll/agents/batch"
	"plimsoll/internal/metric"
)

const lag = "mongodb_mongod_replset_member_replication_lag"

func counter(key, name, help string, pairs ...string) batch.Field {
	return batch.Field{Key: key, Kind: metric.Counter, Name: "mongodb_ss_" + name, Help: help, Pairs: pairs}
}

func gauge(key, name, help string, pairs ...string) batch.Field {
	return batch.Field{Key: key, Name: "mongodb_ss_" + name, Help: help, Pairs: pairs}
}

// each makes a family of the values of a document, with their names as a label.
func each(make func(key, name, help string, pairs ...string) batch.Field, path, name, help, label string, keys ...string) []batch.Field {
	var out []batch.Field
	for _, key := range keys {
		out = append(out, make(path+"."+key, name, help, label, key))
	}
	return out
}

// status are told by serverStatus.
func status() []batch.Field {
	operations := []string{"insert", "query", "update", "delete", "getmore", "command"}
	return slices.Concat(
		each(counter, "opcounters", "opcounters", "Operations by kind.", "legacy_op_type", operations...),
		each(counter, "opcountersRepl", "opcountersRepl", "Replicated operations by kind.", "legacy_op_type", operations...),
		each(counter, "asserts", "asserts", "Assertions by kind.", "assert_type", "regular", "warning", "msg", "user", "rollovers"),
		each(gauge, "connections", "connections", "Connections by kind; totalCreated grows.", "conn_type", "current", "available", "active", "totalCreated"),
		each(gauge, "globalLock.currentQueue", "globalLock_currentQueue", "Operations that wait for a lock.", "count_type", "total", "readers", "writers"),
		each(counter, "metrics.document", "metrics_document", "Documents by what was done with them.", "doc_op_type", "deleted", "inserted", "returned", "updated"),
		each(gauge, "metrics.cursor.open", "metrics_cursor_open", "Open cursors.", "csr_type", "total", "pinned", "noTimeout"),
		latencies(), queueTickets(), process(), engine(),
	)
}

// latencies are told of reads, writes, commands and transactions.
func latencies() []batch.Field {
	var out []batch.Field
	for _, kind := range []string{"reads", "writes", "commands", "transactions"} {
		out = append(out,
			counter("opLatencies."+kind+".latency", "opLatencies_latency", "Microseconds that operations took.", "op_type", kind),
			counter("opLatencies."+kind+".ops", "opLatencies_ops", "Operations timed.", "op_type", kind))
	}
	return out
}

// queueTickets are the tickets that reads and writes need in the storage engine.
func queueTickets() []batch.Field {
	var out []batch.Field
	for _, side := range []string{"read", "write"} {
		path := "wiredTiger.concurrentTransactions." + side
		out = append(out,
			gauge(path+".out", "wt_concurrentTransactions_out", "Tickets in use.", "txn_rw", side),
			gauge(path+".available", "wt_concurrentTransactions_available", "Tickets left.", "txn_rw", side),
			gauge(path+".totalTickets", "wt_concurrentTransactions_totalTickets", "Tickets there are.", "txn_rw", side))
	}
	return out
}

// process are told of the server as a whole.
func process() []batch.Field {
	return []batch.Field{
		gauge("uptime", "uptime", "Seconds since the start."),
		gauge("globalLock.activeClients.total", "globalLock_activeClients_total", "Clients with an operation under way."),
		gauge("globalLock.activeClients.readers", "globalLock_activeClients_readers", "Of these, the ones that read."),
		gauge("globalLock.activeClients.writers", "globalLock_activeClients_writers", "Of these, the ones that write."),
		counter("globalLock.totalTime", "globalLock_totalTime", "Microseconds since the start."),
		gauge("mem.resident", "mem_resident", "Resident memory, MiB."),
		gauge("mem.virtual", "mem_virtual", "Virtual memory, MiB."),
		counter("network.bytesIn", "network_bytesIn", "Bytes received."),
		counter("network.bytesOut", "network_bytesOut", "Bytes sent."),
		counter("network.physicalBytesIn", "network_physicalBytesIn", "Bytes received, compressed."),
		counter("network.physicalBytesOut", "network_physicalBytesOut", "Bytes sent, compressed."),
		counter("network.numRequests", "network_numRequests", "Requests."),
		counter("extra_info.page_faults", "extra_info_page_faults", "Page faults that needed the disk."),
		counter("extra_info.user_time_us", "extra_info_user_time_us", "CPU time in user mode, microseconds."),
		counter("extra_info.system_time_us", "extra_info_system_time_us", "CPU time in system mode, microseconds."),
		counter("metrics.cursor.timedOut", "metrics_cursor_timedOut", "Cursors closed because nobody used them."),
		counter("metrics.getLastError.wtime.num", "metrics_getLastError_wtime_num", "Writes that waited for other members."),
		counter("metrics.getLastError.wtime.totalMillis", "metrics_getLastError_wtime_totalMillis", "How long they waited, milliseconds."),
		counter("metrics.getLastError.wtimeouts", "metrics_getLastError_wtimeouts", "Those that waited in vain."),
		counter("metrics.operation.scanAndOrder", "metrics_operation_scanAndOrder", "Queries that sorted without an index."),
		counter("metrics.operation.writeConflicts", "metrics_operation_writeConflicts", "Writes that met another one."),
		counter("metrics.queryExecutor.scanned", "metrics_queryExecutor_scanned", "Index entries gone over."),
		counter("metrics.queryExecutor.scannedObjects", "metrics_queryExecutor_scannedObjects", "Documents gone over."),
		counter("metrics.queryExecutor.collectionScans.total", "metrics_queryExecutor_collectionScans_total", "Queries that read a whole collection."),
		counter("metrics.ttl.deletedDocuments", "metrics_ttl_deletedDocuments", "Documents whose time was over."),
		counter("metrics.ttl.passes", "metrics_ttl_passes", "Searches for them."),
		gauge("metrics.repl.buffer.count", "metrics_repl_buffer_count", "Operations that wait to be applied."),
		gauge("metrics.repl.buffer.sizeBytes", "metrics_repl_buffer_sizeBytes", "Bytes of them."),
		gauge("metrics.repl.buffer.maxSizeBytes", "metrics_repl_buffer_maxSizeBytes", "Bytes of them that there may be."),
		counter("metrics.repl.network.bytes", "metrics_repl_network_bytes", "Bytes read from the member that is followed."),
		counter("metrics.repl.network.ops", "metrics_repl_network_ops", "Operations read from it."),
		counter("metrics.repl.apply.ops", "metrics_repl_apply_ops", "Operations applied."),
		counter("metrics.repl.apply.batches.num", "metrics_repl_apply_batches_num", "Batches of them."),
		counter("metrics.repl.apply.batches.totalMillis", "metrics_repl_apply_batches_totalMillis", "How long they took, milliseconds."),
		gauge("transactions.currentActive", "transactions_currentActive", "Transactions with an operation under way."),
		gauge("transactions.currentInactive", "transactions_currentInactive", "Transactions without one."),
		gauge("transactions.currentOpen", "transactions_currentOpen", "Open transactions."),
		counter("transactions.totalStarted", "transactions_totalStarted", "Transactions begun."),
		counter("transactions.totalCommitted", "transactions_totalCommitted", "Transactions committed."),
		counter("transactions.totalAborted", "transactions_totalAborted", "Transactions aborted."),
	}
}

// engine are told of WiredTiger.
func engine() []batch.Field {
	const cache = "wiredTiger.cache."
	return []batch.Field{
		gauge(cache+"maximum bytes configured", "wt_cache_maximum_bytes_configured", "Bytes that the cache may have."),
		gauge(cache+"bytes currently in the cache", "wt_cache_bytes_currently_in_the_cache", "Bytes in the cache."),
		gauge(cache+"tracked dirty bytes in the cache", "wt_cache_tracked_dirty_bytes_in_the_cache", "Bytes of the cache that wait to be written."),
		gauge(cache+"pages currently held in the cache", "wt_cache_pages_currently_held_in_the_cache", "Pages in the cache."),
		counter(cache+"bytes read into cache", "wt_cache_bytes_read_into_cache", "Bytes read into the cache."),
		counter(cache+"bytes written from cache", "wt_cache_bytes_written_from_cache", "Bytes written from the cache."),
		counter(cache+"pages read into cache", "wt_cache_pages_read_into_cache", "Pages read into the cache."),
		counter(cache+"pages written from cache", "wt_cache_pages_written_from_cache", "Pages written from the cache."),
		counter(cache+"pages requested from the cache", "wt_cache_pages_requested_from_the_cache", "Pages asked for."),
		counter(cache+"modified pages evicted", "wt_cache_modified_pages_evicted", "Pages written and put out of the cache."),
		counter(cache+"unmodified pages evicted", "wt_cache_unmodified_pages_evicted", "Pages put out of the cache."),
		counter(cache+"pages evicted by application threads", "wt_cache_pages_evicted_by_application_threads", "Pages that operations had to put out themselves."),
		counter("wiredTiger.block-manager.bytes read", "wt_block_manager_bytes_read", "Bytes read from disk."),
		counter("wiredTiger.block-manager.bytes written", "wt_block_manager_bytes_written", "Bytes written to disk."),
		counter("wiredTiger.log.log bytes written", "wt_log_log_bytes_written", "Bytes written to the journal."),
		counter("wiredTiger.log.log sync operations", "wt_log_log_sync_operations", "Times the journal was synced."),
		gauge("wiredTiger.transaction.transaction checkpoint most recent time (msecs)", "wt_txn_transaction_checkpoint_most_recent_time_msecs", "How long the last checkpoint took, milliseconds."),
	}
}

// set are told of a replica set.
func set() []batch.Field {
	return []batch.Field{
		{Key: "myState", Name: "mongodb_rs_myState", Help: "1 primary, 2 secondary, 3 recovering, 7 arbiter, …"},
		{Key: "term", Name: "mongodb_rs_term", Help: "How many elections there were."},
		{Key: "heartbeatIntervalMillis", Name: "mongodb_rs_heartbeatIntervalMillis", Help: "Milliseconds between heartbeats."},
	}
}

// members are told of each member of a replica set.
func members() []batch.Field {
	return []batch.Field{
		{Key: "health", Name: "mongodb_rs_members_health", Help: "Whether the member can be reached."},
		{Key: "state", Name: "mongodb_rs_members_state", Help: "1 primary, 2 secondary, 3 recovering, 7 arbiter, 8 down, …"},
		{Key: "uptime", Name: "mongodb_rs_members_uptime", Help: "Seconds since the member was last lost, or started."},
		{Key: "optimeDate", Name: "mongodb_rs_members_optimeDate", Help: "When the member carried out its last operation, milliseconds since the Unix epoch."},
		{Key: "pingMs", Name: "mongodb_rs_members_pingMs", Help: "Milliseconds that a message to the member takes."},
		{Key: "self", Name: "mongodb_rs_members_self", Help: "Whether the member is the one that was asked."},
	}
}
