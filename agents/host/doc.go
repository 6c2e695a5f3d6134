// Package host measures the Linux host it runs on, from /proc and /sys, with
// the metric names and labels of prometheus/node_exporter 1.9, so that its
// dashboards and rules work on our data.
//
//	/proc/stat ──────► parseStat ──────┐
//	/proc/meminfo ───► parseMeminfo ───┤
//	/proc/diskstats ─► parseDiskstats ─┼─► batch ─► []metric.Sample
//	statfs(2) ───────► filesystems ────┤
//	…                                  ┘
//
// What holds:
//   - Reading and parsing are separate; parsers take bytes and are pure.
//   - A part that fails does not spoil the others: Sample returns what could be
//     measured together with the error, and node_scrape_collector_success
//     names the part. A part whose source does not exist on this kernel
//     (pressure, conntrack) is left out.
//   - A file system that hangs costs nothing but its own series:
//     node_filesystem_device_error is 1 until its statfs returns.
//   - Counters are the kernel's raw values. Sample.Start is left 0: the kernel
//     derives its boot time from the wall clock, which can differ by a second
//     between two reads, and a changed Start would mean a reset.
//
// It differs from node_exporter's defaults in that it leaves out series that few
// use, and by default the network devices of containers (veth…, cali…), because
// each series costs an archive; and that the file system at / is measured
// whatever its type, so that an agent in a container sees its own.
package host
