package builtin

import (
	"time"

	"plimsoll/alerting/rule"
	"plimsoll/internal/metric"
)

// network is what SNMP tells.
func network() []rule.Config {
	const port = "{{ $labels.ifName }} of {{ $labels.instance }}"
	return []rule.Config{
		{ // the busier of both directions
			Name: "InterfaceSaturated", Class: metric.Resource, For: 10 * time.Minute, Interval: time.Minute,
			Level: above("8 * (rate(ifHCInOctets[15m]) >= rate(ifHCOutOctets[15m]) or rate(ifHCOutOctets[15m])) / (1e6 * (ifHighSpeed > 0))",
				0.90, 0, 0.80),
			Annotations: summary(port + " is {{ humanizePercentage $value }} busy"),
			Runbook: "Packets are dropped soon, if not yet. See whose traffic it is: flows, or the busiest hosts behind the port. " +
				"A backup can be slowed down or moved to the night; growth needs a faster link.",
		},
		{
			Name: "InterfaceErrors", Class: metric.Threshold, For: 15 * time.Minute, Interval: time.Minute,
			Expr:        "rate(ifInErrors[15m]) + rate(ifOutErrors[15m]) > 1",
			Annotations: summary(port + " has {{ humanize $value }} errors a second"),
			Runbook: "Most often a cable or a transceiver, or two ends that do not agree about the duplex. " +
				"Look at the counters of the other end, too; swap the cable first.",
		},
		{
			Name: "DevicePollIncomplete", Class: metric.Threshold, For: 30 * time.Minute, Interval: time.Minute,
			Expr:        "plimsoll_snmp_poll_complete == 0",
			Annotations: summary("{{ $labels.instance }} does not answer all that it is asked"),
			Runbook: "plimsoll snmp walk tries it by hand. A device that is busy answers late: ask it less, or less often, or give it more time. " +
				"A view that leaves out what is asked for is set in the device.",
		},
	}
}

// own is Plimsoll itself.
func own() []rule.Config {
	return []rule.Config{
		{
			Name: "DataDiskFull", Class: metric.Resource, Severity: metric.Critical,
			Expr:        "plimsoll_rrdstore_disk_full == 1",
			Annotations: summary("The disk of Plimsoll's own data is full: what is left is kept for what comes in, and soon used up"),
			Runbook: "Make room on the disk of its data, at once. Then retire series that nobody sends any more (plimsoll archive), " +
				"or give those that are many a leaner class: plimsoll plan-archives tells what each costs.",
		},
		{
			Name: "ContactUnreached", Class: metric.Threshold,
			Expr:        "plimsoll_alerting_contact_unreached == 1",
			Annotations: summary("Messages do not reach {{ $labels.contact }} by {{ $labels.channel }}"),
			Runbook: "plimsoll notify-test {{ $labels.contact }} says what the other side answers. " +
				"Until it is mended, the fallback of the contact is told, if it has one.",
		},
		{
			Name: "SourceOverLimits", Class: metric.Threshold, For: 5 * time.Minute,
			Expr:        `rate(plimsoll_collector_source_refused_samples_total{reason!~"late|duplicate"}[5m]) > 0`,
			Annotations: summary("Samples of {{ $labels.source }} are refused: {{ $labels.reason }}"),
			Runbook: "The page of the sources, or GET /api/plimsoll/v1/sources, shows what it sends. Too many series come from a label that is different each time. " +
				"Mend the sender, or raise its limits if all of it is wanted.",
		},
		{
			Name: "CountersLost", Class: metric.Threshold, For: 2 * time.Minute,
			Expr:        "plimsoll_counterd_lost_ratio > 0.01",
			Annotations: summary("{{ humanizePercentage $value }} of the datagrams to {{ $labels.listener }} on {{ $labels.instance }} are lost"),
			Runbook: "The kernel drops them before the daemon can read: counts are too low, by that much. Raise net.core.rmem_max, so that the socket can have a larger buffer, " +
				"and look whether the host has CPU left; or count less often, with a sample rate.",
		},
		{
			Name: "AgentDropsSamples", Class: metric.Threshold, For: 5 * time.Minute,
			Expr:        "rate(plimsoll_agent_dropped_samples_total[10m]) > 0",
			Annotations: summary("The agent on {{ $labels.instance }} drops what it measures"),
			Runbook: "Its queue is full: the collector takes less than it sends, or was away for long. Its log says what the collector answers. " +
				"A spool on disk keeps samples for as long as there is room.",
		},
	}
}
