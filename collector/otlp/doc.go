// Package otlp receives metrics by OTLP/HTTP, in protobuf and JSON, as
// OpenTelemetry's SDKs and collectors send them (open-telemetry/opentelemetry-proto:
// docs/specification.md, opentelemetry/proto/metrics/v1/metrics.proto).
//
//	POST /v1/metrics ─► gate ─► unpack ─► point by point ─┬─► name, labels
//	                                                      ├─► delta: running total
//	                                                      └─► Sink of the sender
//
// # What becomes of a metric
//
//	sum, monotonic           counter NAME_total; deltas are added up
//	sum, else                gauge
//	gauge                    gauge
//	histogram                counters NAME_bucket{le}, NAME_sum, NAME_count
//	exponential histogram    timing: percentiles of each interval; of a cumulative
//	                         one that which came since the last
//	summary                  gauges NAME{quantile}, counters NAME_sum, NAME_count
//
// Names are translated as Prometheus does it (prometheus/otlptranslator): units
// and _total are appended, what is no letter, digit or colon becomes _. The
// resource's service.namespace/service.name is job, service.instance.id is
// instance; its other attributes are labels of target_info, and those of
// Config.Promote of every series.
//
// What holds:
//   - A point that is refused does not hurt the others of its request: the answer
//     is 200 with partial_success, as the protocol asks.
//   - Nothing is decoded as a whole: memory is bounded by the body and by what
//     becomes samples.
//   - The running total of deltas says when it began (Sample.Start), and begins
//     anew when it was forgotten, after a restart or beyond Config.MaxSeries: what
//     remembers the series adds that up, and nothing is lost or counted twice.
//   - A point of the future, of a sender that may not write the series, or without
//     a finite count changes no total, so that those behind it are right.
//   - What could not be stored is forgotten here too, so that the sender's retry
//     counts it once.
//
// Exemplars and scopes are ignored. A point without recorded value is a stale
// marker.
//
// BUG: a delta that is not monotonic has its running total in memory alone: it
// begins at zero again after a restart.
package otlp
