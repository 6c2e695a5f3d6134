package alerting

import (
	"slices"
	"time"

	"plimsoll/alerting/rule"
	"plimsoll/internal/metric"
)

// DefaultRules watch what every host reports: few, and each a reason to act.
// High load is not among them: by itself it asks for nothing.
func DefaultRules() []rule.Config {
	return []rule.Config{
		{
			Name: "HostDown", Class: metric.UpDown, Severity: metric.Critical,
			Expr:        "(up unless scrape_duration_seconds) == 0",
			Annotations: map[string]string{"summary": "{{ $labels.instance }} has stopped reporting"},
		},
		{ // what an agent asks has its duration told, too; a Nagios check tells of itself
			Name: "ServiceDown", Class: metric.UpDown, Severity: metric.Critical,
			Expr:        `(up{check=""} and scrape_duration_seconds) == 0`,
			Annotations: map[string]string{"summary": "{{ $labels.job }} at {{ $labels.instance }} does not answer"},
		},
		{
			Name: "FilesystemAlmostFull", Class: metric.Resource, Severity: metric.Warning,
			Expr:        writable("1 - node_filesystem_avail_bytes / node_filesystem_size_bytes") + " > 0.90",
			Clear:       writable("1 - node_filesystem_avail_bytes / node_filesystem_size_bytes") + " < 0.85",
			Annotations: map[string]string{"summary": "{{ $labels.mountpoint }} on {{ $labels.instance }} is {{ humanizePercentage $value }} full"},
		},
		{
			Name: "InodesAlmostGone", Class: metric.Resource, Severity: metric.Warning,
			Expr:        writable("1 - node_filesystem_files_free / node_filesystem_files") + " > 0.90",
			Clear:       writable("1 - node_filesystem_files_free / node_filesystem_files") + " < 0.85",
			Annotations: map[string]string{"summary": "{{ $labels.mountpoint }} on {{ $labels.instance }} has used {{ humanizePercentage $value }} of its inodes"},
		},
		{
			Name: "DataDiskFull", Class: metric.Resource, Severity: metric.Critical,
			Expr:        "plimsoll_rrdstore_disk_full == 1",
			Annotations: map[string]string{"summary": "The disk of Plimsoll's own data is full: what is left is kept for what comes in, and soon used up"},
		},
		{
			Name: "ContactUnreached", Class: metric.Threshold, Severity: metric.Warning,
			Expr:        "plimsoll_alerting_contact_unreached == 1",
			Annotations: map[string]string{"summary": "Messages do not reach {{ $labels.contact }} by {{ $labels.channel }}"},
		},
		{
			Name: "SourceOverLimits", Class: metric.Threshold, Severity: metric.Warning, For: 5 * time.Minute,
			Expr:        `rate(plimsoll_collector_source_refused_samples_total{reason!~"late|duplicate"}[5m]) > 0`,
			Annotations: map[string]string{"summary": "Samples of {{ $labels.source }} are refused: {{ $labels.reason }}"},
		},
		{
			Name: "MemoryAlmostGone", Class: metric.Resource, Severity: metric.Warning, For: 5 * time.Minute,
			Expr:        "node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes < 0.05",
			Clear:       "node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes > 0.10",
			Annotations: map[string]string{"summary": "{{ $labels.instance }} has {{ humanizePercentage $value }} of its memory left"},
		},
	}
}

// writable leaves out file systems that are full by nature: those that nobody
// can write to. Its form keeps the level at the root of the expression, where
// package rule can take it off.
func writable(ratio string) string {
	return "((" + ratio + ") unless node_filesystem_readonly == 1)"
}

// missingDefaults returns the default rules whose names are not in rules.
func missingDefaults(rules []rule.Config) []rule.Config {
	return slices.DeleteFunc(DefaultRules(), func(d rule.Config) bool {
		return slices.ContainsFunc(rules, func(r rule.Config) bool { return r.Name == d.Name })
	})
}
