// Package mapping turns the names that programs send into series by rules in
// the file format of statsd_exporter (github.com/prometheus/statsd_exporter,
// README "Metric Mapping and Configuration"), read and expanded by its own
// package mapper, so that the files people have do what they did.
//
//	mappings:
//	- match: "test.dispatcher.*.*"
//	  name: "dispatcher_events_total"
//	  labels: { processor: "$1", outcome: "$2" }
//
// Which rule counts:
//
//   - Globs go before regular expressions; of each the first in the file that
//     matches. With glob_disable_ordering the most specific glob does.
//   - match_metric_type holds a rule to counters (and yes-or-no lines), gauges
//     (and sets), or observers: times and values.
//   - A name comes to Map as it was sent, without the "ok_" of yes-or-no lines.
//   - A name that no rule matches, or whose rule gives it no name, keeps its own.
//
// What differs from statsd_exporter:
//
//   - The name of a rule is final; no "_total" or "_seconds" is put after it.
//   - |h is milliseconds here as |ms is, and so is divided by 1000 before scale.
//   - observer_type, summary_options, histogram_options, ttl and help change
//     nothing: sketches are kept of all observations, and expiry is the
//     daemon's own. Ignored lists those a file has.
//   - Labels that begin with "__", a label "quantile" that observers could get,
//     and scales that are not finite or out of range are refused.
//   - Two kinds of globs match that the library alone would lose: one that is
//     the beginning of one before it ("a.b" after "a.b.c"), and, with
//     glob_disable_ordering, one beside a more specific one that fails later
//     ("*.*.c" beside "a.b.b", for "a.a.c").
//
// BUG: in a glob's label with both "$1" and "%" the library garbles the "%".
package mapping
