package haproxy

import (
	"plimsoll/agents/batch"
	"plimsoll/internal/metric"
)

// processFields are the lines of show info that are told.
func processFields() []batch.Field {
	return []batch.Field{
		{Key: "Nbthread", Name: "haproxy_process_nbthread", Help: "Threads."},
		{Key: "Nbproc", Name: "haproxy_process_nbproc", Help: "Processes."},
		{Key: "Process_num", Name: "haproxy_process_relative_process_id", Help: "Number of the process."},
		{Key: "Uptime_sec", Name: "haproxy_process_uptime_seconds", Help: "How long the process has been running."},
		{Key: "PoolFailed", Kind: metric.Counter, Name: "haproxy_process_pool_failures_total", Help: "Allocations that failed."},
		{Key: "Ulimit-n", Name: "haproxy_process_max_fds", Help: "File descriptors that may be open."},
		{Key: "Maxsock", Name: "haproxy_process_max_sockets", Help: "Sockets that may be open."},
		{Key: "Maxconn", Name: "haproxy_process_max_connections", Help: "Connections that may be open."},
		{Key: "Hard_maxconn", Name: "haproxy_process_hard_max_connections", Help: "Connections that may be open at the very most."},
		{Key: "CurrConns", Name: "haproxy_process_current_connections", Help: "Connections open now."},
		{Key: "CumConns", Kind: metric.Counter, Name: "haproxy_process_connections_total", Help: "Connections."},
		{Key: "CumReq", Kind: metric.Counter, Name: "haproxy_process_requests_total", Help: "Requests."},
		{Key: "MaxSslConns", Name: "haproxy_process_max_ssl_connections", Help: "TLS connections that may be open; 0 means any number."},
		{Key: "CurrSslConns", Name: "haproxy_process_current_ssl_connections", Help: "TLS connections open now."},
		{Key: "CumSslConns", Kind: metric.Counter, Name: "haproxy_process_ssl_connections_total", Help: "TLS connections."},
		{Key: "Maxpipes", Name: "haproxy_process_max_pipes", Help: "Pipes that may be used; 0 means any number."},
		{Key: "PipesUsed", Kind: metric.Counter, Name: "haproxy_process_pipes_used_total", Help: "Pipes in use now."},
		{Key: "PipesFree", Kind: metric.Counter, Name: "haproxy_process_pipes_free_total", Help: "Pipes kept for use."},
		{Key: "ConnRate", Name: "haproxy_process_current_connection_rate", Help: "Connections of the last second."},
		{Key: "ConnRateLimit", Name: "haproxy_process_limit_connection_rate", Help: "Connections that may begin in a second."},
		{Key: "MaxConnRate", Name: "haproxy_process_max_connection_rate", Help: "The most connections in a second."},
		{Key: "SessRate", Name: "haproxy_process_current_session_rate", Help: "Sessions of the last second."},
		{Key: "SessRateLimit", Name: "haproxy_process_limit_session_rate", Help: "Sessions that may begin in a second."},
		{Key: "MaxSessRate", Name: "haproxy_process_max_session_rate", Help: "The most sessions in a second."},
		{Key: "SslRate", Name: "haproxy_process_current_ssl_rate", Help: "TLS connections of the last second."},
		{Key: "SslRateLimit", Name: "haproxy_process_limit_ssl_rate", Help: "TLS connections that may begin in a second."},
		{Key: "MaxSslRate", Name: "haproxy_process_max_ssl_rate", Help: "The most TLS connections in a second."},
		{Key: "SslFrontendSessionReuse_pct", Name: "haproxy_process_frontend_ssl_reuse", Help: "Share of clients' TLS connections that needed no new key, percent."},
		{Key: "SslCacheLookups", Kind: metric.Counter, Name: "haproxy_process_ssl_cache_lookups_total", Help: "Look-ups of TLS sessions."},
		{Key: "SslCacheMisses", Kind: metric.Counter, Name: "haproxy_process_ssl_cache_misses_total", Help: "Look-ups of TLS sessions that found none."},
		{Key: "CompressBpsIn", Kind: metric.Counter, Name: "haproxy_process_http_comp_bytes_in_total", Help: "Bytes given to compression in the last second."},
		{Key: "CompressBpsOut", Kind: metric.Counter, Name: "haproxy_process_http_comp_bytes_out_total", Help: "Bytes that compression made in the last second."},
		{Key: "Tasks", Name: "haproxy_process_current_tasks", Help: "Tasks, active and sleeping."},
		{Key: "Run_queue", Name: "haproxy_process_current_run_queue", Help: "Active tasks."},
		{Key: "Idle_pct", Name: "haproxy_process_idle_time_percent", Help: "Share of the last second spent waiting, percent: 0 means saturated."},
		{Key: "Stopping", Name: "haproxy_process_stopping", Help: "Whether the process is stopping."},
		{Key: "Jobs", Name: "haproxy_process_jobs", Help: "Connections and listeners that keep the process alive."},
		{Key: "Listeners", Name: "haproxy_process_listeners", Help: "Listeners."},
		{Key: "DroppedLogs", Kind: metric.Counter, Name: "haproxy_process_dropped_logs_total", Help: "Log lines that could not be sent."},
		{Key: "FailedResolutions", Kind: metric.Counter, Name: "haproxy_process_failed_resolutions", Help: "Names that could not be resolved."},
		{Key: "TotalBytesOut", Kind: metric.Counter, Name: "haproxy_process_bytes_out_total", Help: "Bytes sent."},
		{Key: "BytesOutRate", Name: "haproxy_process_bytes_out_rate", Help: "Bytes sent in the last second."},
		{Key: "PoolAlloc_bytes", Name: "haproxy_process_pool_allocated_bytes", Help: "Memory taken for pools."},
		{Key: "PoolUsed_bytes", Name: "haproxy_process_pool_used_bytes", Help: "Memory of pools in use."},
		{Key: "Memmax_bytes", Name: "haproxy_process_max_memory_bytes", Help: "Memory that may be used; 0 means any amount."},
		{Key: "Start_time_sec", Name: "haproxy_process_start_time_seconds", Help: "When the process started, in seconds since the Unix epoch."},
	}
}
