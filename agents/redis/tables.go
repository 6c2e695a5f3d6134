package redis

import (
	"plimsoll/agents/batch"
	"plimsoll/internal/metric"
)

// server are told under Server, Clients and Memory.
func server() []batch.Field {
	return []batch.Field{
		{Key: "uptime_in_seconds", Name: "redis_uptime_in_seconds", Help: "How long the server has been running."},
		{Key: "process_id", Name: "redis_process_id", Help: "The server's process."},
		{Key: "io_threads_active", Name: "redis_io_threads_active", Help: "Whether threads read and write."},
		{Key: "connected_clients", Name: "redis_connected_clients", Help: "Clients connected now, replicas not among them."},
		{Key: "maxclients", Name: "redis_config_maxclients", Help: "Clients that may be connected."},
		{Key: "cluster_connections", Name: "redis_cluster_connections", Help: "Connections on the cluster's bus."},
		{Key: "client_recent_max_input_buffer", Name: "redis_client_recent_max_input_buffer_bytes", Help: "The largest input buffer of a client lately."},
		{Key: "client_recent_max_output_buffer", Name: "redis_client_recent_max_output_buffer_bytes", Help: "The largest output buffer of a client lately."},
		{Key: "blocked_clients", Name: "redis_blocked_clients", Help: "Clients that wait in a call such as BLPOP."},
		{Key: "tracking_clients", Name: "redis_tracking_clients", Help: "Clients that are told of changed keys."},
		{Key: "clients_in_timeout_table", Name: "redis_clients_in_timeout_table", Help: "Clients whose wait has an end."},
		{Key: "used_memory", Name: "redis_memory_used_bytes", Help: "Memory that holds data and all else."},
		{Key: "used_memory_rss", Name: "redis_memory_used_rss_bytes", Help: "Memory as the operating system sees it."},
		{Key: "used_memory_peak", Name: "redis_memory_used_peak_bytes", Help: "The most memory that was used."},
		{Key: "used_memory_overhead", Name: "redis_memory_used_overhead_bytes", Help: "Memory that the server needs to manage its data."},
		{Key: "used_memory_startup", Name: "redis_memory_used_startup_bytes", Help: "Memory used at the start."},
		{Key: "used_memory_dataset", Name: "redis_memory_used_dataset_bytes", Help: "Memory that holds data."},
		{Key: "used_memory_lua", Name: "redis_memory_used_lua_bytes", Help: "Memory of the Lua engine."},
		{Key: "used_memory_scripts", Name: "redis_memory_used_scripts_bytes", Help: "Memory of scripts."},
		{Key: "maxmemory", Name: "redis_memory_max_bytes", Help: "Memory that may be used; 0 means any amount."},
		{Key: "maxmemory", Name: "redis_config_maxmemory", Help: "Memory that may be used; 0 means any amount."},
		{Key: "allocator_active", Name: "redis_allocator_active_bytes", Help: "Memory in pages of the allocator that are in use."},
		{Key: "allocator_allocated", Name: "redis_allocator_allocated_bytes", Help: "Memory taken from the allocator."},
		{Key: "allocator_resident", Name: "redis_allocator_resident_bytes", Help: "Memory that the allocator holds."},
		{Key: "allocator_frag_bytes", Name: "redis_allocator_frag_bytes", Help: "Memory lost between blocks."},
		{Key: "allocator_frag_ratio", Name: "redis_allocator_frag_ratio", Help: "Active to allocated memory."},
		{Key: "allocator_rss_bytes", Name: "redis_allocator_rss_bytes", Help: "Memory that the allocator could give back."},
		{Key: "allocator_rss_ratio", Name: "redis_allocator_rss_ratio", Help: "Resident to active memory."},
		{Key: "mem_fragmentation_ratio", Name: "redis_mem_fragmentation_ratio", Help: "Resident to used memory."},
		{Key: "mem_fragmentation_bytes", Name: "redis_mem_fragmentation_bytes", Help: "Resident less used memory."},
		{Key: "mem_not_counted_for_evict", Name: "redis_mem_not_counted_for_eviction_bytes", Help: "Memory that does not count towards eviction."},
		{Key: "mem_clients_normal", Name: "redis_mem_clients_normal", Help: "Memory of clients' buffers."},
		{Key: "mem_clients_slaves", Name: "redis_mem_clients_slaves", Help: "Memory of replicas' buffers."},
		{Key: "number_of_cached_scripts", Name: "redis_number_of_cached_scripts", Help: "Scripts kept."},
		{Key: "active_defrag_running", Name: "redis_active_defrag_running", Help: "Whether memory is being defragmented."},
		{Key: "lazyfree_pending_objects", Name: "redis_lazyfree_pending_objects", Help: "Objects that wait to be freed."},
	}
}

