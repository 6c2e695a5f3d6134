package builtin

import (
	"time"

	"plimsoll/alerting/rule"
	"plimsoll/internal/metric"
)

const day = 24 * time.Hour

// reporting is who must be heard of.
func reporting() []rule.Config {
	return []rule.Config{
		{
			Name: "HostDown", Class: metric.UpDown, Severity: metric.Critical,
			Expr:        "(up unless scrape_duration_seconds) == 0",
			Annotations: summary("{{ $labels.instance }} has stopped reporting"),
			Runbook: "Try to reach {{ $labels.instance }}: ping, ssh, its console. If it is up, look whether plimsoll-agent runs there " +
				"(systemctl status plimsoll-agent) and what its log says about the collector. If it is gone for good, retire it: plimsoll host retire.",
		},
		{ // what an agent asks has its duration told, too; a Nagios check tells of itself
			Name: "ServiceDown", Class: metric.UpDown, Severity: metric.Critical,
			Expr:        `(up{check=""} and scrape_duration_seconds) == 0`,
			Annotations: summary("{{ $labels.job }} at {{ $labels.instance }} does not answer"),
			Runbook: "Look whether the service runs, and at the end of its log. If users reach it and only the agent does not, " +
				"look at the account, the address and the firewall that the agent uses: its log says what it was answered.",
		},
	}
}

// written leaves out file systems that are full by nature: those that nobody can
// write to.
func written(of string) string {
	return "((" + of + `) unless node_filesystem_readonly == 1)`
}

const (
	usedBytes  = `node_filesystem_size_bytes{fstype!~"tmpfs|ramfs"} - node_filesystem_avail_bytes`
	usedInodes = `(node_filesystem_files{fstype!~"tmpfs|ramfs"} > 0) - node_filesystem_files_free`
)

// disks fill.
func disks() []rule.Config {
	const where = "{{ $labels.mountpoint }} on {{ $labels.instance }}"
	return []rule.Config{
		{
			Name: "FilesystemAlmostFull", Class: metric.Resource,
			Level:       above(written("1 - node_filesystem_avail_bytes / node_filesystem_size_bytes"), 0.90, 0.97, 0.85),
			Annotations: summary(where + " is {{ humanizePercentage $value }} full"),
			Runbook: "Find what grew: du -xh --max-depth=2 {{ $labels.mountpoint }} | sort -h | tail, and lsof +L1 for deleted files that are still open. " +
				"Remove or move what is not needed; old logs and package caches come first. If all of it is needed, make room or move the service.",
		},
		{
			Name: "InodesAlmostGone", Class: metric.Resource,
			Level:       above(written("1 - node_filesystem_files_free / node_filesystem_files"), 0.90, 0.97, 0.85),
			Annotations: summary(where + " has used {{ humanizePercentage $value }} of its inodes"),
			Runbook: "Without inodes no file can be made, however much room is left. Find directories with very many small files " +
				"(du --inodes -x {{ $labels.mountpoint }} | sort -n | tail): sessions, mail queues and caches that nobody cleans. Clean them, and see that it is done regularly.",
		},
		{
			Name: "FilesystemRunsOut",
			RunsOut: &rule.RunsOut{
				Of: written(usedBytes), Limit: "node_filesystem_size_bytes",
				Within: 30 * day, CriticalWithin: 2 * day, LeadTime: 21 * day,
			},
			Annotations: summary(where + " is full {{ $when }}"),
			Runbook: "Look at the chart of the last month: is it growth, or something that began lately and can be stopped? " +
				"If it is growth, order disks or plan where the data goes before the date given.",
		},
		{
			Name: "InodesRunOut",
			RunsOut: &rule.RunsOut{
				Of: written(usedInodes), Limit: "node_filesystem_files", Within: 14 * day, CriticalWithin: 2 * day,
			},
			Annotations: summary("The inodes of " + where + " run out {{ $when }}"),
			Runbook: "Look at what makes files (du --inodes -x {{ $labels.mountpoint }} | sort -n | tail) and clean up there. " +
				"On ext4 the number of inodes is fixed when the file system is made.",
		},
	}
}

