package builtin

import (
	"time"

	"plimsoll/alerting/rule"
	"plimsoll/internal/metric"
)

// caches are memcached and Squid.
func caches() []rule.Config {
	return []rule.Config{
		{
			Name: "MemcachedRefusesConnections", Class: metric.Threshold, For: 5 * time.Minute,
			Expr:        "rate(memcached_connections_rejected_total[5m]) + rate(memcached_connections_listener_disabled_total[5m]) > 0",
			Annotations: summary("memcached at {{ $labels.instance }} is at its limit of connections"),
			Runbook: "Applications wait, or go to the database instead. See who holds connections (ss -tn dport = :11211 on the clients). " +
				"Use persistent connections and pools, or raise memcached's -c.",
		},
		{
			Name: "SquidErrors", Class: metric.Threshold, For: 10 * time.Minute,
			Level: above("rate(squid_client_http_errors_total[5m]) / (rate(squid_client_http_requests_total[5m]) > 1)", 0.10, 0, 0.05),

			Annotations: summary("{{ humanizePercentage $value }} of the requests to Squid at {{ $labels.instance }} end in an error"),
			Runbook:     "Look in its access log for what fails (TCP_MISS_ABORTED, 503 and 504): is an origin down, or DNS? cache.log tells if Squid itself is short of something.",
		},
		{
			Name: "SquidFileDescriptorsAlmostGone", Class: metric.Resource, For: 5 * time.Minute,
			Level:       below("squid_info_Available_number_of_file_descriptors / squid_info_Maximum_number_of_file_descriptors", 0.10, 0, 0.20),
			Annotations: summary("Squid at {{ $labels.instance }} has {{ humanizePercentage $value }} of its file descriptors left"),
			Runbook: "Without them it takes no more connections. Raise max_filedescriptors and the limit of its unit (LimitNOFILE). " +
				"If clients keep very many idle connections open, shorten client_idle_pconn_timeout.",
		},
	}
}

func mysql() []rule.Config {
	return []rule.Config{
		{
			Name: "MySQLReplicationStopped", Class: metric.Threshold, For: time.Minute,
			Expr:        "mysql_slave_status_slave_io_running * mysql_slave_status_slave_sql_running == 0",
			Annotations: summary("{{ $labels.instance }} does not replicate"),
			Runbook: "SHOW REPLICA STATUS says which half stands, and its last error. An I/O error is the source, the network or the account; " +
				"an SQL error is a statement that does not fit the replica's data. Take the replica out of reading until it has caught up; rebuild it rather than skip statements nobody has read.",
		},
		{
			Name: "MySQLReplicationLag", Class: metric.Threshold, For: 5 * time.Minute,
			Level:       above("mysql_slave_status_seconds_behind_master - mysql_slave_status_sql_delay", 300, 1800, 60),
			Annotations: summary("{{ $labels.instance }} is {{ humanizeDuration $value }} behind its source"),
			Runbook: "Look for a long statement in SHOW PROCESSLIST, on the source for one that changed very many rows, and at the replica's disk. " +
				"Let nobody read from it who needs the present. If it never catches up, let it apply in parallel.",
		},
		{
			Name: "MySQLConnectionsAlmostGone", Class: metric.Resource, For: 5 * time.Minute,
			Level:       above("mysql_global_status_threads_connected / mysql_global_variables_max_connections", 0.85, 0.95, 0.75),
			Annotations: summary("{{ $labels.instance }} has {{ humanizePercentage $value }} of its connections in use"),
			Runbook: "SHOW PROCESSLIST tells who has them. Many that sleep are a pool that is too large or leaks; many that run are queries that wait for something, often for one lock. " +
				"Raise max_connections only if there is memory for them.",
		},
	}
}

