package squid

import (
	"plimsoll/agents/batch"
	"plimsoll/internal/metric"
)

// counters are told on the page counters.
func counters() []batch.Field {
	return []batch.Field{
		{Key: "client_http.requests", Kind: metric.Counter, Name: "squid_client_http_requests_total", Help: "Requests of clients."},
		{Key: "client_http.hits", Kind: metric.Counter, Name: "squid_client_http_hits_total", Help: "Requests of clients answered from the cache."},
		{Key: "client_http.errors", Kind: metric.Counter, Name: "squid_client_http_errors_total", Help: "Requests of clients answered with an error."},
		{Key: "client_http.kbytes_in", Kind: metric.Counter, Name: "squid_client_http_kbytes_in_kbytes_total", Help: "Kilobytes received from clients."},
		{Key: "client_http.kbytes_out", Kind: metric.Counter, Name: "squid_client_http_kbytes_out_kbytes_total", Help: "Kilobytes sent to clients."},
		{Key: "client_http.hit_kbytes_out", Kind: metric.Counter, Name: "squid_client_http_hit_kbytes_out_bytes_total", Help: "Kilobytes, not bytes, sent to clients from the cache."},
		{Key: "server.http.requests", Kind: metric.Counter, Name: "squid_server_http_requests_total", Help: "Requests to servers by HTTP."},
		{Key: "server.http.errors", Kind: metric.Counter, Name: "squid_server_http_errors_total", Help: "Requests to servers by HTTP that failed."},
		{Key: "server.http.kbytes_in", Kind: metric.Counter, Name: "squid_server_http_kbytes_in_kbytes_total", Help: "Kilobytes received from servers by HTTP."},
		{Key: "server.http.kbytes_out", Kind: metric.Counter, Name: "squid_server_http_kbytes_out_kbytes_total", Help: "Kilobytes sent to servers by HTTP."},
		{Key: "server.all.requests", Kind: metric.Counter, Name: "squid_server_all_requests_total", Help: "Requests to servers."},
		{Key: "server.all.errors", Kind: metric.Counter, Name: "squid_server_all_errors_total", Help: "Requests to servers that failed."},
		{Key: "server.all.kbytes_in", Kind: metric.Counter, Name: "squid_server_all_kbytes_in_kbytes_total", Help: "Kilobytes received from servers."},
		{Key: "server.all.kbytes_out", Kind: metric.Counter, Name: "squid_server_all_kbytes_out_kbytes_total", Help: "Kilobytes sent to servers."},
		{Key: "server.ftp.requests", Kind: metric.Counter, Name: "squid_server_ftp_requests_total", Help: "Requests to servers by FTP."},
		{Key: "server.ftp.errors", Kind: metric.Counter, Name: "squid_server_ftp_errors_total", Help: "Requests to servers by FTP that failed."},
		{Key: "server.ftp.kbytes_in", Kind: metric.Counter, Name: "squid_server_ftp_kbytes_in_kbytes_total", Help: "Kilobytes received from servers by FTP."},
		{Key: "server.ftp.kbytes_out", Kind: metric.Counter, Name: "squid_server_ftp_kbytes_out_kbytes_total", Help: "Kilobytes sent to servers by FTP."},
		{Key: "server.other.requests", Kind: metric.Counter, Name: "squid_server_other_requests_total", Help: "Requests to servers by other protocols."},
		{Key: "server.other.errors", Kind: metric.Counter, Name: "squid_server_other_errors_total", Help: "Requests to servers by other protocols that failed."},
		{Key: "server.other.kbytes_in", Kind: metric.Counter, Name: "squid_server_other_kbytes_in_kbytes_total", Help: "Kilobytes received from servers by other protocols."},
		{Key: "server.other.kbytes_out", Kind: metric.Counter, Name: "squid_server_other_kbytes_out_kbytes_total", Help: "Kilobytes sent to servers by other protocols."},
		{Key: "swap.ins", Kind: metric.Counter, Name: "squid_swap_ins_total", Help: "Objects read from disk."},
		{Key: "swap.outs", Kind: metric.Counter, Name: "squid_swap_outs_total", Help: "Objects written to disk."},
		{Key: "swap.files_cleaned", Kind: metric.Counter, Name: "squid_swap_files_cleaned_total", Help: "Files without an object that were removed."},
		{Key: "aborted_requests", Kind: metric.Counter, Name: "squid_aborted_requests_total", Help: "Requests to servers broken off because the client had gone."},
		{Key: "page_faults", Kind: metric.Counter, Name: "squid_page_faults_total", Help: "Page faults that had to read from disk: any at all say that there is too little memory."},
		{Key: "select_loops", Kind: metric.Counter, Name: "squid_select_loops_total", Help: "Rounds of the main loop."},
		{Key: "cpu_time", Kind: metric.Counter, Name: "squid_cpu_seconds_total", Help: "CPU time."},
		{Key: "icp.queries_sent", Kind: metric.Counter, Name: "squid_icp_queries_sent_total", Help: "ICP queries sent."},
		{Key: "icp.queries_recv", Kind: metric.Counter, Name: "squid_icp_queries_received_total", Help: "ICP queries received."},
		{Key: "icp.query_timeouts", Kind: metric.Counter, Name: "squid_icp_query_timeouts_total", Help: "ICP queries without an answer in time."},
	}
}

