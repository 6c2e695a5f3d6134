// Package remote keeps samples in an engine that exists already, on other
// machines: Prometheus, VictoriaMetrics or what speaks like them. It is the
// other storage behind the two ports: a metric.Sink that hands samples on by
// remote write, and a storage.Queryable that fetches raw samples back for our
// own PromQL engine, so that a rule means the same on one machine and on a
// cluster.
//
//	Put ─► check ─► journal (one record) ─► nil
//	                   │
//	                   └─ sender, from the cursor on ─► POST ─┬─ 2xx: cursor moves on
//	                        ▲      backoff, Retry-After       ├─ 415: once more as 1.0
//	                        └─────────────────────────────────┼─ 429, 5xx, none, 401, 404 …: again
//	                                                          └─ 400, 413, 422: in halves, to the one
//	                                                             sample that is refused and counted
//
// # The directory
//
//	remote/lock         one process at a time
//	remote/journal/     what the engine does not have, by internal/durable
//	remote/cursor       next record u64 │ its segment u64
//	remote/totals       version u8 │ last record u64 │ timings: labels, last sample, sum, count
//	….bad               what could not be understood
//
// A record of the journal is
//
//	number u64 │ samples u32 │ snappy( for each sample: kind u8 │ labels │ at │ start │ zero │ value )
//
// all little-endian, at, start and zero as varints; a timing has its running sum
// and count after the sample and its sketch in the place of a value. Cursor and
// totals are one checked record each, replaced as a whole.
//
// # What is sent
//
// Gauges and counters go as they come: a counter as its raw total. Where its
// source told when it stood at zero, and no sample before says so, a zero is
// sent for that instant, so that increase sees the first counts. A timing becomes
// the series that it is read as: quantiles, _min, _max, _stddev of the interval,
// _sum and _count as running totals that go on over restarts; and by remote write
// 2.0 also a native histogram under its own name, a gauge of the one interval.
//
// # Invariants
//
//   - Put returned nil: the sample is in the journal, and goes on to the engine
//     unless the journal outgrows its bound or the engine refuses it for good;
//     both are counted.
//   - Samples are sent in the order in which they were Put. There is one sender:
//     several would need the order kept for each series.
//   - The cursor is saved behind each request that was answered. After a crash the
//     last request is sent again: the same instants and values, which
//     VictoriaMetrics and Prometheus 3 pass over. Prometheus 2 refuses the whole
//     request then; its halves find what is new.
//   - Segments go when the cursor is beyond them, and the totals of what they hold
//     are saved.
//
// # Reading
//
// Points come by remote read (streamed chunks, or samples in one piece) or by the
// export API of VictoriaMetrics, as many as MaxReadSamples for a selector; names
// and values of labels by Prometheus' HTTP API. PushDown lets the engine answer
// range queries itself, in its own dialect.
//
// BUG(remote): what waits in the journal is not seen by queries before the engine
// has it. In an outage of the engine queries fail anyway.
//
// BUG(remote): the total of a counter falls when its source begins anew, where
// the round-robin archives go on; rate and increase are the same.
//
// BUG(remote): while the engine refuses every sample for good, as with a limit
// that is passed, each costs two requests.
package remote
