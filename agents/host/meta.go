package host

import (
	"slices"
	"strings"

	"plimsoll/agents/batch"
	"plimsoll/internal/metric"
)

// gauges and counters hold the help texts of the series with fixed names.
var gauges = map[string]string{
	"node_load1":                             "Processes that run or wait, averaged over 1 minute.",
	"node_load5":                             "Processes that run or wait, averaged over 5 minutes.",
	"node_load15":                            "Processes that run or wait, averaged over 15 minutes.",
	"node_procs_running":                     "Threads that run or could run.",
	"node_procs_blocked":                     "Processes that wait for input or output.",
	"node_boot_time_seconds":                 "When the host was started, as Unix time.",
	"node_time_seconds":                      "The instant of the measurement, as Unix time.",
	"node_uname_info":                        "Always 1; the labels name the host and its kernel.",
	"node_disk_io_now":                       "Requests that the disk works on.",
	"node_filesystem_size_bytes":             "Size of the file system.",
	"node_filesystem_free_bytes":             "Free space, with what is reserved for root.",
	"node_filesystem_avail_bytes":            "Free space for everybody.",
	"node_filesystem_files":                  "Files that the file system can hold.",
	"node_filesystem_files_free":             "Files that can still be created.",
	"node_filesystem_readonly":               "Whether the file system is mounted read-only (1).",
	"node_filesystem_device_error":           "Whether the file system did not answer (1).",
	"node_network_up":                        "Whether the device is up (1).",
	"node_filefd_allocated":                  "Open file descriptors of all processes.",
	"node_filefd_maximum":                    "Most file descriptors that can be open.",
	"node_scrape_collector_success":          "Whether this part of the host was measured (1).",
	"node_scrape_collector_duration_seconds": "How long it took to measure this part of the host.",

	"node_arp_entries":                                 "Neighbours that the host knows, by device.",
	"node_bonding_active":                              "Devices of the bond that are up.",
	"node_bonding_slaves":                              "Devices of the bond.",
	"node_cooling_device_cur_state":                    "How hard the device cools.",
	"node_cooling_device_max_state":                    "How hard the device can cool.",
	"node_disk_info":                                   "Always 1; the labels name the disk.",
	"node_dmi_info":                                    "Always 1; the labels name the machine and its firmware.",
	"node_hwmon_chip_names":                            "Always 1; the label chip_name says what the chip calls itself.",
	"node_hwmon_sensor_label":                          "Always 1; the label label says what the sensor is called.",
	"node_md_blocks":                                   "Blocks of the array.",
	"node_md_blocks_synced":                            "Blocks of the array that are in step.",
	"node_md_disks":                                    "Disks of the array, by their state.",
	"node_md_disks_required":                           "Disks that the array needs to be whole.",
	"node_md_state":                                    "Whether the array is in the state (1).",
	"node_network_carrier":                             "Whether the device's link is there (1).",
	"node_systemd_units":                               "Units of systemd, by state.",
	"node_systemd_unit_state":                          "Whether the unit has failed (1); told of units that have failed since the agent began, and of all states of those that systemd_units names.",
	"namedprocess_namegroup_num_procs":                 "Processes of the group.",
	"namedprocess_namegroup_num_threads":               "Threads of the processes of the group.",
	"namedprocess_namegroup_memory_bytes":              "Memory of the processes of the group, resident or virtual.",
	"namedprocess_namegroup_oldest_start_time_seconds": "When the oldest process of the group began, as Unix time.",
	"node_textfile_mtime_seconds":                      "When the file was changed, as Unix time.",
	"node_textfile_scrape_error":                       "Whether a text file could not be read or understood (1).",
	"node_network_info":                                "Always 1; the labels describe the device.",
	"node_os_info":                                     "Always 1; the labels name the distribution.",
	"node_os_version":                                  "Version of the distribution as a number.",
	"node_processes_max_processes":                     "Greatest number that a process can have.",
	"node_processes_max_threads":                       "Most threads that there can be.",
	"node_processes_pids":                              "Processes that there are.",
	"node_processes_state":                             "Processes by their state, the letter that ps shows.",
	"node_processes_threads":                           "Threads that there are.",
	"node_selinux_current_mode":                        "Whether SELinux enforces its rules (1).",
	"node_selinux_enabled":                             "Whether SELinux is on (1).",
	"node_thermal_zone_temp":                           "Temperature of the zone in degrees Celsius.",
	"node_time_clocksource_available_info":             "Always 1; the label clocksource names a clock that the kernel can use.",
	"node_time_clocksource_current_info":               "Always 1; the label clocksource names the clock that the kernel uses.",
	"node_time_zone_offset_seconds":                    "How far the local time is ahead of UTC.",
	"node_udp_queues":                                  "Bytes that wait in the queues of UDP sockets.",
}

