package memcache

import (
	"plimsoll/agents/batch"
	"plimsoll/internal/metric"
)

// Meta describes the series of this package.
func Meta() []metric.Meta {
	return append(batch.Meta(requests(), general(), external(), limits(), switches(), malloced(), perSlab()),
		metric.Meta{Name: "memcached_up", Type: "gauge", Help: "Whether memcached answered every question."},
		metric.Meta{Name: "memcached_version", Type: "gauge", Help: "1, with the server's version as label."})
}

// requests are told by stats: what came of requests.
func requests() []batch.Field {
	return []batch.Field{
		{Key: "get_hits", Kind: metric.Counter, Name: "memcached_commands_total", Help: "Requests, by command and by what came of them.", Pairs: []string{"command", "get", "status", "hit"}},
		{Key: "get_misses", Kind: metric.Counter, Name: "memcached_commands_total", Help: "Requests, by command and by what came of them.", Pairs: []string{"command", "get", "status", "miss"}},
		{Key: "delete_hits", Kind: metric.Counter, Name: "memcached_commands_total", Help: "Requests, by command and by what came of them.", Pairs: []string{"command", "delete", "status", "hit"}},
		{Key: "delete_misses", Kind: metric.Counter, Name: "memcached_commands_total", Help: "Requests, by command and by what came of them.", Pairs: []string{"command", "delete", "status", "miss"}},
		{Key: "incr_hits", Kind: metric.Counter, Name: "memcached_commands_total", Help: "Requests, by command and by what came of them.", Pairs: []string{"command", "incr", "status", "hit"}},
		{Key: "incr_misses", Kind: metric.Counter, Name: "memcached_commands_total", Help: "Requests, by command and by what came of them.", Pairs: []string{"command", "incr", "status", "miss"}},
		{Key: "decr_hits", Kind: metric.Counter, Name: "memcached_commands_total", Help: "Requests, by command and by what came of them.", Pairs: []string{"command", "decr", "status", "hit"}},
		{Key: "decr_misses", Kind: metric.Counter, Name: "memcached_commands_total", Help: "Requests, by command and by what came of them.", Pairs: []string{"command", "decr", "status", "miss"}},
		{Key: "cas_hits", Kind: metric.Counter, Name: "memcached_commands_total", Help: "Requests, by command and by what came of them.", Pairs: []string{"command", "cas", "status", "hit"}},
		{Key: "cas_misses", Kind: metric.Counter, Name: "memcached_commands_total", Help: "Requests, by command and by what came of them.", Pairs: []string{"command", "cas", "status", "miss"}},
		{Key: "touch_hits", Kind: metric.Counter, Name: "memcached_commands_total", Help: "Requests, by command and by what came of them.", Pairs: []string{"command", "touch", "status", "hit"}},
		{Key: "touch_misses", Kind: metric.Counter, Name: "memcached_commands_total", Help: "Requests, by command and by what came of them.", Pairs: []string{"command", "touch", "status", "miss"}},
		{Key: "cas_badval", Kind: metric.Counter, Name: "memcached_commands_total", Help: "Requests, by command and by what came of them.", Pairs: []string{"command", "cas", "status", "badval"}},
		{Key: "cmd_flush", Kind: metric.Counter, Name: "memcached_commands_total", Help: "Requests, by command and by what came of them.", Pairs: []string{"command", "flush", "status", "hit"}},
	}
}

