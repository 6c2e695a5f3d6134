package haproxy

import (
	"plimsoll/agents/batch"
	"plimsoll/internal/metric"
)

// column is a column of show stat.
type column struct {
	batch.Field        // its Name without haproxy_ and the type of the proxy
	of          string // the types that have it, of f, b and s
}

// columns are the columns of show stat that are told, as HAProxy's own exporter
// names them.
func columns() []column {
	return append(sessions(), requests()...)
}

// sessions are the columns about queues, sessions, errors and checks.
func sessions() []column {
	return []column{
		{batch.Field{Key: "qcur", Name: "current_queue", Help: "Requests that wait for a free connection."}, "bs"},
		{batch.Field{Key: "qmax", Name: "max_queue", Help: "The most requests that have waited."}, "bs"},
		{batch.Field{Key: "scur", Name: "current_sessions", Help: "Sessions open now."}, "fbs"},
		{batch.Field{Key: "smax", Name: "max_sessions", Help: "The most sessions that were open at a time."}, "fbs"},
		{batch.Field{Key: "slim", Name: "limit_sessions", Help: "Sessions that may be open at a time."}, "fbs"},
		{batch.Field{Key: "stot", Kind: metric.Counter, Name: "sessions_total", Help: "Sessions."}, "fbs"},
		{batch.Field{Key: "bin", Kind: metric.Counter, Name: "bytes_in_total", Help: "Bytes of requests."}, "fbs"},
		{batch.Field{Key: "bout", Kind: metric.Counter, Name: "bytes_out_total", Help: "Bytes of answers."}, "fbs"},
		{batch.Field{Key: "dreq", Kind: metric.Counter, Name: "requests_denied_total", Help: "Requests refused by a rule."}, "fb"},
		{batch.Field{Key: "dresp", Kind: metric.Counter, Name: "responses_denied_total", Help: "Answers withheld by a rule."}, "fbs"},
		{batch.Field{Key: "ereq", Kind: metric.Counter, Name: "request_errors_total", Help: "Requests that were broken or cut short by the client."}, "f"},
		{batch.Field{Key: "econ", Kind: metric.Counter, Name: "connection_errors_total", Help: "Connections to a server that failed."}, "bs"},
		{batch.Field{Key: "eresp", Kind: metric.Counter, Name: "response_errors_total", Help: "Answers that were broken or cut short."}, "bs"},
		{batch.Field{Key: "wretr", Kind: metric.Counter, Name: "retry_warnings_total", Help: "Connections to a server tried again."}, "bs"},
		{batch.Field{Key: "wredis", Kind: metric.Counter, Name: "redispatch_warnings_total", Help: "Requests given to another server than the one meant."}, "bs"},
		{batch.Field{Key: "weight", Name: "weight", Help: "Weight in force, slow start and agent included; of a backend, the sum over its active servers."}, "bs"},
		{batch.Field{Key: "act", Name: "active_servers", Help: "Active servers that are up."}, "b"},
		{batch.Field{Key: "bck", Name: "backup_servers", Help: "Backup servers that are up."}, "b"},
		{batch.Field{Key: "chkfail", Kind: metric.Counter, Name: "check_failures_total", Help: "Checks that failed while the server was up."}, "s"},
		{batch.Field{Key: "chkdown", Kind: metric.Counter, Name: "check_up_down_total", Help: "Times it went from up to down."}, "bs"},
		{batch.Field{Key: "lastchg", Name: "check_last_change_seconds", Help: "Seconds since it went up or down."}, "bs"},
		{batch.Field{Key: "downtime", Kind: metric.Counter, Name: "downtime_seconds_total", Help: "Time it was down."}, "bs"},
		{batch.Field{Key: "qlimit", Name: "queue_limit", Help: "Requests that may wait for the server."}, "s"},
		{batch.Field{Key: "throttle", Name: "current_throttle", Help: "Share of its weight that a server has in slow start, percent."}, "s"},
		{batch.Field{Key: "lbtot", Kind: metric.Counter, Name: "loadbalanced_total", Help: "Times a server was chosen by balancing."}, "bs"},
		{batch.Field{Key: "rate_lim", Name: "limit_session_rate", Help: "Sessions that may begin in a second."}, "f"},
		{batch.Field{Key: "rate_max", Name: "max_session_rate", Help: "The most sessions that began in a second."}, "fbs"},
		{batch.Field{Key: "check_code", Name: "check_code", Help: "Code of the last check's answer."}, "s"},
		{batch.Field{Key: "check_duration", Name: "check_duration_seconds", Help: "How long the last check took.", Scale: 1e-3}, "s"},
		{batch.Field{Key: "hrsp_1xx", Kind: metric.Counter, Name: "http_responses_total", Help: "Answers, by class of status code.", Pairs: []string{"code", "1xx"}}, "fbs"},
		{batch.Field{Key: "hrsp_2xx", Kind: metric.Counter, Name: "http_responses_total", Help: "Answers, by class of status code.", Pairs: []string{"code", "2xx"}}, "fbs"},
		{batch.Field{Key: "hrsp_3xx", Kind: metric.Counter, Name: "http_responses_total", Help: "Answers, by class of status code.", Pairs: []string{"code", "3xx"}}, "fbs"},
		{batch.Field{Key: "hrsp_4xx", Kind: metric.Counter, Name: "http_responses_total", Help: "Answers, by class of status code.", Pairs: []string{"code", "4xx"}}, "fbs"},
		{batch.Field{Key: "hrsp_5xx", Kind: metric.Counter, Name: "http_responses_total", Help: "Answers, by class of status code.", Pairs: []string{"code", "5xx"}}, "fbs"},
		{batch.Field{Key: "hrsp_other", Kind: metric.Counter, Name: "http_responses_total", Help: "Answers, by class of status code.", Pairs: []string{"code", "other"}}, "fbs"},
		{batch.Field{Key: "req_rate_max", Name: "http_requests_rate_max", Help: "The most requests in a second."}, "f"},
	}
}

