// Package scrape asks any program that exposes metrics for Prometheus, in the text
// format or OpenMetrics, as Prometheus would.
//
//	targets of the configuration ─┐
//	targets of file_sd files ─────┴► one loop each ─► GET /metrics ─► samples + job, instance, labels
//	  (looked at every 10 s)           at its own second of the interval   + up, scrape_…
//
// What holds:
//   - Each target is asked once an interval, at an instant that its URL decides, so
//     that many targets spread over the interval and each keeps its rhythm.
//   - A target that hangs costs its own timeout and nothing else. One that answers
//     with more than MaxBodyBytes or MaxSamples is wrong as a whole: up is 0 and
//     nothing of it is stored, as half of the truth would mislead.
//   - A series that is no longer exposed gets a stale marker, all of a target when
//     it goes away or cannot be asked.
//   - The target's own labels job and instance become exported_job and
//     exported_instance, unless honor_labels says that they win.
//   - A sample that carries a time of its own keeps it. NaN is left out. Counters,
//     histograms and summaries' counts are counters; what has no type is judged by
//     its name.
//   - A file that cannot be read or understood keeps the targets it had, and is
//     counted; a file that is gone has none.
//   - What cannot be put within the interval is dropped and counted: the next
//     scrape is newer.
//
// Sources: prometheus/docs content/docs/instrumenting/exposition_formats.md,
// OpenMetrics 1.0, prometheus/prometheus scrape and discovery/file.
package scrape