// general are told by stats.
func general() []batch.Field {
	return []batch.Field{
		{Key: "uptime", Kind: metric.Counter, Name: "memcached_uptime_seconds", Help: "How long the server has been running."},
		{Key: "time", Kind: metric.Gauge, Name: "memcached_time_seconds", Help: "The server's clock, in seconds since the Unix epoch."},
		{Key: "rusage_user", Kind: metric.Counter, Name: "memcached_process_user_cpu_seconds_total", Help: "CPU time of the process in user mode."},
		{Key: "rusage_system", Kind: metric.Counter, Name: "memcached_process_system_cpu_seconds_total", Help: "CPU time of the process in system mode."},
		{Key: "bytes", Kind: metric.Gauge, Name: "memcached_current_bytes", Help: "Bytes that hold items now."},
		{Key: "limit_maxbytes", Kind: metric.Gauge, Name: "memcached_limit_bytes", Help: "Bytes that items may take."},
		{Key: "curr_items", Kind: metric.Gauge, Name: "memcached_current_items", Help: "Items stored now."},
		{Key: "total_items", Kind: metric.Counter, Name: "memcached_items_total", Help: "Items stored since the start."},
		{Key: "bytes_read", Kind: metric.Counter, Name: "memcached_read_bytes_total", Help: "Bytes received."},
		{Key: "bytes_written", Kind: metric.Counter, Name: "memcached_written_bytes_total", Help: "Bytes sent."},
		{Key: "curr_connections", Kind: metric.Gauge, Name: "memcached_current_connections", Help: "Connections open now."},
		{Key: "total_connections", Kind: metric.Counter, Name: "memcached_connections_total", Help: "Connections opened."},
		{Key: "rejected_connections", Kind: metric.Counter, Name: "memcached_connections_rejected_total", Help: "Connections refused because of the limit -c, in maxconns_fast mode."},
		{Key: "conn_yields", Kind: metric.Counter, Name: "memcached_connections_yielded_total", Help: "Times a connection had to wait for others because of the limit -R."},
		{Key: "listen_disabled_num", Kind: metric.Counter, Name: "memcached_connections_listener_disabled_total", Help: "Times the listener was switched off at the limit of connections."},
		{Key: "evictions", Kind: metric.Counter, Name: "memcached_items_evicted_total", Help: "Items that were still good and made room for others."},
		{Key: "reclaimed", Kind: metric.Counter, Name: "memcached_items_reclaimed_total", Help: "Items stored in the place of expired ones."},
		{Key: "evicted_unfetched", Kind: metric.Counter, Name: "memcached_items_evicted_unfetched_total", Help: "Items evicted that nobody had ever read."},
		{Key: "expired_unfetched", Kind: metric.Counter, Name: "memcached_items_expired_unfetched_total", Help: "Items expired that nobody had ever read."},
		{Key: "store_too_large", Kind: metric.Counter, Name: "memcached_item_too_large_total", Help: "Items refused because they were larger than an item may be."},
		{Key: "store_no_memory", Kind: metric.Counter, Name: "memcached_item_no_memory_total", Help: "Items refused because there was no memory for them."},
		{Key: "accepting_conns", Kind: metric.Gauge, Name: "memcached_accepting_connections", Help: "Whether the server takes connections."},
		{Key: "threads", Kind: metric.Gauge, Name: "memcached_threads", Help: "Worker threads."},
		{Key: "hash_is_expanding", Kind: metric.Gauge, Name: "memcached_hash_is_expanding", Help: "Whether the hash table is growing."},
		{Key: "slab_reassign_running", Kind: metric.Gauge, Name: "memcached_slab_reassign_running", Help: "Whether a page moves from one slab class to another."},
		{Key: "lru_crawler_starts", Kind: metric.Counter, Name: "memcached_lru_crawler_starts_total", Help: "Runs of the LRU crawler."},
		{Key: "crawler_items_checked", Kind: metric.Counter, Name: "memcached_lru_crawler_items_checked_total", Help: "Items looked at by the LRU crawler."},
		{Key: "crawler_reclaimed", Kind: metric.Counter, Name: "memcached_lru_crawler_reclaimed_total", Help: "Items freed by the LRU crawler."},
		{Key: "moves_to_cold", Kind: metric.Counter, Name: "memcached_lru_crawler_moves_to_cold_total", Help: "Items moved from HOT or WARM to COLD."},
		{Key: "moves_to_warm", Kind: metric.Counter, Name: "memcached_lru_crawler_moves_to_warm_total", Help: "Items moved from COLD to WARM."},
		{Key: "moves_within_lru", Kind: metric.Counter, Name: "memcached_lru_crawler_moves_within_lru_total", Help: "Items moved within HOT or WARM."},
		{Key: "direct_reclaims", Kind: metric.Counter, Name: "memcached_direct_reclaims_total", Help: "Times a worker had to make room by itself."},
	}
}

