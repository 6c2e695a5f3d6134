// Package remote is the Sink of agents whose collector is elsewhere: it sends
// samples by Prometheus' remote write 2.0, or 1.0 where the receiver knows only
// that (prometheus.io/docs/specs/prw/remote_write_spec_2_0/).
//
//	Put ─► encode ─► snappy ─► POST /api/v1/write ─┬─ 2xx: accepted
//	         ▲                                     ├─ 415: once more as 1.0
//	         └──── backoff, jitter, Retry-After ◄──┼─ 5xx, 429, 401, 404, no connection
//	               after some: the next receiver   └─ 400, 413, 422: refused for good
//
// What holds:
//   - Put returns when a receiver has answered for good, or ctx ends. It has no
//     queue: the caller, a Runner or a spool, keeps what waits, so that a sample
//     is in one bounded queue only and is acknowledged when the receiver did.
//   - 401, 403, 404 and redirects are faults of the configuration, not of the
//     samples: they are tried again.
//   - One receiver is used at a time, and one request is under way: the samples of
//     a series arrive in order. After Failures requests in a row that failed, but
//     for 429, which asks for patience only, the next receiver is used; every
//     Probe the first is asked to take nothing, and used again when it does.
//   - Samples keep their own instants. Counters carry their start timestamp in
//     2.0 where it is known; 1.0 has no place for it, nor for timings, which are
//     then counted as refused.
//   - A request that may have been stored although its answer was lost is sent
//     again as it was. The collector knows a numbered one (Batch.Stream) and takes
//     of it what is new; where another receiver says that it has the samples, as
//     late or duplicate, that is no loss either. One that refuses such a request
//     as a whole, as Prometheus 2 does, or any that is too large, gets it in halves.
//   - A receiver that says 2xx and tells that it wrote less has refused the rest.
//     Counts that are more than was sent are not believed.
//   - A page that says 200 in the receiver's place, as for maintenance, takes
//     nothing: one in HTML, or without telling what was written, as the
//     receiver did before.
//   - After a fall-back to 1.0 a receiver is used with it until the start.
package remote
