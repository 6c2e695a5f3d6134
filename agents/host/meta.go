package host

import (
	"slices"
	"strings"

	"plimsoll/internal/metric"
)

// gauges and counters hold the help texts of the series with fixed names.
var gauges = map[string]string{
	"node_load1":                      "Processes that run or wait, averaged over 1 minute.",
	"node_load5":                      "Processes that run or wait, averaged over 5 minutes.",
	"node_load15":                     "Processes that run or wait, averaged over 15 minutes.",
	"node_procs_running":              "Threads that run or could run.",
	"node_procs_blocked":              "Processes that wait for input or output.",
	"node_boot_time_seconds":          "When the host was started, as Unix time.",
	"node_time_seconds":               "The instant of the measurement, as Unix time.",
	"node_uname_info":                 "Always 1; the labels name the host and its kernel.",
	"node_disk_io_now":                "Requests that the disk works on.",
	"node_filesystem_size_bytes":      "Size of the file system.",
	"node_filesystem_free_bytes":      "Free space, with what is reserved for root.",
	"node_filesystem_avail_bytes":     "Free space for everybody.",
	"node_filesystem_files":           "Files that the file system can hold.",
	"node_filesystem_files_free":      "Files that can still be created.",
	"node_filesystem_readonly":        "Whether the file system is mounted read-only (1).",
	"node_filesystem_device_error":    "Whether the file system did not answer (1).",
	"node_network_up":                 "Whether the device is up (1).",
	"node_network_speed_bytes":        "Speed of the device in bytes per second.",
	"node_filefd_allocated":           "Open file descriptors of all processes.",
	"node_filefd_maximum":             "Most file descriptors that can be open.",
	"node_nf_conntrack_entries":       "Connections that the firewall tracks.",
	"node_nf_conntrack_entries_limit": "Most connections that the firewall can track.",
	"node_scrape_collector_success":   "Whether this part of the host was measured (1).",
}

var counters = map[string]string{
	"node_cpu_seconds_total":                     "Time that the CPU spent in each mode.",
	"node_context_switches_total":                "Switches from one thread to another.",
	"node_intr_total":                            "Interrupts served.",
	"node_forks_total":                           "Processes and threads created.",
	"node_disk_reads_completed_total":            "Reads completed.",
	"node_disk_reads_merged_total":               "Reads merged with others.",
	"node_disk_read_bytes_total":                 "Bytes read.",
	"node_disk_read_time_seconds_total":          "Time that all reads took together.",
	"node_disk_writes_completed_total":           "Writes completed.",
	"node_disk_writes_merged_total":              "Writes merged with others.",
	"node_disk_written_bytes_total":              "Bytes written.",
	"node_disk_write_time_seconds_total":         "Time that all writes took together.",
	"node_disk_io_time_seconds_total":            "Time in which the disk was busy.",
	"node_disk_io_time_weighted_seconds_total":   "Time that all requests took together.",
	"node_network_receive_bytes_total":           "Bytes received.",
	"node_network_receive_packets_total":         "Packets received.",
	"node_network_receive_errs_total":            "Packets received damaged.",
	"node_network_receive_drop_total":            "Packets received and dropped.",
	"node_network_transmit_bytes_total":          "Bytes sent.",
	"node_network_transmit_packets_total":        "Packets sent.",
	"node_network_transmit_errs_total":           "Packets that could not be sent.",
	"node_network_transmit_drop_total":           "Packets dropped instead of sent.",
	"node_pressure_cpu_waiting_seconds_total":    "Time in which a task waited for a CPU.",
	"node_pressure_memory_waiting_seconds_total": "Time in which a task waited for memory.",
	"node_pressure_memory_stalled_seconds_total": "Time in which all tasks waited for memory.",
	"node_pressure_io_waiting_seconds_total":     "Time in which a task waited for input or output.",
	"node_pressure_io_stalled_seconds_total":     "Time in which all tasks waited for input or output.",
}

// Meta describes all series that the agent can return, sorted by name.
func Meta() []metric.Meta {
	var out []metric.Meta
	add := func(kind metric.Kind, prefix, suffix string, help map[string]string) {
		for name, text := range help {
			name = prefix + name + suffix
			out = append(out, metric.Meta{Name: name, Type: kindOf(kind, name).String(), Help: text, Unit: unit(name)})
		}
	}
	add(metric.Gauge, "", "", gauges)
	add(metric.Counter, "", "", counters)
	add(metric.Gauge, "node_memory_", "_bytes", meminfo)
	add(metric.Counter, "node_vmstat_", "", vmstat)
	add(metric.Counter, "node_netstat_", "", netstats)
	add(metric.Gauge, "node_sockstat_", "", sockstats)
	slices.SortFunc(out, func(a, b metric.Meta) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// kindOf makes the one exception among the netstat counters.
func kindOf(kind metric.Kind, name string) metric.Kind {
	if name == "node_netstat_Tcp_CurrEstab" {
		return metric.Gauge
	}
	return kind
}

// unit returns the base unit that a name ends in, _total left aside.
func unit(name string) string {
	name = strings.TrimSuffix(name, "_total")
	for _, u := range []string{"seconds", "bytes"} {
		if strings.HasSuffix(name, "_"+u) {
			return u
		}
	}
	return ""
}
