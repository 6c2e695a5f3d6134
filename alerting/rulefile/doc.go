// Package rulefile reads Prometheus' rule files, as Prometheus reads them, and
// runs the unit tests that promtool runs over them.
//
//	rule_files: [rules/*.yml] ─► Load ─► groups ─► rule.Config      alerting rules
//	                                           └─► rule.Recording   recording rules
//	tests.yml ─► test cases ─► Trial (the engine's) over series in memory ─► failures
//
// The format is read by Prometheus' own package model/rulefmt, so that a file
// that loads there loads here. That of the unit tests is promtool's
// (prometheus/prometheus:cmd/promtool/unittest.go).
//
// Invariants:
//   - A rule's Key is of its file, group, name and labels, and of its place among
//     those equal in all that: its alerts live on, as in Prometheus, when its
//     expression or its `for` is changed, and rules of one name stay apart.
//   - Loading reports all that is wrong with all files at once, or returns all.
package rulefile