// external are told by stats of a server with external storage.
func external() []batch.Field {
	return []batch.Field{
		{Key: "extstore_compact_lost", Kind: metric.Counter, Name: "memcached_extstore_compact_lost_total", Help: "External storage: items lost in compaction because they were locked."},
		{Key: "extstore_compact_rescues", Kind: metric.Counter, Name: "memcached_extstore_compact_rescued_total", Help: "External storage: items moved to a new page in compaction."},
		{Key: "extstore_compact_skipped", Kind: metric.Counter, Name: "memcached_extstore_compact_skipped_total", Help: "External storage: items dropped in compaction because nobody used them."},
		{Key: "extstore_page_allocs", Kind: metric.Counter, Name: "memcached_extstore_pages_allocated_total", Help: "External storage: pages allocated."},
		{Key: "extstore_page_evictions", Kind: metric.Counter, Name: "memcached_extstore_pages_evicted_total", Help: "External storage: pages evicted."},
		{Key: "extstore_page_reclaims", Kind: metric.Counter, Name: "memcached_extstore_pages_reclaimed_total", Help: "External storage: empty pages freed."},
		{Key: "extstore_pages_free", Kind: metric.Gauge, Name: "memcached_extstore_pages_free", Help: "External storage: pages without items."},
		{Key: "extstore_pages_used", Kind: metric.Gauge, Name: "memcached_extstore_pages_used", Help: "External storage: pages with items."},
		{Key: "extstore_objects_evicted", Kind: metric.Counter, Name: "memcached_extstore_objects_evicted_total", Help: "External storage: items evicted."},
		{Key: "extstore_objects_read", Kind: metric.Counter, Name: "memcached_extstore_objects_read_total", Help: "External storage: items read."},
		{Key: "extstore_objects_written", Kind: metric.Counter, Name: "memcached_extstore_objects_written_total", Help: "External storage: items written."},
		{Key: "extstore_objects_used", Kind: metric.Gauge, Name: "memcached_extstore_objects_used", Help: "External storage: items stored now."},
		{Key: "extstore_bytes_evicted", Kind: metric.Counter, Name: "memcached_extstore_bytes_evicted_total", Help: "External storage: bytes evicted."},
		{Key: "extstore_bytes_written", Kind: metric.Counter, Name: "memcached_extstore_bytes_written_total", Help: "External storage: bytes written."},
		{Key: "extstore_bytes_read", Kind: metric.Counter, Name: "memcached_extstore_bytes_read_total", Help: "External storage: bytes read."},
		{Key: "extstore_bytes_used", Kind: metric.Gauge, Name: "memcached_extstore_bytes_used", Help: "External storage: bytes that hold items now."},
		{Key: "extstore_bytes_fragmented", Kind: metric.Gauge, Name: "memcached_extstore_bytes_fragmented", Help: "External storage: bytes in pages that hold no item."},
		{Key: "extstore_limit_maxbytes", Kind: metric.Gauge, Name: "memcached_extstore_bytes_limit", Help: "External storage: bytes of external storage there are."},
		{Key: "extstore_io_queue", Kind: metric.Gauge, Name: "memcached_extstore_io_queue_depth", Help: "External storage: reads and writes that wait."},
	}
}

// limits are told by stats settings as numbers.
func limits() []batch.Field {
	return []batch.Field{
		{Key: "maxconns", Kind: metric.Gauge, Name: "memcached_max_connections", Help: "Connections that may be open at a time."},
		{Key: "lru_crawler_sleep", Kind: metric.Gauge, Name: "memcached_lru_crawler_sleep", Help: "Microseconds that the LRU crawler rests."},
		{Key: "lru_crawler_tocrawl", Kind: metric.Gauge, Name: "memcached_lru_crawler_to_crawl", Help: "Items that the LRU crawler looks at in a slab class at a time."},
		{Key: "hot_lru_pct", Kind: metric.Gauge, Name: "memcached_lru_crawler_hot_percent", Help: "Share of a slab class' memory for HOT, percent."},
		{Key: "warm_lru_pct", Kind: metric.Gauge, Name: "memcached_lru_crawler_warm_percent", Help: "Share of a slab class' memory for WARM, percent."},
		{Key: "hot_max_factor", Kind: metric.Gauge, Name: "memcached_lru_crawler_hot_max_factor", Help: "Age at which HOT items move on, as a multiple of COLD's age."},
		{Key: "warm_max_factor", Kind: metric.Gauge, Name: "memcached_lru_crawler_warm_max_factor", Help: "Age at which WARM items move on, as a multiple of COLD's age."},
		{Key: "item_size_max", Kind: metric.Gauge, Name: "memcached_item_size_max_bytes", Help: "Size that an item may have."},
	}
}