// persistence are told under Persistence.
func persistence() []batch.Field {
	return []batch.Field{
		{Key: "loading", Name: "redis_loading_dump_file", Help: "Whether a dump is being loaded."},
		{Key: "rdb_changes_since_last_save", Name: "redis_rdb_changes_since_last_save", Help: "Changes since the last dump."},
		{Key: "rdb_bgsave_in_progress", Name: "redis_rdb_bgsave_in_progress", Help: "Whether a dump is being written."},
		{Key: "rdb_last_save_time", Name: "redis_rdb_last_save_timestamp_seconds", Help: "When the last dump was written, in seconds since the Unix epoch."},
		{Key: "rdb_last_bgsave_status", Name: "redis_rdb_last_bgsave_status", Help: "Whether the last dump was written well."},
		{Key: "rdb_last_bgsave_time_sec", Name: "redis_rdb_last_bgsave_duration_sec", Help: "How long the last dump took."},
		{Key: "rdb_current_bgsave_time_sec", Name: "redis_rdb_current_bgsave_duration_sec", Help: "How long the present dump has taken; -1: there is none."},
		{Key: "rdb_last_cow_size", Name: "redis_rdb_last_cow_size_bytes", Help: "Memory copied while the last dump was written."},
		{Key: "aof_enabled", Name: "redis_aof_enabled", Help: "Whether commands are logged to a file."},
		{Key: "aof_rewrite_in_progress", Name: "redis_aof_rewrite_in_progress", Help: "Whether that file is being rewritten."},
		{Key: "aof_rewrite_scheduled", Name: "redis_aof_rewrite_scheduled", Help: "Whether a rewrite of it waits for a dump to end."},
		{Key: "aof_last_rewrite_time_sec", Name: "redis_aof_last_rewrite_duration_sec", Help: "How long its last rewrite took."},
		{Key: "aof_current_rewrite_time_sec", Name: "redis_aof_current_rewrite_duration_sec", Help: "How long its present rewrite has taken; -1: there is none."},
		{Key: "aof_last_bgrewrite_status", Name: "redis_aof_last_bgrewrite_status", Help: "Whether its last rewrite went well."},
		{Key: "aof_last_write_status", Name: "redis_aof_last_write_status", Help: "Whether the last write to it went well."},
		{Key: "aof_last_cow_size", Name: "redis_aof_last_cow_size_bytes", Help: "Memory copied during its last rewrite."},
		{Key: "aof_current_size", Name: "redis_aof_current_size_bytes", Help: "Size of that file."},
		{Key: "aof_base_size", Name: "redis_aof_base_size_bytes", Help: "Size of that file after its last rewrite."},
	}
}

