// Package host measures the Linux host it runs on, from /proc and /sys, with
// the metric names and labels of prometheus/node_exporter 1.9, so that its
// dashboards and rules work on our data.
//
//	/proc/stat ──────► parseStat ──────┐
//	/proc/meminfo ───► parseMeminfo ───┤
//	/proc/diskstats ─► parseDiskstats ─┼─► batch ─► []metric.Sample
//	statfs(2) ───────► filesystems ────┤
//	*.prom ──────────► exposition ─────┤
//	systemd ─────────► systemd ────────┤
//	…                                  ┘
//
// What holds:
//   - Reading and parsing are separate; parsers take bytes and are pure.
//   - A part that fails does not spoil the others: Sample returns what could be
//     measured together with the error, and node_scrape_collector_success
//     names the part. A part whose source does not exist on this host
//     (pressure, conntrack, sensors, systemd) is left out.
//   - A file system that hangs costs nothing but its own series:
//     node_filesystem_device_error is 1 until its statfs returns.
//   - Counters are the kernel's raw values. Sample.Start is left 0: the kernel
//     derives its boot time from the wall clock, which can differ by a second
//     between two reads, and a changed Start would mean a reset.
//   - What hardly changes (names, limits, link changes, states of processes and
//     of systemd's units, throttling, memory errors) and what costs much to ask
//     for (queues of UDP sockets) is read once a minute and
//     told at each tick.
//   - Groups of processes, with process-exporter's names, and units of systemd one
//     by one are measured only where the configuration names them. A process is
//     of the first group that picks it; what one used before it ended stays in
//     the total of its group.
//   - Services and containers are the control groups *.service and those of
//     container runtimes, with cadvisor's names and its labels id and name, at
//     most Config.MaxCgroups of them. Sessions and transient units (session-…,
//     run-…, user-…) are not measured. A container's name is Docker's, or the
//     first twelve digits of its id.
//   - A text file that would spoil other series, by a name of the agent's own or
//     by coming twice, is refused whole.
//
// It differs from node_exporter's defaults in that it measures the network
// devices of containers (veth…, cali…) and partitions of RAM only when asked to,
// because each series costs an archive; and that the file system at / is
// measured whatever its type, so that an agent in a container sees its own.
//
// What node_exporter has and this agent lacks:
//
//	node_timex_pps_…              no source of pulses per second on servers
//	node_network_…                address_assign_type, device_id, dormant,
//	                              iface_link_mode, name_assign_type and
//	                              net_dev_group: nobody draws them;
//	                              receive_nohandler: one more file a device
//	node_systemd_…                units that never failed, timers, sockets:
//	                              hundreds of series that never change
//	node_nfs_requests_total       a series for each method of each version
//	node_disk_…                   details of device mapper, ATA, file systems
//	zfs, xfs, btrfs, infiniband, fibrechannel, ipvs, nvme, tapestats, rapl,
//	nfsd, csrows of EDAC          few servers have them, or root alone may read
//	                              them; a script for textfiles can
package host
