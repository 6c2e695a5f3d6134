package mysql

import (
	"plimsoll/agents/batch"
	"plimsoll/internal/metric"
)

// Families of which values that are 0 are left out, as most are, for ever.
const (
	commands = "mysql_global_status_commands_total"
	perfLost = "mysql_global_status_performance_schema_lost_total"
)

// pageChanges is the family of innodb_buffer_pool_pages_ that are no states.
const pageChanges = "mysql_global_status_buffer_pool_page_changes_total"

// family is one of the families that status values share whose names begin with
// prefix; the rest of the name is the value of label.
type family struct {
	prefix, label string
	field         batch.Field
}

func shared() []family {
	counter := func(name, help string) batch.Field {
		return batch.Field{Kind: metric.Counter, Name: name, Help: help}
	}
	return []family{
		{"com_", "command", counter(commands, "Statements by kind.")},
		{"handler_", "handler", counter("mysql_global_status_handlers_total", "Requests of the server to its storage engines.")},
		{"connection_errors_", "error", counter("mysql_global_status_connection_errors_total", "Connections that were not made, by reason.")},
		{"innodb_buffer_pool_pages_", "operation", counter(pageChanges, "Changes of pages of the InnoDB buffer pool.")},
		{"innodb_rows_", "operation", counter("mysql_global_status_innodb_row_ops_total", "Rows that InnoDB read or changed.")},
		{"performance_schema_", "instrumentation", counter(perfLost, "Instruments of the performance schema that found no room.")},
	}
}

func poolPages() batch.Field {
	return batch.Field{Name: "mysql_global_status_buffer_pool_pages", Help: "Pages of the InnoDB buffer pool by state."}
}

// told names a value by its key, and says what it is.
type told struct{ key, help string }

func fields(prefix string, kind metric.Kind, list []told) []batch.Field {
	out := make([]batch.Field, 0, len(list))
	for _, t := range list {
		out = append(out, batch.Field{Key: t.key, Kind: kind, Name: prefix + t.key, Help: t.help})
	}
	return out
}

// engine are told in the InnoDB status. The history list has the name that
// information_schema.innodb_metrics gives it.
func engine() []batch.Field {
	return []batch.Field{
		{Key: "inside", Name: "mysql_engine_innodb_queries_inside_innodb", Help: "Queries that InnoDB works on."},
		{Key: "queue", Name: "mysql_engine_innodb_queries_in_queue", Help: "Queries that wait for InnoDB."},
		{Key: "views", Name: "mysql_engine_innodb_read_views_open_inside_innodb", Help: "Open read views."},
		{Key: "history", Name: "mysql_info_schema_innodb_metrics_transaction_trx_rseg_history_len", Help: "Length of the history list: old versions of rows that wait for purge."},
	}
}

func spaces() []batch.Field {
	return []batch.Field{
		{Key: "file_size", Name: "mysql_info_schema_innodb_tablespace_file_size_bytes", Help: "Apparent size of one of the largest tablespaces."},
		{Key: "allocated_size", Name: "mysql_info_schema_innodb_tablespace_allocated_size_bytes", Help: "What one of the largest tablespaces takes on disk."},
	}
}

// threads are told of threads with the same command and state: how many they
// are, and for how long.
func threads() []batch.Field {
	return []batch.Field{
		{Name: "mysql_info_schema_processlist_threads", Help: "Threads by command and state."},
		{Name: "mysql_info_schema_processlist_seconds", Help: "How long threads have been in that state, added up."},
	}
}

// follower are told of each source of a replica.
func follower() []batch.Field {
	return fields("mysql_slave_status_", metric.Gauge, []told{
		{"seconds_behind_master", "Seconds the replica is behind its source. None where it does not replicate."},
		{"slave_io_running", "Whether the replica is connected to its source and reads."},
		{"slave_sql_running", "Whether the replica applies what it read."},
		{"last_errno", "The last error while applying; 0: none."},
		{"last_io_errno", "The last error while reading; 0: none."},
		{"last_sql_errno", "The last error while applying; 0: none."},
		{"master_server_id", "The source's server_id."},
		{"master_port", "The source's port."},
		{"master_log_file", "Number of the source's log that is being read."},
		{"read_master_log_pos", "How far the source's log was read, in bytes."},
		{"relay_master_log_file", "Number of the source's log that is being applied."},
		{"exec_master_log_pos", "How far the source's log was applied, in bytes."},
		{"relay_log_pos", "How far the relay log was applied, in bytes."},
		{"relay_log_space", "Size of all relay logs, in bytes."},
		{"connect_retry", "Seconds between attempts to connect."},
		{"skip_counter", "Events that are to be skipped."},
		{"sql_delay", "Seconds the replica is held back on purpose."},
		{"sql_remaining_delay", "Seconds until the next event that is held back."},
		{"retried_transactions", "Transactions tried again."},
		{"slave_heartbeat_period", "Seconds between heartbeats of the source."},
		{"slave_received_heartbeats", "Heartbeats received."},
		{"master_ssl_allowed", "Whether the connection to the source may be encrypted."},
	})
}

// galera are told where Galera is loaded.
func galera() []batch.Field {
	const prefix = "mysql_global_status_"
	return append(fields(prefix, metric.Gauge, []told{
		{"wsrep_cluster_conf_id", "How often the cluster's members changed."},
		{"wsrep_cluster_size", "Members of the cluster."},
		{"wsrep_cluster_status", "Whether this member is in the primary part."},
		{"wsrep_connected", "Whether the member is connected to the cluster."},
		{"wsrep_ready", "Whether the member takes queries."},
		{"wsrep_local_state", "1 joining, 2 donor, 3 joined, 4 synchronised."},
		{"wsrep_local_recv_queue", "Write sets that wait to be applied."},
		{"wsrep_local_recv_queue_avg", "Mean of those."},
		{"wsrep_local_send_queue", "Write sets that wait to be sent."},
		{"wsrep_local_send_queue_avg", "Mean of those."},
		{"wsrep_flow_control_paused", "Share of time that replication was paused."},
		{"wsrep_cert_deps_distance", "How many write sets could be applied side by side."},
		{"wsrep_local_cached_downto", "The oldest write set that is kept."},
		{"wsrep_last_committed", "Number of the last write set."},
	}), fields(prefix, metric.Counter, []told{
		{"wsrep_flow_control_paused_ns", "Time that replication was paused, in nanoseconds."},
		{"wsrep_flow_control_recv", "Requests to pause received."},
		{"wsrep_flow_control_sent", "Requests to pause sent."},
		{"wsrep_local_bf_aborts", "Local transactions that gave way to replicated ones."},
		{"wsrep_local_cert_failures", "Local transactions that failed certification."},
		{"wsrep_local_commits", "Local transactions committed."},
		{"wsrep_received", "Write sets received."},
		{"wsrep_received_bytes", "Bytes of write sets received."},
		{"wsrep_replicated", "Write sets sent."},
		{"wsrep_replicated_bytes", "Bytes of write sets sent."},
	})...)
}

// Meta describes the series of this package.
func Meta() []metric.Meta {
	groups := []batch.Field{poolPages()}
	for _, f := range shared() {
		groups = append(groups, f.field)
	}
	return append(
		batch.Meta(groups, status(), galera(), variables(), engine(), follower(), spaces(), threads()),
		metric.Meta{Name: "mysql_up", Type: "gauge", Help: "Whether the server answered."},
		metric.Meta{Name: "mysql_version_info", Type: "gauge", Help: "1, with the server's version as labels."},
	)
}
