package builtin

import (
	"time"

	"plimsoll/alerting/rule"
	"plimsoll/internal/metric"
)

// logged are the requests that access logs tell of.
const logged = `http_requests_total{vhost!="",class!=""`

// web is what users see, by the access logs and by HAProxy.
func web() []rule.Config {
	return []rule.Config{
		{
			Name: "WebErrors", Class: metric.Threshold, For: 5 * time.Minute,
			Level: above("sum by (job, instance) (rate("+logged+`,code="5xx"}[5m])) / (sum by (job, instance) (rate(`+logged+"}[5m])) > 1)",
				0.05, 0.25, 0.02),
			Annotations: summary("{{ humanizePercentage $value }} of the answers of {{ $labels.instance }} are server errors"),
			Runbook: "The page Logs shows which pages and virtual hosts they are. Was something deployed just then? " +
				"502 and 504 come from the servers behind, 503 from a limit, 500 from the application: look in its error log.",
		},
		{
			Name: "WebSlow", Class: metric.Threshold, For: 15 * time.Minute, Interval: 5 * time.Minute,
			PastWeeks: &rule.PastWeeks{
				Of:         `http_request_duration_seconds{quantile="0.95",vhost!="",class!=""} and ignoring (quantile) rate(http_request_duration_seconds_count[5m]) > 0.2`,
				Deviations: 6, Min: 0.5, Side: "above",
			},
			Annotations: summary("{{ $labels.class }} of {{ $labels.vhost }} on {{ $labels.instance }} is much slower than at this hour of past weeks"),
			Runbook: "One request in twenty takes longer than it used to. Compare with http_upstream_duration_seconds: is it this server or the ones behind? " +
				"Look at their CPU and disks, at slow queries, and at what was deployed.",
		},
		{
			Name: "WebShareLost", Class: metric.Threshold, For: 5 * time.Minute,
			Share:       &rule.Share{Of: "sum by (job, instance) (rate(" + logged + "}[5m]))", By: []string{"job"}, Drop: 0.7, MinTotal: 20},
			Annotations: summary("{{ $labels.instance }} gets {{ humanizePercentage $value }} of the share of requests that it had"),
			Runbook: "Has the balancer taken it out, or lowered its weight? Its health check says why. " +
				"If it was taken out on purpose, this ends by itself, or silence it.",
		},
		{
			Name: "HAProxyBackendDown", Class: metric.Threshold, Severity: metric.Critical, For: 30 * time.Second,
			Expr:        `haproxy_backend_status{state="UP"} == 0`,
			Annotations: summary("No server of {{ $labels.proxy }} at {{ $labels.instance }} is up"),
			Runbook: "Users get 503. The page of HAProxy shows what the checks of its servers found. If all fail alike, the check or what all servers need is broken: " +
				"a database, DNS, a deployment.",
		},
		{
			Name: "HAProxyServerDown", Class: metric.Threshold, For: time.Minute,
			Expr:        `haproxy_server_status{state="DOWN"} == 1`,
			Annotations: summary("{{ $labels.server }} of {{ $labels.proxy }} at {{ $labels.instance }} is down"),
			Runbook: "The balancer has taken it out; the others carry its load. Ask the address of its health check by hand, and look at the service there. " +
				"When it is well, it is put back by itself.",
		},
		{
			Name: "HAProxyQueue", Class: metric.Threshold, For: 5 * time.Minute,
			Expr:        "haproxy_backend_current_queue > 0",
			Annotations: summary("{{ $value }} requests wait for a server of {{ $labels.proxy }} at {{ $labels.instance }}"),
			Runbook: "All servers have as many requests as maxconn lets them. Look whether some are down or slow. " +
				"If all are busy and well, there are too few of them.",
		},
		{
			Name: "CertificateExpires", Class: metric.Resource, Interval: time.Minute,
			Level:       below("probe_ssl_earliest_cert_expiry - time()", 14*86400, 3*86400, 15*86400),
			Annotations: summary("The certificate of {{ $labels.target }} ends in {{ humanizeDuration $value }}"),
			Runbook: "Renew it, and load it into the server: a renewed file that nobody loaded is the usual reason. " +
				"openssl s_client -connect HOST:443 -servername HOST shows what is served.",
		},
	}
}

// pools are the processes that serve the web.
func pools() []rule.Config {
	return []rule.Config{
		{
			Name: "NginxDropsConnections", Class: metric.Threshold, For: 5 * time.Minute,
			Expr:        "rate(nginx_connections_accepted[5m]) - rate(nginx_connections_handled[5m]) > 0.1",
			Annotations: summary("nginx at {{ $labels.instance }} drops {{ humanize $value }} connections a second"),
			Runbook: "It is at worker_connections, or out of file descriptors: the error log says which. " +
				"Raise worker_connections and worker_rlimit_nofile, or find who opens so many.",
		},
		{
			Name: "ApacheWorkersGone", Class: metric.Resource, For: 5 * time.Minute,
			Expr:        `apache_workers{state="idle"} == 0`,
			Annotations: summary("All workers of Apache at {{ $labels.instance }} are busy"),
			Runbook: "New requests wait. server-status shows what the workers do: many of one page wait for what is behind it; many in keepalive, shorten KeepAliveTimeout. " +
				"Raise MaxRequestWorkers only if there is memory for them.",
		},
		{
			Name: "PHPFPMQueue", Class: metric.Resource, For: 5 * time.Minute,
			Expr:        "phpfpm_listen_queue > 0",
			Annotations: summary("{{ $value }} requests wait for a process of PHP-FPM at {{ $labels.instance }}"),
			Runbook: "All processes are busy. The slow log tells what they wait for, most often a database or another service without a time-out. " +
				"Raise pm.max_children only if there is memory and CPU for them.",
		},
	}
}