// memory is what hurts all that runs on a host first.
func memory() []rule.Config {
	return []rule.Config{
		{
			Name: "MemoryAlmostGone", Class: metric.Resource, For: 5 * time.Minute,
			Level:       below("node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes", 0.05, 0, 0.10),
			Annotations: summary("{{ $labels.instance }} has {{ humanizePercentage $value }} of its memory left"),
			Runbook: "Look which process grew (the page of the host, or ps aux --sort -rss | head). Restart what leaks; " +
				"lower what was configured too large, such as a database's buffer pool. If nothing helps, the kernel will soon kill a process of its own choice.",
		},
		{
			Name: "OutOfMemoryKill", Class: metric.Resource,
			Expr:        "increase(node_vmstat_oom_kill[10m]) > 0",
			Annotations: summary("{{ $labels.instance }} ran out of memory: the kernel killed a process"),
			Runbook: "dmesg -T | grep -i 'killed process' says which one, and how much each used. Look whether its service runs again. " +
				"Then give the host more memory, or the service less.",
		},
		{
			Name: "MemoryPressure", Class: metric.Resource, For: 5 * time.Minute,
			Expr:        "rate(node_pressure_memory_stalled_seconds_total[5m]) > 0.10",
			Annotations: summary("All work on {{ $labels.instance }} waits for memory {{ humanizePercentage $value }} of the time"),
			Runbook: "The host spends its time fetching back what it put away. Look which processes grew and whether it swaps (vmstat 1: si, so). " +
				"Restart or move something before the host no longer answers.",
		},
		{ // for kernels that do not tell pressure
			Name: "Swapping", Class: metric.Resource, For: 10 * time.Minute,
			Expr:        "rate(node_vmstat_pswpin[5m]) > 1000",
			Annotations: summary("{{ $labels.instance }} reads {{ humanize $value }} pages a second back from swap"),
			Runbook: "Memory that is in use does not fit. Look which processes grew (ps aux --sort -rss | head), and restart or move one. " +
				"Swap that is full but still does no harm; reading from it all the time does.",
		},
	}
}

// hosts is what else is wrong with a host.
func hosts() []rule.Config {
	return []rule.Config{
		{
			Name: "DiskStalled", Class: metric.Threshold, For: 15 * time.Minute,
			Expr:        "rate(node_pressure_io_stalled_seconds_total[5m]) > 0.60",
			Annotations: summary("All work on {{ $labels.instance }} waits for its disks {{ humanizePercentage $value }} of the time"),
			Runbook: "Find the disk (iostat -x 1) and who uses it (pidstat -d 1). A backup or a rebuild of an array ends by itself. " +
				"If a disk is slow without much to do, look for errors in dmesg: it may be dying.",
		},
		{
			Name: "UnitFailed", Class: metric.Threshold, For: 2 * time.Minute,
			Expr:        `node_systemd_unit_state{state="failed"} == 1`,
			Annotations: summary("{{ $labels.name }} on {{ $labels.instance }} has failed"),
			Runbook: "systemctl status {{ $labels.name }} and journalctl -u {{ $labels.name }} say why. Mend it and start it; " +
				"a unit that is not needed any more is better disabled, and forgotten with systemctl reset-failed.",
		},
		{
			Name: "ClockOff", Class: metric.Threshold, For: 10 * time.Minute,
			Expr:        "abs(node_timex_offset_seconds) > 0.05",
			Annotations: summary("The clock of {{ $labels.instance }} is off by {{ humanizeDuration $value }}"),
			Runbook: "Look at the time service: chronyc tracking, or timedatectl timesync-status. Can it reach its servers (UDP 123)? " +
				"Certificates, replication and logs go wrong with clocks.",
		},
		{
			Name: "ClockUnsynchronised", Class: metric.Threshold, Severity: metric.Info, For: time.Hour,
			Expr:        "node_timex_sync_status == 0",
			Annotations: summary("Nothing keeps the clock of {{ $labels.instance }} right"),
			Runbook: "Is a time service installed and running (chrony, systemd-timesyncd, ntpd)? " +
				"A clock that is left alone is off by seconds within weeks.",
		},
		{
			Name: "ConnectionTableAlmostFull", Class: metric.Resource, For: 2 * time.Minute,
			Level:       above("node_nf_conntrack_entries / node_nf_conntrack_entries_limit", 0.80, 0.95, 0.70),
			Annotations: summary("The firewall of {{ $labels.instance }} has {{ humanizePercentage $value }} of its table of connections in use"),
			Runbook: "When it is full, new connections are dropped without a word. See who has most of them (conntrack -L | awk '{print $5}' | sort | uniq -c | sort -n | tail). " +
				"Raise net.netfilter.nf_conntrack_max, or leave busy ports untracked.",
		},
		{
			Name: "TextfileUnreadable", Class: metric.Threshold, For: 10 * time.Minute,
			Expr:        "node_textfile_scrape_error == 1",
			Annotations: summary("A text file of metrics on {{ $labels.instance }} cannot be read"),
			Runbook: "The log of the agent names the file and the line. " +
				"Its series are missing since, and rules about them say nothing.",
		},
	}
}
