// Package remote is a metric.Sink that sends samples to a collector by
// Prometheus' remote write protocol 2.0, or 1.0 where the receiver knows only
// that (prometheus.io/docs/specs/prw/remote_write_spec_2_0/).
//
//	Put ─► encode ─► snappy ─► POST /api/v1/write ─┬─ 2xx: accepted
//	         ▲                                     ├─ 415: once more as 1.0
//	         └───── backoff, jitter, Retry-After ◄─┼─ 5xx, 429, no connection
//	                                               ├─ 400, 413, 422: refused for good
//	                                               └─ other: an error, kept by the caller
//
// What holds:
//   - Put returns when the receiver has answered for good, or ctx ends. It has
//     no queue: the caller, a Runner, keeps what waits, so that a sample is in
//     one bounded queue only and is acknowledged when the receiver did.
//   - 401, 403, 404 and redirects are faults of the configuration, not of the
//     samples: they are errors, and nothing is lost before the queue is full.
//   - Samples keep their own instants. Counters carry their start timestamp in
//     2.0 where it is known; 1.0 has no place for it.
//   - After a fall-back to 1.0 the sink stays with it until it is made anew.
//
// Samples of kind Timing are counted as refused: the protocol carries them only
// as native histograms, which the sink does not write yet.
package remote
