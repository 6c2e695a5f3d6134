package builtin

import (
	"time"

	"plimsoll/alerting/rule"
	"plimsoll/internal/metric"
)

// hardware is what somebody must replace.
func hardware() []rule.Config {
	return []rule.Config{
		{
			Name: "RaidDegraded", Class: metric.Threshold, For: time.Minute,
			Expr:        `node_md_disks_required - ignoring (state) node_md_disks{state="active"} > 0`,
			Annotations: summary("{{ $labels.device }} on {{ $labels.instance }} lacks {{ $value }} of its disks"),
			Runbook: "cat /proc/mdstat and mdadm --detail /dev/{{ $labels.device }} say which disk is gone, and whether a spare is being filled. " +
				"Replace the disk soon: the next failure may cost the data. If it fell out for no reason that smartctl knows, look at its cable and controller.",
		},
		{
			Name: "MemoryErrors", Class: metric.Threshold, Severity: metric.Critical,
			Expr:        "increase(node_edac_uncorrectable_errors_total[1h]) > 0",
			Annotations: summary("Memory of {{ $labels.instance }} has errors that cannot be corrected"),
			Runbook: "Data in memory were wrong, and may have been written. Take the host out of service, find the module (edac-util -v, or the board's own log) and replace it. " +
				"Check what the host wrote in that time.",
		},
		{
			Name: "MemoryErrorsCorrected", Class: metric.Threshold,
			Expr:        "increase(node_edac_correctable_errors_total[1d]) > 100",
			Annotations: summary("Memory of {{ $labels.instance }} had {{ humanize $value }} errors in a day, all corrected"),
			Runbook: "Single errors are normal; many from one module (edac-util -v) announce those that cannot be corrected. " +
				"Plan to replace it.",
		},
		{
			Name: "BondDegraded", Class: metric.Threshold, For: 2 * time.Minute,
			Expr:        "node_bonding_slaves - node_bonding_active > 0",
			Annotations: summary("{{ $labels.master }} on {{ $labels.instance }} has lost {{ $value }} of its links"),
			Runbook: "cat /proc/net/bonding/{{ $labels.master }} says which one. Look at its cable and at the port of the switch. " +
				"The host is on the net by the others alone.",
		},
		{
			Name: "NetworkDeviceErrors", Class: metric.Threshold, For: 15 * time.Minute,
			Expr: "(rate(node_network_receive_errs_total[5m]) + rate(node_network_transmit_errs_total[5m]))" +
				" / (rate(node_network_receive_packets_total[5m]) + rate(node_network_transmit_packets_total[5m])) > 0.01",
			Annotations: summary("{{ humanizePercentage $value }} of the packets of {{ $labels.device }} on {{ $labels.instance }} are damaged"),
			Runbook: "A cable, a transceiver, or two ends that do not agree about the duplex. ethtool -S {{ $labels.device }} tells the kind of the errors. " +
				"Swap the cable first, then the port.",
		},
	}
}
