// Package remotewrite encodes samples in Prometheus' remote write protocol, 1.0
// and 2.0 (prometheus.io/docs/specs/prw/remote_write_spec_2_0/), for those who
// send by it: agents to their collector, the service to a distributed engine.
//
// The messages are written field by field, without the generated types: both
// programs stay small, and nothing is built that is only to be written.
package remotewrite
