package check

import "plimsoll/internal/metric"

// Meta describes what checks measure, but for the numbers of plugins, which
// agents/nagios describes.
func Meta() []metric.Meta {
	gauge := func(name, unit, help string) metric.Meta {
		return metric.Meta{Name: name, Type: "gauge", Unit: unit, Help: help}
	}
	return []metric.Meta{
		gauge("probe_success", "", "Whether the check found its service working (1), with a warning too."),
		gauge("probe_duration_seconds", "seconds", "How long the look took."),
		gauge("probe_http_status_code", "", "The status of the answer that was judged."),
		gauge("probe_http_redirects", "", "Redirects that were followed."),
		gauge("probe_http_duration_seconds", "seconds", "How long each phase of the request took."),
		gauge("probe_ssl_earliest_cert_expiry", "", "When the first of the certificates that were sent ends, as Unix time."),
		gauge("probe_ssl_last_chain_expiry_timestamp_seconds", "seconds", "When the chain of certificates ends that holds longest, as Unix time."),
		gauge("probe_icmp_duration_seconds", "seconds", "How long echoes took on average."),
		gauge("probe_icmp_packet_loss_ratio", "ratio", "The part of the echoes that did not come back."),
		gauge("probe_dns_lookup_time_seconds", "seconds", "How long it took to look up the address of the host."),
		gauge("probe_dns_duration_seconds", "seconds", "How long the name server took to answer."),
		gauge("probe_dns_answer_rrs", "", "Records in the section answer."),
		gauge("probe_dns_authority_rrs", "", "Records in the section authority."),
		gauge("probe_dns_additional_rrs", "", "Records in the section additional."),
		gauge("probe_processes", "", "Processes that were counted."),
		gauge("probe_systemd_units_well", "", "Hosts on which the unit is well."),
		gauge("probe_agents_silent", "", "Hosts that say nothing any more."),
	}
}
