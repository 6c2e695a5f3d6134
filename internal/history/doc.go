// Package history reads files of the past into samples, for a store that takes
// them at their own times (`plimsoll import`).
//
//	files ─► gzip, zstd ─► lines ─► a reader for the format ─► cells ─► sorter ─► emit
//	                                  │                     one a series   memory,
//	                                  └ bad lines: counted   and instant   then runs
//	                                    by reason, some shown              on disk
//
// It stands above the packages whose grammars it reads (agents/accesslog,
// counterd/line); no package but the wiring may import it.
//
// # Formats
//
//	openmetrics  text exposition, times in seconds, as promtool's create-blocks-from
//	             takes it; # EOF may stand anywhere or be missing
//	prometheus   the older text format, times in milliseconds; also {__name__="x",…}
//	             as promtool's tsdb dump writes it
//	json         {"metric":{…},"values":[…],"timestamps":[ms…]}, a line for some
//	             values of a series: VictoriaMetrics' export
//	csv          time,series,series… and a row for each instant
//	lines        lines of counterd's grammar, with |T and Unix seconds
//	accesslog    lines of package accesslog
//
// # What comes out
//
// metric.Samples, in calls of emit: each with samples of one series, ascending
// by time, no instant twice. A series with more than MaxBlock samples comes in
// several calls that follow each other. Series come in the order in which the
// input first names them. Nothing is emitted before all input was read, so a
// file that is not of the format changes nothing. The same files, in the same
// order and with the same options, give the same output.
//
// What a counter's Start says tells the two ways to count apart:
//
//	totals      openmetrics, prometheus, json, csv: Value is the source's raw
//	            total, Start is 0. Of several values at one instant the last counts.
//	increments  lines, accesslog: Value is what was counted between Start and At,
//	            At - Start is the interval. It is a source that stands at zero at
//	            the begin of each interval: what metric.Sample says of Start, so
//	            that a store needs no second rule. So that a store which allows
//	            starts to wander a little sees each, intervals are 2 s at least.
//
// A counter of events has a sample for each interval from its first to its last,
// of zero where nothing was counted, as counterd sends them; but none while it is
// silent for longer than Idle. A timing is the sketch of the observations from
// Start to At, and has none for an interval without any. Two reads know nothing of each other: an interval whose
// events are in two files (the day's end, in rotated logs) is whole only if both
// are read at once.
//
// The kind of a series is what # TYPE says, else what metric.KindOf makes of its
// name. Gauges and totals that are not a number, or infinite, are passed over and
// counted under Skipped: they stand for gaps. _created series are passed over too.
//
// # Access logs
//
//	http_requests_total{host,method,status}  one for each line
//	http_response_bytes_total{host}          as far as lines tell bytes
//	http_request_seconds{host}               a timing, as far as they tell durations
//
// host is the server's name, in lower case, without port; the first 200 are
// told apart, the rest and what is no name are "other"; none is no label.
// method is one of HTTP's or WebDAV's, "other", or "none" where the request was
// none. status has three digits, or is "none". An interval holds what was
// finished from its begin on, before its end: servers log whole seconds cut.
//
// # Lines
//
// Names and labels are those that counterd gives; an interval holds what lies
// after its begin, up to its end, like there. Times are for timings here too.
// Gauges stand at their own instant. Not taken are sets and relative gauges,
// which need what came before, and lines that tell no time.
//
// # Bounds
//
// Cells take MemoryBytes; then they are sorted and go to a file in TempDir,
// which has no name there. At the end all such runs are merged, of which there
// are 1,000 at most. Each series takes about 300 bytes besides, MaxSeries bounds
// them; lines are bounded by MaxLineBytes.
package history
