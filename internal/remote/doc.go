// Package remote keeps samples in an engine that exists already, on other
// machines: Prometheus, VictoriaMetrics or what speaks like them. It is the
// other storage behind the two ports: a metric.Sink that hands samples on by
// remote write, and a storage.Queryable that fetches raw samples back for our
// own PromQL engine, so that a rule means the same on one machine and on a
// cluster.
//
//	Put ─► check ─► journal (one record) ─► totals, tail in memory ─► nil
//	                   │                               │
//	                   │                               └─► Reader ◄── what the engine has
//	                   └─ sender, from the cursor on ─► POSTs ─┬─ 2xx: on; the cursor when it is settled
//	                        ▲      backoff, Retry-After        ├─ 415: once more as 1.0
//	                        └──────────────────────────────────┼─ 429, 5xx, none, 401, 404 …: again
//	                                                           └─ 400, 409, 413, 422: in halves, to the one
//	                                                              sample that is refused and counted
//
// # The directory
//
//	remote/lock         one process at a time
//	remote/journal/     what the engine does not have, by internal/durable
//	remote/cursor       next record u64 │ its segment u64
//	remote/totals       version u8 │ last record u64 │ counters and timings: kind, labels,
//	                    last sample, begin of the total, then at, start, raw, total of a
//	                    counter, sum and count of a timing
//	….bad               what could not be understood
//
// A record of the journal is
//
//	number u64 │ samples u32 │ snappy( for each sample: form u8 │ labels │ at │ start │ stand │ … )
//
// all little-endian, times as varints. Behind stand a gauge has its value; a counter
// whose source began but once its value, which is its total; any other the begin of
// its total, the total after the sample, the total at stand, and its value; a timing
// the begin, its running sum and count, and its sketch. Cursor and totals are one
// checked record each, replaced as a whole.
//
// # What is sent
//
// Gauges go as they come; a counter as its running total, which goes on when its
// source begins anew, by the arithmetic of internal/total. So an instant query
// gives the total, and the difference of two instants is what was counted between
// them, as from the archives. Where a source told when it stood at zero, and no
// sample before says so, the total of that instant is sent too (stand), so that
// increase sees the first counts. By remote write 2.0 the begin of the total goes
// along as start timestamp. A timing becomes the series that it is read as:
// quantiles, _min, _max, _stddev of the interval, _sum and _count as running
// totals; and by 2.0 also a native histogram under its own name, a gauge of the
// one interval.
//
// What a total needs is kept with the series: a counter with two labels takes some
// 250 bytes in all (TestMemoryOfACounter). Totals of the silent are kept for 30
// days, for an hour when there are nearly max_series.
//
// # Invariants
//
//   - Put returned nil: the sample is in the journal, and goes on to the engine
//     unless the journal outgrows its bound or the engine refuses it for good;
//     both are counted.
//   - The samples of a series are sent in the order in which they were Put. Several
//     requests run side by side, each for its own series; see sender. To Prometheus
//     they go at most half an hour apart, as it refuses what is older than its newest
//     by an hour; see sectionSpan.
//   - What the sender has in hand is bounded: a round, three requests for each of
//     MaxSends, and is still sent when its segment goes. It counts as dropped if
//     Run ends before the engine answers. A crash then costs it uncounted.
//   - The cursor is saved behind what is settled. With Prometheus that is what was
//     answered; with VictoriaMetrics, of which vminsert answers before it has passed
//     samples on, what was answered Resend ago over connections that hold since.
//   - After a crash, or when a connection broke, what is not settled is sent again:
//     the same instants and values, which VictoriaMetrics and Prometheus 3 pass
//     over. Prometheus 2 refuses the whole request then; its halves find what is new.
//   - Segments go when the cursor is beyond them, and the totals of what they hold
//     are saved.
//   - What was Put is seen by queries at once, from the tail in memory, as long as
//     it is not settled and the tail has room; beyond that when the engine shows it.
//
// # Reading
//
// Points come by remote read (streamed chunks, or samples in one piece) or by the
// export API of VictoriaMetrics, as many as MaxReadSamples for a selector; names
// and values of labels by Prometheus' HTTP API; and both from the tail. While the
// engine is away, present values are answered from what is known of each series,
// with a warning, and so is what lies wholly in the tail; all else is an error.
// PushDown lets the engine answer range queries itself, in its own dialect and
// without the tail.
//
// BUG(remote): when the file of totals is lost, counters begin with their raw
// values again, as those of which nothing is known.
//
// BUG(remote): while the engine refuses every sample for good, as with a limit
// that is passed, each costs two requests.
//
// BUG(remote): of vminserts behind a balancer that keeps its own connections to
// us open, the death of one is seen only if a request is answered with 502 or 504.
package remote