var counters = map[string]string{
	"node_cpu_core_throttles_total":               "Times that the core was slowed down because of heat.",
	"node_cpu_guest_seconds_total":                "Part of the time in user and nice that virtual machines used.",
	"node_cpu_package_throttles_total":            "Times that the CPU was slowed down because of heat.",
	"node_disk_discards_completed_total":          "Discards completed.",
	"node_disk_discards_merged_total":             "Discards merged with others.",
	"node_disk_discarded_sectors_total":           "Sectors discarded, of 512 bytes.",
	"node_disk_discard_time_seconds_total":        "Time that all discards took together.",
	"node_disk_flush_requests_total":              "Flushes completed.",
	"node_disk_flush_requests_time_seconds_total": "Time that all flushes took together.",
	"node_edac_correctable_errors_total":          "Memory errors that were corrected.",
	"node_edac_uncorrectable_errors_total":        "Memory errors that could not be corrected.",
	"node_nfs_connections_total":                  "Connections to NFS servers.",
	"node_nfs_packets_total":                      "Packets of the NFS client.",
	"node_nfs_rpc_authentication_refreshes_total": "Times that the NFS client renewed its credentials.",
	"node_nfs_rpc_retransmissions_total":          "Calls of the NFS client sent again.",
	"node_nfs_rpcs_total":                         "Calls of the NFS client.",
	"node_cpu_seconds_total":                      "Time that the CPU spent in each mode.",
	"node_context_switches_total":                 "Switches from one thread to another.",
	"node_intr_total":                             "Interrupts served.",
	"node_forks_total":                            "Processes and threads created.",
	"node_disk_reads_completed_total":             "Reads completed.",
	"node_disk_reads_merged_total":                "Reads merged with others.",
	"node_disk_read_bytes_total":                  "Bytes read.",
	"node_disk_read_time_seconds_total":           "Time that all reads took together.",
	"node_disk_writes_completed_total":            "Writes completed.",
	"node_disk_writes_merged_total":               "Writes merged with others.",
	"node_disk_written_bytes_total":               "Bytes written.",
	"node_disk_write_time_seconds_total":          "Time that all writes took together.",
	"node_disk_io_time_seconds_total":             "Time in which the disk was busy.",
	"node_disk_io_time_weighted_seconds_total":    "Time that all requests took together.",
	"node_pressure_cpu_waiting_seconds_total":     "Time in which a task waited for a CPU.",
	"node_pressure_memory_waiting_seconds_total":  "Time in which a task waited for memory.",
	"node_pressure_memory_stalled_seconds_total":  "Time in which all tasks waited for memory.",
	"node_pressure_io_waiting_seconds_total":      "Time in which a task waited for input or output.",
	"node_pressure_io_stalled_seconds_total":      "Time in which all tasks waited for input or output.",
	"namedprocess_namegroup_cpu_seconds_total":    "CPU time that the processes of the group used, those too that have ended.",
	"node_systemd_service_restart_total":          "Times that systemd has started the service anew by itself.",
}

// Meta describes all series that the agent can return, sorted by name.
func Meta() []metric.Meta {
	var out []metric.Meta
	add := func(kind metric.Kind, prefix, suffix string, help map[string]string) {
		for name, text := range help {
			name = prefix + name + suffix
			out = append(out, metric.Meta{Name: name, Type: kindOf(kind, name).String(), Help: text, Unit: unitOf(name)})
		}
	}
	add(metric.Gauge, "", "", gauges)
	add(metric.Counter, "", "", counters)
	add(metric.Gauge, "node_memory_", "_bytes", meminfo)
	add(metric.Counter, "node_vmstat_", "", vmstat)
	add(metric.Counter, "node_netstat_", "", netstats)
	add(metric.Gauge, "node_sockstat_", "", sockstats)
	add(metric.Gauge, "node_memory_", "", hugePages)
	for _, c := range netdevColumns {
		add(metric.Counter, c.name, "", map[string]string{"": c.help})
	}
	for _, m := range slices.Concat(batch.Meta(tables()...), sensorMeta()) {
		m.Unit = unitOf(m.Name)
		out = append(out, m)
	}
	slices.SortFunc(out, func(a, b metric.Meta) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// tables are the fields that parts have tables of.
func tables() [][]batch.Field {
	all := [][]batch.Field{
		frequencies, frequencyLimits, schedstats, supplies, singles, conntracks, conntrackStats,
		devices, timexFields, cgroupMeta,
	}
	for _, s := range softnets {
		all = append(all, []batch.Field{s.Field})
	}
	return all
}

// sensorMeta describes what sensors measure, and their limits.
func sensorMeta() []metric.Meta {
	var out []metric.Meta
	seen := map[string]bool{}
	for _, s := range sensors {
		for _, file := range sensorFiles {
			name, _ := s.series(file)
			if seen[name] {
				continue
			}
			seen[name] = true
			out = append(out, metric.Meta{Name: name, Type: s.kind(file).String(), Help: s.help(file)})
		}
	}
	return out
}

// kindOf makes the two exceptions among the netstat counters.
func kindOf(kind metric.Kind, name string) metric.Kind {
	if name == "node_netstat_Tcp_CurrEstab" || name == "node_netstat_Ip_Forwarding" {
		return metric.Gauge
	}
	return kind
}

// unitOf returns the base unit that a name ends in, _total left aside.
func unitOf(name string) string {
	name = strings.TrimSuffix(name, "_total")
	for _, u := range []string{"seconds", "bytes"} {
		if strings.HasSuffix(name, "_"+u) {
			return u
		}
	}
	return ""
}
