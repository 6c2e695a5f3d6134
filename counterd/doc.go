// Package counterd is the UDP counter daemon: lines in, aggregated samples out.
// Applications fire one-line counters and timings at it and forget them.
//
//	socket ──► reader ──► parse in place ──► its own shard ─┐ swap of epochs,
//	socket ──► reader ──► parse in place ──► its own shard ─┤ each second
//	 (SO_REUSEPORT)                                         ▼
//	                                            ticker: merges the epochs
//	                                             │ every second   │ at multiples of flush
//	                                             ▼                ▼
//	                                          LiveSink         outbox (bounded) ──► Sink
//
// A shard belongs to one reader, which holds its lock for a batch of datagrams
// at a time; the only other one to take it is the ticker, for the instant of a
// swap. Each slot of a shard has two accumulators: the reader writes the one,
// the ticker reads and clears the other. No line is handed from goroutine to
// goroutine, so no queue can lose one, and what must be merged is one slot per
// name and reader once a second.
//
// # The grammar
//
// Lines are separated by LF; CR and spaces at the ends are dropped, empty lines
// are nothing. A line that holds "|" is statsd's, else Flickr's. Sources:
// iamcal/Flickr-StatsD lib/Flickr/StatsD.pm; statsd/statsd stats.js and
// docs/metric_types.md; docs.datadoghq.com/extend/dogstatsd/datagram_shell.
//
//	page_view                  page_view_total +1
//	db-query:250               db_query_seconds observes 0.25 (milliseconds, decimals allowed)
//	ok_login:1, ok_login:0     login_total{result="ok"} +1, login_total{result="fail"} +1
//	                           (any number but 0 means ok)
//	hits:3|c|@0.1              hits_total +30
//	upload:320|ms              upload_seconds observes 0.32; |h means the same
//	size:512|d                 size observes 512, in the sender's own unit; may be negative
//	temp:21|g  +2|g  -2|g      temp set, raised, lowered; =-5|g sets a negative value.
//	                           A gauge that is not known yet starts at 0
//	users:bob|s                users: how many different strings there were in the interval
//	a:1|c:2|c  a:1:2:3|ms      several values in one line; a set takes all to the "|" as one string
//	…|#web,host:a              tags become labels {web="true", host="a"}; of equal keys the last
//	                           counts; an empty value is no label
//	…|@0.1                     sample rate in (0, 1]: a weight in count, sum, mean and quantiles.
//	                           Gauges and sets ignore it
//	…|c:id |e:data |card:low   origin fields of DogStatsD: ignored and counted
//	…|T1700000000              refused: "timestamp not supported". The value belongs into an
//	                           interval that is gone; counting it now would be wrong
//	_e{…} and _sc|…            refused: "event", "service check"
//
// The parts after the type may stand in any order. Magnitudes are at most 1e100,
// counts at most 2^53, rates at least 1e-9. A line counts whole or not
// at all. Names become [a-zA-Z0-9_:]: every other character turns into "_", and
// a digit in front gets one before it. Counters end in _total, times in
// _seconds, neither is doubled. A metric name belongs to the first raw name and
// type that claim it; others that come out the same are refused with the reason
// "name collision" and listed. A label may not begin with "__", and a timing may
// not have a label "quantile": "reserved label".
//
// # What goes out
//
// At wall-clock multiples of flush, so that two daemons agree, every series that
// is alive gives one sample stamped with that instant, whether it was touched or
// not: counters their raw total since the first increment, with Start at the
// flush boundary at or before it, or where the daemon started if that is later; gauges their value; sets their size; timings
// the sketch of the interval, which may be empty. Every second LiveSink gets the
// same, but a timing's sketch is that second's alone, and a set's value is its
// size so far. A series is dropped after it was idle for idle_expiry; a counter
// that comes back begins again at zero with a new Start. Idleness is the time
// between ticks, of which one counts as a flush at most: a clock that is set
// ahead makes nobody idle. After one that is set back, flushes go on at its own
// multiples; what the Sink has already and refuses as late is counted.
//
// With one reader a socket, the lines of a gauge count in the order of arrival.
// With more, the order between readers is not known within one second: a value
// that was set comes first, then the deltas of readers that set none.
//
// # What holds
//
//	datagrams sent     = Received + KernelDrops
//	lines in Received  = Lines = Parsed + the sum of Bad
//
// Samples that the Sink cannot take wait in the outbox, in order, up to
// max_pending samples; beyond it the oldest go and are counted under Dropped.
// The end of Run is a tick like any other: sockets are read empty, the last
// interval is flushed by the same code, then the outbox drains.
package counterd