// switches are told by stats settings as yes or no.
func switches() []batch.Field {
	return []batch.Field{
		{Key: "lru_crawler", Kind: metric.Gauge, Name: "memcached_lru_crawler_enabled", Help: "Whether the LRU crawler runs."},
		{Key: "lru_maintainer_thread", Kind: metric.Gauge, Name: "memcached_lru_crawler_maintainer_thread", Help: "Whether a thread of its own keeps the LRUs."},
	}
}

// malloced is told by stats slabs for all classes.
func malloced() []batch.Field {
	return []batch.Field{
		{Key: "total_malloced", Kind: metric.Gauge, Name: "memcached_malloced_bytes", Help: "Bytes of memory taken for slab pages."},
	}
}

// perSlab are told by stats slabs and stats items for each slab class.
func perSlab() []batch.Field {
	return []batch.Field{
		{Key: "get_hits", Kind: metric.Counter, Name: "memcached_slab_commands_total", Help: "Requests of a slab class, by command and by what came of them.", Pairs: []string{"command", "get", "status", "hit"}},
		{Key: "delete_hits", Kind: metric.Counter, Name: "memcached_slab_commands_total", Help: "Requests of a slab class, by command and by what came of them.", Pairs: []string{"command", "delete", "status", "hit"}},
		{Key: "incr_hits", Kind: metric.Counter, Name: "memcached_slab_commands_total", Help: "Requests of a slab class, by command and by what came of them.", Pairs: []string{"command", "incr", "status", "hit"}},
		{Key: "decr_hits", Kind: metric.Counter, Name: "memcached_slab_commands_total", Help: "Requests of a slab class, by command and by what came of them.", Pairs: []string{"command", "decr", "status", "hit"}},
		{Key: "cas_hits", Kind: metric.Counter, Name: "memcached_slab_commands_total", Help: "Requests of a slab class, by command and by what came of them.", Pairs: []string{"command", "cas", "status", "hit"}},
		{Key: "touch_hits", Kind: metric.Counter, Name: "memcached_slab_commands_total", Help: "Requests of a slab class, by command and by what came of them.", Pairs: []string{"command", "touch", "status", "hit"}},
		{Key: "cas_badval", Kind: metric.Counter, Name: "memcached_slab_commands_total", Help: "Requests of a slab class, by command and by what came of them.", Pairs: []string{"command", "cas", "status", "badval"}},
		{Key: "chunk_size", Kind: metric.Gauge, Name: "memcached_slab_chunk_size_bytes", Help: "Bytes of a chunk."},
		{Key: "chunks_per_page", Kind: metric.Gauge, Name: "memcached_slab_chunks_per_page", Help: "Chunks in a page."},
		{Key: "total_pages", Kind: metric.Gauge, Name: "memcached_slab_current_pages", Help: "Pages of the class."},
		{Key: "total_chunks", Kind: metric.Gauge, Name: "memcached_slab_current_chunks", Help: "Chunks of the class."},
		{Key: "used_chunks", Kind: metric.Gauge, Name: "memcached_slab_chunks_used", Help: "Chunks that hold items."},
		{Key: "free_chunks", Kind: metric.Gauge, Name: "memcached_slab_chunks_free", Help: "Chunks that hold no item."},
		{Key: "free_chunks_end", Kind: metric.Gauge, Name: "memcached_slab_chunks_free_end", Help: "Free chunks at the end of the last page."},
		{Key: "mem_requested", Kind: metric.Gauge, Name: "memcached_slab_mem_requested_bytes", Help: "Bytes that items really take: the rest of their chunks is waste."},
		{Key: "number", Kind: metric.Gauge, Name: "memcached_slab_current_items", Help: "Items stored now."},
		{Key: "age", Kind: metric.Gauge, Name: "memcached_slab_items_age_seconds", Help: "Age of the oldest item."},
		{Key: "number_hot", Kind: metric.Gauge, Name: "memcached_slab_hot_items", Help: "Items in HOT."},
		{Key: "number_warm", Kind: metric.Gauge, Name: "memcached_slab_warm_items", Help: "Items in WARM."},
		{Key: "number_cold", Kind: metric.Gauge, Name: "memcached_slab_cold_items", Help: "Items in COLD."},
		{Key: "number_temp", Kind: metric.Gauge, Name: "memcached_slab_temporary_items", Help: "Items in TEMP."},
		{Key: "age_hot", Kind: metric.Gauge, Name: "memcached_slab_hot_age_seconds", Help: "Age of the oldest item in HOT."},
		{Key: "age_warm", Kind: metric.Gauge, Name: "memcached_slab_warm_age_seconds", Help: "Age of the oldest item in WARM."},
		{Key: "crawler_reclaimed", Kind: metric.Counter, Name: "memcached_slab_items_crawler_reclaimed_total", Help: "Items freed by the LRU crawler."},
		{Key: "evicted", Kind: metric.Counter, Name: "memcached_slab_items_evicted_total", Help: "Items that were still good and made room for others."},
		{Key: "evicted_nonzero", Kind: metric.Counter, Name: "memcached_slab_items_evicted_nonzero_total", Help: "Evicted items that had been given a time to expire."},
		{Key: "evicted_time", Kind: metric.Gauge, Name: "memcached_slab_items_evicted_time_seconds", Help: "How long the item evicted last had not been used: small means that hot data goes."},
		{Key: "evicted_unfetched", Kind: metric.Counter, Name: "memcached_slab_items_evicted_unfetched_total", Help: "Items evicted that nobody had ever read."},
		{Key: "expired_unfetched", Kind: metric.Counter, Name: "memcached_slab_items_expired_unfetched_total", Help: "Items expired that nobody had ever read."},
		{Key: "outofmemory", Kind: metric.Counter, Name: "memcached_slab_items_outofmemory_total", Help: "Items refused because the class had no memory."},
		{Key: "reclaimed", Kind: metric.Counter, Name: "memcached_slab_items_reclaimed_total", Help: "Items stored in the place of expired ones."},
		{Key: "tailrepairs", Kind: metric.Counter, Name: "memcached_slab_items_tailrepairs_total", Help: "Times the class had to be repaired."},
		{Key: "moves_to_cold", Kind: metric.Counter, Name: "memcached_slab_items_moves_to_cold", Help: "Items moved from HOT or WARM to COLD."},
		{Key: "moves_to_warm", Kind: metric.Counter, Name: "memcached_slab_items_moves_to_warm", Help: "Items moved from COLD to WARM."},
		{Key: "moves_within_lru", Kind: metric.Counter, Name: "memcached_slab_items_moves_within_lru", Help: "Items moved within HOT or WARM."},
		{Key: "hits_to_hot", Kind: metric.Counter, Name: "memcached_slab_lru_hits_total", Help: "Reads that found their item, by the LRU it was in.", Pairs: []string{"lru", "hot"}},
		{Key: "hits_to_warm", Kind: metric.Counter, Name: "memcached_slab_lru_hits_total", Help: "Reads that found their item, by the LRU it was in.", Pairs: []string{"lru", "warm"}},
		{Key: "hits_to_cold", Kind: metric.Counter, Name: "memcached_slab_lru_hits_total", Help: "Reads that found their item, by the LRU it was in.", Pairs: []string{"lru", "cold"}},
		{Key: "hits_to_temp", Kind: metric.Counter, Name: "memcached_slab_lru_hits_total", Help: "Reads that found their item, by the LRU it was in.", Pairs: []string{"lru", "temporary"}},
	}
}
