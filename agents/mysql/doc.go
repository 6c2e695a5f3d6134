// Package mysql measures a MySQL (5.7 and newer) or a MariaDB by SQL, with the
// names and labels of prometheus/mysqld_exporter 0.14, so that its dashboards and
// rules work on our data.
//
//	SHOW GLOBAL STATUS           ─► mysql_global_status_*
//	SHOW GLOBAL VARIABLES        ─► mysql_global_variables_*, mysql_version_info
//	SHOW ENGINE INNODB STATUS    ─► mysql_engine_innodb_*, length of the history list
//	SHOW ALL SLAVES STATUS       ─► mysql_slave_status_*, MariaDB
//	SHOW REPLICA STATUS          ─► the same from MySQL 8.0.22 on, which has new words
//	SHOW SLAVE STATUS            ─► the same of older ones
//	information_schema           ─► tablespaces and threads, where configured
//
// What holds:
//   - A lag that is NULL has no sample: a replica that does not replicate is not
//     one without lag. mysql_slave_status_slave_io_running and _sql_running are 0
//     then. Even a lag of 0 says little while io_running is 0.
//   - Each source of a replica has its own series: channel_name on MySQL,
//     connection_name on MariaDB.
//   - MySQL's words source and replica become master and slave, as all dashboards
//     have them.
//   - Counters are raw. FLUSH STATUS and a restart set them back, which the store
//     takes for the reset it is; mysql_global_status_uptime_since_flush_status
//     tells the two apart.
//   - Beyond the exporter's there are the numbers of the logs a replica reads and
//     applies (mysql_slave_status_master_log_file, _relay_master_log_file), without
//     which positions in them say nothing.
//   - Of the hundreds of status values and variables those are told that the
//     tables of this package have. Commands that were never used have no series,
//     nor has Galera where it is not loaded.
//   - The largest tablespaces are asked for at most every ten minutes, as the
//     server looks at every file for it, and told at each tick.
//   - A connection lasts one tick, reads no more than maxRead bytes, and ends with
//     the tick's deadline. The password is read from its file each time and is in
//     no error.
//
// The account needs PROCESS and REPLICATION CLIENT; on MariaDB since 10.5 SLAVE
// MONITOR too, or the state of replication is an error that says so and all else
// is measured. Nothing else: tablespaces are shown with PROCESS, tables would need
// SELECT on them.
//
// Source of the format: the manuals' "Server Status Variables", "SHOW REPLICA
// STATUS" (MySQL 8.4) and "SHOW ALL REPLICAS STATUS" (MariaDB). Tried with MariaDB
// 10.11; what is particular to MySQL 8 is built on its manual and was not run
// against one, as Debian has none.
package mysql
