package rrdstore

import (
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// CacheStats tells what is kept in memory of archives.
type CacheStats struct {
	Files CachePart `json:"files"` // those that are open
	Rows  CachePart `json:"rows"`  // what was read of them lately
}

// CachePart is a part of the cache.
type CachePart struct {
	Files     int    `json:"files"` // that are in it, or have rows in it
	Bytes     int64  `json:"bytes"`
	Hits      uint64 `json:"hits"` // since the start, as what follows
	Misses    uint64 `json:"misses"`
	Evictions uint64 `json:"evictions"` // of files, or of the rows of one, for want of memory
}

type cacheCounts struct{ hits, misses, evictions atomic.Uint64 }

func (c *cacheCounts) part(files int, bytes int64) CachePart {
	return CachePart{files, bytes, c.hits.Load(), c.misses.Load(), c.evictions.Load()}
}

func (c *fileCache) stats() CacheStats {
	c.mu.Lock()
	defer c.mu.Unlock()
	return CacheStats{c.ofFiles.part(c.idle.Len(), c.size), c.ofRows.part(c.rowed.Len(), c.rows)}
}

// collectors tell Prometheus of the cache.
func (c *fileCache) collectors() (all []prometheus.Collector) {
	for name, part := range map[string]func() CachePart{
		"files": func() CachePart { return c.stats().Files },
		"rows":  func() CachePart { return c.stats().Rows },
	} {
		opts := func(what, help string) prometheus.Opts {
			return prometheus.Opts{
				Name: "plimsoll_rrdstore_cache_" + what, Help: help,
				ConstLabels: prometheus.Labels{"part": name},
			}
		}
		count := func(what, help string, of func(CachePart) uint64) {
			read := func() float64 { return float64(of(part())) }
			all = append(all, prometheus.NewCounterFunc(prometheus.CounterOpts(opts(what, help)), read))
		}
		count("hits_total", "Archives that were found open, and reads of rows that were in memory.", func(p CachePart) uint64 { return p.Hits })
		count("misses_total", "Archives that had to be opened, and reads of rows that had to be read.", func(p CachePart) uint64 { return p.Misses })
		count("evictions_total", "Archives that were closed, or whose rows were given up, for want of memory.", func(p CachePart) uint64 { return p.Evictions })
		read := func() float64 { return float64(part().Bytes) }
		all = append(all, prometheus.NewGaugeFunc(prometheus.GaugeOpts(opts("bytes", "Memory of open archives, and of rows of theirs.")), read))
	}
	return all
}