// medians are told on the page 5min.
func medians() []batch.Field {
	return []batch.Field{
		{Key: "client_http.all_median_svc_time", Name: "squid_HTTP_Requests_All_50", Help: "Median time of all requests in the last 5 minutes, seconds."},
		{Key: "client_http.miss_median_svc_time", Name: "squid_Cache_Misses_50", Help: "Median time of requests not answered from the cache in the last 5 minutes, seconds."},
		{Key: "client_http.hit_median_svc_time", Name: "squid_Cache_Hits_50", Help: "Median time of requests answered from the cache in the last 5 minutes, seconds."},
		{Key: "client_http.nh_median_svc_time", Name: "squid_Near_Hits_50", Help: "Median time of requests answered from the cache after asking the server in the last 5 minutes, seconds."},
		{Key: "dns.median_svc_time", Name: "squid_DNS_Lookups_50", Help: "Median time of look-ups of names in the last 5 minutes, seconds."},
	}
}

// facts are told on the page info.
func facts() []batch.Field {
	return []batch.Field{
		{Key: "Number of clients accessing cache", Name: "squid_info_Number_of_clients_accessing_cache", Help: "Clients seen lately."},
		{Key: "Storage Swap size", Name: "squid_info_Storage_Swap_size", Help: "Kilobytes that the cache holds on disk."},
		{Key: "Storage Swap capacity", Name: "squid_info_Storage_Swap_capacity", Help: "Share of the disk space for the cache in use, percent."},
		{Key: "Storage Mem size", Name: "squid_info_Storage_Mem_size", Help: "Kilobytes that the cache holds in memory."},
		{Key: "Storage Mem capacity", Name: "squid_info_Storage_Mem_capacity", Help: "Share of cache_mem in use, percent."},
		{Key: "Mean Object Size", Name: "squid_info_Mean_Object_Size", Help: "Mean size of an object, kilobytes."},
		{Key: "UP Time", Name: "squid_info_UP_Time", Help: "Seconds since the start."},
		{Key: "Maximum Resident Size", Name: "squid_info_Maximum_Resident_Size", Help: "The most memory the process has taken, kilobytes."},
		{Key: "Total accounted", Name: "squid_info_Total_accounted", Help: "Memory that Squid accounts for, kilobytes."},
		{Key: "Maximum number of file descriptors", Name: "squid_info_Maximum_number_of_file_descriptors", Help: "File descriptors that may be open."},
		{Key: "Largest file desc currently in use", Name: "squid_info_Largest_file_desc_currently_in_use", Help: "The largest file descriptor in use."},
		{Key: "Number of file desc currently in use", Name: "squid_info_Number_of_file_desc_currently_in_use", Help: "File descriptors in use."},
		{Key: "Files queued for open", Name: "squid_info_Files_queued_for_open", Help: "Files that wait to be opened."},
		{Key: "Available number of file descriptors", Name: "squid_info_Available_number_of_file_descriptors", Help: "File descriptors left."},
		{Key: "Reserved number of file descriptors", Name: "squid_info_Reserved_number_of_file_descriptors", Help: "File descriptors held back."},
		{Key: "Store Disk files open", Name: "squid_info_Store_Disk_files_open", Help: "Files of the cache that are open."},
	}
}
