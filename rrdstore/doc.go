// Package rrdstore keeps samples in round-robin archives that any rrdtool reads,
// and answers PromQL over them: a metric.Sink and a storage.Queryable.
//
//	Put ─► check ─► journal (one record) ─► state and points in memory ─► nil
//	                   ▲                         │            │
//	                   │ headers before update   │ spread     │ at once
//	                   └──── flush ◄─────────────┘ over 5 min │
//	                           │ rows, then header            ▼
//	                           └────────► archives ─────► Select, Fetch
//
// # The directory
//
//	lock                          one process at a time
//	journal/00000007.wal …        what checkpoint does not hold yet
//	checkpoint, checkpoint.old    state at the begin of a segment
//	reserve                       room that is given up to the journal when the disk is full
//	archives/NAME/k=v,k2=v2.rrd   gauge (column value) or counter (column rate)
//	archives/NAME/k=v@10s.rrd …   timing: one file for each tier
//	retired/…                     the same of series that were long silent, and x~SECOND.state
//	….bad                         what could not be understood
//	….lost                        which samples were in it
//	….rrd.gauge, ….rrd.counter    of a series whose kind changed since
//
// The file names are the index: the labels can be read off them (for very long
// ones off a side file .labels). A file is made at the first update of its
// series, stamped with the instant before the first interval.
//
// # What is stored
//
// A gauge is written as it is. A counter's raw values are turned into
// increments here, by difference, with resets seen by a fall or by a changed
// start; the increment divided by its time goes into the archive as a rate, and
// the running total stays in the state. On read the total goes back over the
// rows. A timing has one open sketch for each tier; at the end of the tier's
// interval it becomes one row of that tier's own file, so that no percentile is
// ever averaged. Before a row that does not follow the last one stands an
// unknown update, so that nothing smears backwards.
//
// # Classes
//
// A rule may give series another class than the standard one: other tiers, other
// peaks, another heartbeat. The class of a series follows from its labels and the
// configuration alone; it is not written down.
//
// # Reading
//
// A query is answered from the finest tier that reaches back to its begin, or a
// coarser one if one row a step of the query is enough, four a range selector.
// Behind the tier's last known row the finer tiers go on, and behind their rows
// what was Put and is in no row yet:
//
//	1h  |■■■■|■■■■|■■■■|
//	1m                 |■|■|■|
//	10s                      |■■■
//	raw                          ··
//
// A point stands at the end of its row. The first unknown row after a known one
// is a stale marker. max_over_time reads MAX rows, min_over_time MIN rows, where
// there are any, and else the finest. An answer from rows that are not the finest
// has an info that names their step and function (query.Coarse). A
// range selector too short for the rows that are left sees points between them,
// but never between those of the finest tier. Over that the scripts of Prometheus'
// own engine pass (rrdstore/compliance).
//
// A series is read when the set of a Select comes to it, with some that come next
// by all processors. The newest value of an instant query is that in memory: no
// archive is opened for it. Fetch counts values
// before it reads any, so that one refused for its size costs little.
//
// The newest rows of what was read stay in memory with the open file
// (rrdfile.Opener.Recent), whose owner alone changes them: an update brings its
// rows in behind them, a backfill or a header that is put back makes them be
// forgotten, and a file that is replaced, moved or closed takes its own along.
//
// # In memory
//
// Of a series its labels are kept and what is known of it now, once. The eleven
// series that a timing is read as are worked out where a query, or a new series
// that may have one of their names, comes upon them; so are the paths of its
// files. A gauge with two labels takes about 300 bytes, a counter 370, a timing
// 900 and its open sketches; thirty points that wait take 110 more, those of a
// timing's finest tier 1,200: package backlog keeps them (TestMemoryOfAPlainSeries,
// TestMemoryOfAnActiveSeries, TestMemoryOfABusyTimer). When their memory passes
// max_buffered_bytes, all archives are updated at once.
//
// # The journal
//
// The first byte of a record is its kind.
//
//	'n' names    CRC32C of the batch that stands behind it, snappy( n, then n times
//	             step<<3 | kind<<1 | defined, n times the time, labels of those
//	             defined ): in one write with the batch
//	'b' batch    n, then for each sample: step<<3 | kind<<1 | defined, where step
//	             leads from the ref behind the one before to this one (zigzag),
//	             labels if defined, time as a difference to the one before,
//	             start (counter), value or sketch
//	'C' close    limit: intervals of timings that ended by then were closed
//	'h' headers  snappy( n × (path, header region as it was before an update) )
//	'S' synced   all updates so far are on disk: earlier headers are void
//	'A' aside    path was set aside: its headers are void
//	'R' retired  labels: the file of the kind before was set aside
//	'T' raised   labels, by how much a total, and a timing's sum, was raised
//	'D' shelved  n × labels: these series were retired; shelf.go has the steps
//	'U' woken    version of the checkpoint, a series as it has it: it came back
//	'2' twice    'S', 'A', 'R', 'T', 'D' or 'U', whole; the same once more follows
//
// Numbers are varints, strings have their length in front. A value is a varint
// of its double's bytes in reverse, so that round numbers are short. Each segment
// tells the labels of each series it names, twice. So a damaged place costs the
// values of one batch at the most, and the names say of whom: the log, and a list
// beside the segment (NNNNNNNN.wal.lost). A point that an archive has all the same
// is not lost, but of a timing, whose totals miss it. Headers and closed intervals
// are there once: they are missed after a crash of the machine, or not at all.
// Of the version before 'B' and 'H' are
// read: the ref itself in front, values as little-endian doubles; nothing packed.
//
// A checkpoint is a sequence of the journal's frames: the first holds version,
// segment and the number of series, the others the series, about 1 MiB in each.
// Beside each open sketch stands the step of its tier, as tiers may change. Points
// that wait are written as they are in memory. A checkpoint of the version before
// is read too.
//
// # The end
//
// When its context ends Run updates all archives and makes a checkpoint, for
// DrainTimeout at the most; Close then only closes. What was not written is in
// the journal, and is written after the next start.
//
// # A disk that is full, or may only be read
//
// When a record finds no room the reserve is removed and the record written
// again, so for a while samples are still acknowledged, and the alert of it has a
// place in its database. No archive is made then; those that are there have their
// room and are updated. When twice the reserve is free it is taken again. When
// even that room is used up, or the disk may only be read, Put fails and Ready
// says why; all can be read. An archive that this process has no permission for
// is read as if it was not there, which is counted, and what is put waits for it.
//
// # Crash states
//
//	died …                                   found                        put right by step
//	in Put, before the journal write         nothing                      – (not acknowledged)
//	in the journal write                     torn tail                    3 (not acknowledged)
//	after it                                 record                       3
//	making a file                            .tmp                         1
//	writing rows of an archive               rows, old header             4, then replay
//	writing its header (also power loss:     torn header, rows missing    4, then replay
//	  header on disk before the rows)
//	after the update, before the sync        record and rows              4, then replay
//	after the sync, before 'S'               record and rows              4, then replay
//	setting a kind's file aside              either file, no 'R'          the next flush
//	writing checkpoint.new                   old checkpoint, journal      2
//	between the two renames                  only checkpoint.old          2
//	before segments are dropped              more journal than needed     2, 3
//
// # Recovery
//
//  1. List the archives; remove files that were being made. One stat tells a
//     file whose size is wrong, a few are opened, to see whether their shape is
//     the one that their class has now.
//  2. Load checkpoint, or if it cannot be read checkpoint.old, or nothing.
//  3. Replay the journal from the checkpoint's segment with the code of Put:
//     the same state and the same waiting points come about.
//  4. Put back the oldest saved header of each file updated since the last
//     sync. Points that a file has are passed over at its next update; those
//     that it lost with the header are written again.
//  5. End what was under way with retired series: the index counts.
//  6. Make series of archives that are not yet known.
//
// # Invariants
//
//   - Put returned nil: the samples are in the journal, or in a checkpoint, or
//     in archives that were synced.
//   - A point leaves the memory only when its update returned nil.
//   - A segment goes only when a checkpoint that was written after a sync of all
//     archives, and the one before it, do without.
//   - Waiting points are in the checkpoint, so nothing before its segment is
//     ever needed.
//   - A file has one owner, and flushes run one at a time, over different files
//     side by side.
//   - Replay is deterministic: no clock is read below Put and Run.
//
// BUG(storage): a coarse row of a counter, a part of which is unknown, is read
// as if its rate had held for the whole row. Over such a row, as the first of a
// series or one with an outage in it, an old increase comes out too large by up
// to the unknown part.
//
// BUG(storage): a sample from the time of a clock that was ahead makes its series
// refuse all others until the clock has caught up, as a ring cannot go back.
// Ready and plimsoll_rrdstore_ahead_seconds tell of it.
//
// BUG(storage): what a series held under another kind can be read by rrdtool in
// the file that was set aside, but no longer be queried.
//
// BUG(storage): after the loss of both checkpoints a counter's total begins with
// what its archive holds, until its source tells more.
package rrdstore
