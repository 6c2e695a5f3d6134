// Package weblog makes series of access logs, as the requests are logged: it reads
// files as they grow and receives syslog, and counts per class of pages.
//
//	tail (files) ──────────────┐                       ┌─► count: intervals ─► Cut ─► sinks
//	syslog (UDP, TCP) ─► queue ┴─► accesslog: Entry ───┼─► watch: live tail
//	   ▲                                               └─► watch: most frequent
//	   └── pipe: plimsoll-agent log, a web server's piped log
//
// The names and labels of the series stand in package count; its http_… names are
// of Prometheus' conventions, since no exporter of access logs is the usual one.
// Each part is a package, and its doc.go the contract: accesslog (formats), tail
// (files and their rotation), syslog, class (URLs to classes), count (intervals and
// totals), top, watch (live view), relay (live view from an agent), pipe.
//
// # Each line once
//
// One goroutine reads, counts and delivers. What it knows (positions in files,
// totals, open intervals) is one file, access-logs.json, replaced as a whole:
//
//	read to the end ─► keep {positions, table, limit} ─► Cut(limit) ─► Put ─► …
//	                      fsync, rename                   closes intervals
//
//	killed …            found          at the start
//	before keep         older state    lines since are read again, nothing of them was put
//	after keep          this state     Cut(limit) gives the same samples again; those that
//	during, after Put   this state     were put are refused as duplicates, and count once
//
// While a sink does not take its samples nothing is kept or cut: the state on disk
// and what was delivered belong together. Reading goes on until the table is full;
// then files wait, and what comes by syslog is dropped and counted.
//
// Lines that came by syslog or a pipe cannot be read again. The state is kept each
// second while there are such, or less often if that takes long: a kill costs what
// came since, the end of Run nothing.
//
// # When an interval is cut
//
// At its end + Lateness by the clock, and not before all files were read up to
// then: one that is behind (after a stop, or read from its begin) holds the cut at
// the time of its last line - Lateness. So old lines come out at their own times.
//
// # What holds
//
//	lines that were read = requests + bad + skipped, by plimsoll_weblog_… counters
//
// Bad lines are counted by reason, and the last is quoted in Stats. Skipped are the
// headings of W3C logs, empty lines, and lines before File.From or of a time that
// was imported. Dropped are lines of syslog that were never read.
package weblog
