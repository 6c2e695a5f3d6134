// Package counterd is the counter daemon: lines in, aggregated samples out.
// Applications fire one-line counters and timings at it and forget them.
//
//	listen.Listener ─► line.Parser ─► its own shard ─┐ swap of epochs,
//	listen.Listener ─► line.Parser ─► its own shard ─┤ each second
//	 (UDP, TCP, Unix)                                ▼
//	                                 ticker: merges the epochs ──► spool (each second)
//	                                  │ every second   │ at multiples of flush
//	                                  ▼                ▼
//	                               LiveSink         outbox (bounded) ──► Sink
//
// Its parts are packages: listen (sockets, allow-lists, signatures), line (the
// grammar of all dialects, and how names become series), mapping (rules in the
// format of statsd_exporter), spool (the open interval on disk), admin (the words
// of etsy's admin port). Each one's doc.go is its contract.
//
// # Shards and epochs
//
// A shard belongs to one listener, which holds its lock for a batch of datagrams
// at a time. The others who take it, for a moment, are the ticker, for a swap or
// to forget a series; those who look at the account; and whoever opens a tail.
// A record has two cells: the reader writes the one of this epoch, the ticker
// reads and clears the other. No line is handed from goroutine to goroutine, so
// no queue can lose one, and what must be merged is one cell per name and
// listener once a second.
//
//	names  index: hash ─► id            touched [2]bitmap: ids, by epoch
//	            │                             │
//	slab   [record|record|record|…]  ◄────────┘
//	        key · cell[2] · … the reader's and the ticker's
//	        labels · total · start · touched     the series'
//
// A record is a name as one shard knows it and, for most, the series as well;
// another spelling, or another shard, has a record that points to the first, an
// alias. Lines of an alias in the shard of its series count in the series' own
// cells, those of other shards in the alias', of which the ticker merges them. The
// registry knows the series by their labels and who owns each metric name. A
// counter takes some 190 bytes, its name and index entries included
// (`make bench-counterd ARGS='-only ours -scenario memory'`).
//
// # Names
//
// A metric name belongs to the first raw name and type that claim it, or to a
// mapping rule; others that come out the same are refused with the reason "name
// collision" and listed. A line counts whole or not at all, in the unit of the
// rule that its own name matches.
//
// Series are limited in all, by source, and by prefix (the first component of a
// dotted name). What is over a limit is still counted, so that totals stay
// right: for a known metric in its series {__other__="true"}, else under the
// name PREFIX.__other__ or __other__; gauges, which have no total, are refused.
// These names are reserved. Who is over a limit is listed under Offenders. Series
// that a restart brought back are on no source's account.
//
// # What goes out
//
// At wall-clock multiples of flush, so that two daemons agree, every series that
// is alive gives one sample stamped with that instant, whether it was touched or
// not: counters their raw total since the first increment, with Start at the
// flush boundary at or before it, or where the daemon started if that is later;
// gauges their value; sets their size; timings the sketch of the interval, which
// may be empty. Every second LiveSink gets the same, but a timing's sketch is
// that second's alone, and a set's value is its size so far; a series that was
// idle for a minute is shown at flushes only. A series is dropped after it was
// idle for its expiry; a counter that comes back begins again at zero with a new
// Start. Idleness is the time between ticks, of which one counts as a flush at
// most: a clock that is set ahead makes nobody idle. After one that is set back,
// flushes go on at its own multiples; what the Sink has already and refuses as
// late is counted.
//
// Lines that tell their time (DogStatsD's |T) count in the interval that holds
// it, and go out at the next flush. A series that has lines without a time is
// written at each flush, so what comes for an earlier one is refused as too old;
// one whose lines all tell it must go forward, and is not filled up between. Each
// listener knows only its own lines: what it lets through and the series has
// already by another one, the Sink refuses, which is counted.
//
// With one listener, the lines of a gauge count in the order of arrival. With
// more, the order between them is not known within one second: a value that was
// set comes first, then the deltas of listeners that set none.
//
// # What holds
//
//	datagrams sent     = Received + KernelDrops, of datagram sockets
//	lines in Received  = Lines = Parsed + the sum of Bad
//
// Of streams, Received counts the pieces that they were cut into.
//
// The share that the kernel dropped of a listener's datagrams goes out at each
// flush as plimsoll_counterd_lost_ratio{listener}, and Names tells by which
// listeners a series comes: a chart can show where it is incomplete.
//
// Samples that the Sink cannot take wait in the outbox, in order, up to
// max_pending samples; beyond it the oldest go and are counted under Dropped.
// The end of Run is a tick like any other: sockets are read empty, the last
// interval is flushed by the same code, then the outbox drains.
//
// # After a crash, and from one process to the next
//
// Each second the ticker appends what was touched to the spool; a flush that is
// wholly with the Sink is struck off. A daemon that starts reads the spool first
// and goes on from there: a process that was killed loses its last second at
// most, and what the Sink had already cannot count twice, since counters go on
// with their total and Start, and intervals with their time.
//
// To be followed without a gap, a daemon hands its sockets to the next process,
// which is made with Hold: it reads and counts at once, second by second. The old
// one ends (HandOver) with the open interval in the spool. Resume then takes that
// over, and the seconds that were held after it, by the code of any other tick.
// Held seconds of an interval that the old one has flushed count into the next:
// the Sink would refuse them.
package counterd