// traffic are told under Stats, Replication and CPU.
func traffic() []batch.Field {
	return []batch.Field{
		{Key: "total_connections_received", Kind: metric.Counter, Name: "redis_connections_received_total", Help: "Connections accepted."},
		{Key: "total_commands_processed", Kind: metric.Counter, Name: "redis_commands_processed_total", Help: "Commands."},
		{Key: "total_net_input_bytes", Kind: metric.Counter, Name: "redis_net_input_bytes_total", Help: "Bytes received."},
		{Key: "total_net_output_bytes", Kind: metric.Counter, Name: "redis_net_output_bytes_total", Help: "Bytes sent."},
		{Key: "rejected_connections", Kind: metric.Counter, Name: "redis_rejected_connections_total", Help: "Connections refused because of maxclients."},
		{Key: "sync_full", Kind: metric.Counter, Name: "redis_replica_resyncs_full", Help: "Replicas that had to be given everything."},
		{Key: "sync_partial_ok", Kind: metric.Counter, Name: "redis_replica_partial_resync_accepted", Help: "Replicas that could go on where they were."},
		{Key: "sync_partial_err", Kind: metric.Counter, Name: "redis_replica_partial_resync_denied", Help: "Replicas that could not go on where they were."},
		{Key: "expired_keys", Kind: metric.Counter, Name: "redis_expired_keys_total", Help: "Keys that expired."},
		{Key: "expired_stale_perc", Name: "redis_expired_stale_percentage", Help: "Share of keys that have expired and are still there, percent."},
		{Key: "expired_time_cap_reached_count", Kind: metric.Counter, Name: "redis_expired_time_cap_reached_total", Help: "Times the search for expired keys had to stop."},
		{Key: "evicted_keys", Kind: metric.Counter, Name: "redis_evicted_keys_total", Help: "Keys that went because of maxmemory."},
		{Key: "keyspace_hits", Kind: metric.Counter, Name: "redis_keyspace_hits_total", Help: "Look-ups that found their key."},
		{Key: "keyspace_misses", Kind: metric.Counter, Name: "redis_keyspace_misses_total", Help: "Look-ups that did not find their key."},
		{Key: "pubsub_channels", Name: "redis_pubsub_channels", Help: "Channels with subscribers."},
		{Key: "pubsub_patterns", Name: "redis_pubsub_patterns", Help: "Patterns with subscribers."},
		{Key: "latest_fork_usec", Name: "redis_latest_fork_seconds", Help: "How long the last fork took.", Scale: 1e-6},
		{Key: "migrate_cached_sockets", Name: "redis_migrate_cached_sockets_total", Help: "Sockets kept for MIGRATE."},
		{Key: "slave_expires_tracked_keys", Name: "redis_slave_expires_tracked_keys", Help: "Keys with an end that a writable replica watches."},
		{Key: "active_defrag_hits", Kind: metric.Counter, Name: "redis_defrag_hits", Help: "Values moved by defragmentation."},
		{Key: "active_defrag_misses", Kind: metric.Counter, Name: "redis_defrag_misses", Help: "Moves of values that were broken off."},
		{Key: "active_defrag_key_hits", Kind: metric.Counter, Name: "redis_defrag_key_hits", Help: "Keys defragmented."},
		{Key: "active_defrag_key_misses", Kind: metric.Counter, Name: "redis_defrag_key_misses", Help: "Keys passed over by defragmentation."},
		{Key: "unexpected_error_replies", Kind: metric.Counter, Name: "redis_unexpected_error_replies", Help: "Errors that a server should not answer."},
		{Key: "total_error_replies", Kind: metric.Counter, Name: "redis_total_error_replies", Help: "Errors answered."},
		{Key: "total_reads_processed", Kind: metric.Counter, Name: "redis_total_reads_processed", Help: "Reads from clients."},
		{Key: "total_writes_processed", Kind: metric.Counter, Name: "redis_total_writes_processed", Help: "Writes to clients."},
		{Key: "master_repl_offset", Name: "redis_master_repl_offset", Help: "How far the stream to replicas is, in bytes."},
		{Key: "second_repl_offset", Name: "redis_second_repl_offset", Help: "Up to where the stream of the former master holds."},
		{Key: "repl_backlog_active", Name: "redis_repl_backlog_is_active", Help: "Whether the stream to replicas is kept."},
		{Key: "repl_backlog_size", Name: "redis_replication_backlog_bytes", Help: "How much of the stream is kept."},
		{Key: "repl_backlog_first_byte_offset", Name: "redis_repl_backlog_first_byte_offset", Help: "Where what is kept begins."},
		{Key: "repl_backlog_histlen", Name: "redis_repl_backlog_history_bytes", Help: "How much of it there is."},
		{Key: "connected_slaves", Name: "redis_connected_slaves", Help: "Replicas connected."},
		{Key: "used_cpu_sys", Kind: metric.Counter, Name: "redis_cpu_sys_seconds_total", Help: "CPU time in system mode."},
		{Key: "used_cpu_user", Kind: metric.Counter, Name: "redis_cpu_user_seconds_total", Help: "CPU time in user mode."},
		{Key: "used_cpu_sys_children", Kind: metric.Counter, Name: "redis_cpu_sys_children_seconds_total", Help: "CPU time of children in system mode."},
		{Key: "used_cpu_user_children", Kind: metric.Counter, Name: "redis_cpu_user_children_seconds_total", Help: "CPU time of children in user mode."},
		{Key: "used_cpu_sys_main_thread", Kind: metric.Counter, Name: "redis_cpu_sys_main_thread_seconds_total", Help: "CPU time of the main thread in system mode."},
		{Key: "used_cpu_user_main_thread", Kind: metric.Counter, Name: "redis_cpu_user_main_thread_seconds_total", Help: "CPU time of the main thread in user mode."},
		{Key: "cluster_enabled", Name: "redis_cluster_enabled", Help: "Whether the server belongs to a cluster."},
		{Key: "slave_priority", Name: "redis_slave_priority", Help: "Priority of a replica to become master."},
	}
}