func postgres() []rule.Config {
	return []rule.Config{
		{
			Name: "PostgresReplicationLag", Class: metric.Threshold, For: 5 * time.Minute,
			Level:       above("pg_replication_lag_seconds", 300, 1800, 60),
			Annotations: summary("{{ $labels.instance }} is {{ humanizeDuration $value }} behind its primary"),
			Runbook: "Is it connected? pg_stat_replication on the primary lists it, pg_stat_wal_receiver here tells the last message. " +
				"A long query on the standby can hold replay back (max_standby_streaming_delay). A standby that is cut off for long may have to be made anew.",
		},
		{
			Name: "PostgresConnectionsAlmostGone", Class: metric.Resource, For: 5 * time.Minute,
			Level:       above("sum by (job, instance) (pg_stat_activity_count) / max by (job, instance) (pg_settings_max_connections)", 0.85, 0.95, 0.75),
			Annotations: summary("{{ $labels.instance }} has {{ humanizePercentage $value }} of its connections in use"),
			Runbook: "pg_stat_activity tells who has them, and in which state. 'idle in transaction' is an application that forgot to commit. " +
				"A pooler (pgbouncer) serves more clients than a higher max_connections.",
		},
		{
			Name: "PostgresWraparound", Class: metric.Resource,
			Level:       above("max by (job, instance) (pg_database_wraparound_age_datfrozenxid_seconds)", 1e9, 1.6e9, 0.9e9),
			Annotations: summary("A database of {{ $labels.instance }} has not been frozen for {{ humanize $value }} transactions"),
			Runbook: "At 2.1 thousand million the server takes no more writes. Autovacuum cannot finish: look for a transaction, a replication slot or a prepared transaction that is very old, and end it. " +
				"Then VACUUM FREEZE the tables with the greatest age(relfrozenxid).",
		},
		{
			Name: "PostgresArchivingFails", Class: metric.Resource, For: 15 * time.Minute,
			Expr:        "increase(pg_stat_archiver_failed_count[15m]) > 0",
			Annotations: summary("{{ $labels.instance }} cannot archive its WAL"),
			Runbook: "The log has what archive_command said. Until it works there is no recovery to a point in time, and WAL piles up on the disk. " +
				"Look whether the place of the archive is full or cannot be reached.",
		},
	}
}

// stores are Redis and MongoDB.
func stores() []rule.Config {
	return []rule.Config{
		{
			Name: "RedisRefusesConnections", Class: metric.Threshold, For: 5 * time.Minute,
			Expr:        "rate(redis_rejected_connections_total[5m]) > 0",
			Annotations: summary("Redis at {{ $labels.instance }} is at its limit of clients"),
			Runbook: "CLIENT LIST tells who is connected and for how long. Look for a pool that leaks; set a timeout for idle clients. " +
				"Raise maxclients if they are all needed.",
		},
		{
			Name: "RedisReplicaCutOff", Class: metric.Threshold, For: 5 * time.Minute,
			Expr:        "redis_master_link_up == 0",
			Annotations: summary("{{ $labels.instance }} has no connection to its master"),
			Runbook: "It answers with old data, or not at all. INFO replication and its log say what happens: the master is down, refuses the password, or a full copy fails again and again " +
				"(client-output-buffer-limit, disk).",
		},
		{
			Name: "RedisCannotSave", Class: metric.Resource, Severity: metric.Warning,
			Expr:        "redis_rdb_last_bgsave_status * redis_aof_last_write_status == 0",
			Annotations: summary("Redis at {{ $labels.instance }} cannot write its data to disk"),
			Runbook: "By default it refuses writes until it can. Look at the room on its disk, at memory for the copy (vm.overcommit_memory), and in its log. " +
				"BGSAVE tries again.",
		},
		{
			Name: "MongoDBMemberDown", Class: metric.Threshold, For: 2 * time.Minute,
			Expr:        "max by (job, instance, member_idx) (mongodb_rs_members_health) == 0",
			Annotations: summary("{{ $labels.member_idx }} cannot be reached by {{ $labels.instance }}"),
			Runbook: "rs.status() on each member says who sees whom. Restart the member, or mend the network between them. " +
				"With half of the members gone there is no primary, and no writes.",
		},
		{
			Name: "MongoDBReplicationLag", Class: metric.Threshold, For: 5 * time.Minute,
			Level:       above("max by (job, instance, member_idx) (mongodb_mongod_replset_member_replication_lag)", 300, 1800, 60),
			Annotations: summary("{{ $labels.member_idx }} is {{ humanizeDuration $value }} behind its primary"),
			Runbook: "Look at the member's disk and at long operations (db.currentOp()). " +
				"If it falls behind by more than the oplog holds (rs.printReplicationInfo()), it has to be copied anew.",
		},
	}
}

func queues() []rule.Config {
	return []rule.Config{
		{
			Name: "RabbitMQBlocksPublishers", Class: metric.Resource, Severity: metric.Critical,
			Expr:        "rabbitmq_node_mem_alarm + rabbitmq_node_disk_free_alarm > 0",
			Annotations: summary("RabbitMQ at {{ $labels.instance }} takes no more messages"),
			Runbook: "It is short of memory or disk, and all who publish wait. See which queue is long (rabbitmqctl list_queues name messages memory) and why nobody empties it. " +
				"Start more consumers, or purge what is worth nothing.",
		},
		{
			Name: "RabbitMQPartitioned", Class: metric.Threshold, For: time.Minute,
			Expr:        "rabbitmq_partitions > 0",
			Annotations: summary("{{ $labels.instance }} is cut off from {{ $value }} nodes of its cluster"),
			Runbook: "The halves go on by themselves, and what they hold differs. rabbitmqctl cluster_status names them. " +
				"Mend the network, choose the half to trust, and restart the others.",
		},
	}
}