// requests are those about requests, times, connections and weights.
func requests() []column {
	return []column{
		{batch.Field{Key: "req_tot", Kind: metric.Counter, Name: "http_requests_total", Help: "Requests."}, "fb"},
		{batch.Field{Key: "cli_abrt", Kind: metric.Counter, Name: "client_aborts_total", Help: "Transfers that the client ended."}, "bs"},
		{batch.Field{Key: "srv_abrt", Kind: metric.Counter, Name: "server_aborts_total", Help: "Transfers that the server ended."}, "bs"},
		{batch.Field{Key: "comp_in", Kind: metric.Counter, Name: "http_comp_bytes_in_total", Help: "Bytes given to compression."}, "fb"},
		{batch.Field{Key: "comp_out", Kind: metric.Counter, Name: "http_comp_bytes_out_total", Help: "Bytes that compression made of them."}, "fb"},
		{batch.Field{Key: "comp_byp", Kind: metric.Counter, Name: "http_comp_bytes_bypassed_total", Help: "Bytes not compressed, because of a limit."}, "fb"},
		{batch.Field{Key: "comp_rsp", Kind: metric.Counter, Name: "http_comp_responses_total", Help: "Answers compressed."}, "fb"},
		{batch.Field{Key: "lastsess", Name: "last_session_seconds", Help: "Seconds since the last session."}, "bs"},
		{batch.Field{Key: "qtime", Name: "queue_time_average_seconds", Help: "Mean time in the queue, of the last 1,024 requests.", Scale: 1e-3}, "bs"},
		{batch.Field{Key: "ctime", Name: "connect_time_average_seconds", Help: "Mean time to connect, of the last 1,024 requests.", Scale: 1e-3}, "bs"},
		{batch.Field{Key: "rtime", Name: "response_time_average_seconds", Help: "Mean time to the answer, of the last 1,024 requests.", Scale: 1e-3}, "bs"},
		{batch.Field{Key: "ttime", Name: "total_time_average_seconds", Help: "Mean time in all, of the last 1,024 requests.", Scale: 1e-3}, "bs"},
		{batch.Field{Key: "qtime_max", Name: "max_queue_time_seconds", Help: "The longest time in the queue.", Scale: 1e-3}, "bs"},
		{batch.Field{Key: "ctime_max", Name: "max_connect_time_seconds", Help: "The longest time to connect.", Scale: 1e-3}, "bs"},
		{batch.Field{Key: "rtime_max", Name: "max_response_time_seconds", Help: "The longest time to the answer.", Scale: 1e-3}, "bs"},
		{batch.Field{Key: "ttime_max", Name: "max_total_time_seconds", Help: "The longest time in all.", Scale: 1e-3}, "bs"},
		{batch.Field{Key: "conn_rate_max", Name: "connections_rate_max", Help: "The most connections in a second."}, "f"},
		{batch.Field{Key: "conn_tot", Kind: metric.Counter, Name: "connections_total", Help: "Connections."}, "f"},
		{batch.Field{Key: "intercepted", Kind: metric.Counter, Name: "intercepted_requests_total", Help: "Requests that HAProxy answered itself."}, "f"},
		{batch.Field{Key: "dcon", Kind: metric.Counter, Name: "denied_connections_total", Help: "Connections refused by a rule."}, "f"},
		{batch.Field{Key: "dses", Kind: metric.Counter, Name: "denied_sessions_total", Help: "Sessions refused by a rule."}, "f"},
		{batch.Field{Key: "wrew", Kind: metric.Counter, Name: "failed_header_rewriting_total", Help: "Headers that could not be changed."}, "fbs"},
		{batch.Field{Key: "connect", Kind: metric.Counter, Name: "connection_attempts_total", Help: "Connections to a server tried."}, "bs"},
		{batch.Field{Key: "reuse", Kind: metric.Counter, Name: "connection_reuses_total", Help: "Requests sent over a connection that was open."}, "bs"},
		{batch.Field{Key: "cache_lookups", Kind: metric.Counter, Name: "http_cache_lookups_total", Help: "Look-ups in the cache."}, "fb"},
		{batch.Field{Key: "cache_hits", Kind: metric.Counter, Name: "http_cache_hits_total", Help: "Look-ups in the cache that found an answer."}, "fb"},
		{batch.Field{Key: "srv_icur", Name: "idle_connections_current", Help: "Idle connections to the server that may be used again."}, "s"},
		{batch.Field{Key: "src_ilim", Name: "idle_connections_limit", Help: "Idle connections that may be kept."}, "s"},
		{batch.Field{Key: "eint", Kind: metric.Counter, Name: "internal_errors_total", Help: "Errors inside HAProxy."}, "fbs"},
		{batch.Field{Key: "idle_conn_cur", Name: "unsafe_idle_connections_current", Help: "Idle connections that are not safe to use again."}, "s"},
		{batch.Field{Key: "safe_conn_cur", Name: "safe_idle_connections_current", Help: "Idle connections that are safe to use again."}, "s"},
		{batch.Field{Key: "used_conn_cur", Name: "used_connections_current", Help: "Connections in use."}, "s"},
		{batch.Field{Key: "need_conn_est", Name: "need_connections_current", Help: "Connections that are likely to be needed."}, "s"},
		{batch.Field{Key: "uweight", Name: "uweight", Help: "Weight as it was set; of a backend, the sum over its active servers."}, "bs"},
	}
}
