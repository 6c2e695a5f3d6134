// Package push takes groups of metrics as Prometheus' Pushgateway does
// (prometheus/pushgateway: README.md), from jobs that end before anybody could
// ask them.
//
//	PUT    /metrics/job/JOB{/LABEL/VALUE}   replaces the group
//	POST   …                                replaces the metrics of those names
//	DELETE …                                removes the group
//
//	push ─► file of the group ─► 200          each Config.Interval:
//	                                          all series of all groups, as of now ─► SinkFor(source)
//	                                          those that are gone: stale markers
//
// A group is its job with its other labels; LABEL@base64 has its value in base64,
// as for what holds a slash. The labels of a group go over those of its metrics.
// Each group has push_time_seconds and push_failure_time_seconds.
//
// What holds:
//   - A push is taken as a whole or not at all: the text format, OpenMetrics, or
//     protobuf as client libraries push it. Samples with a time of their own are
//     refused, since each stands for now.
//   - What was answered by 200 is on disk, a file for each group, and pushed again
//     after a restart.
//   - A group that nobody pushed for Config.Expire ends: its series become stale.
//     That is the end which a Pushgateway never comes to.
//   - One source has at most a quarter of all groups and series.
//   - Values between two intervals are not seen, as none between two scrapes are.
package push
