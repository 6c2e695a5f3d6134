// Package squid measures a Squid by its cache manager, with the names of
// boynux/squid-exporter 1.11, so that its dashboards and rules work on our data.
//
//	/squid-internal-mgr/counters  key = number          ─► counters, exact
//	/squid-internal-mgr/5min      key = number seconds  ─► medians of service times
//	/squid-internal-mgr/info      text: number unit     ─► clients, memory, file descriptors
//
// What holds:
//   - Rates come from the counters. Those of 5min are averages over five minutes
//     already; only its medians are used, which nothing else tells.
//   - A kilobyte of Squid's is 1,024 bytes. The exporter's
//     squid_client_http_hit_kbytes_out_bytes_total holds kilobytes, here too.
//   - sample_time is not used: its microseconds are written without leading zeros.
//   - Of several workers one answers for all.
//   - squid_up is 0 when the counters could not be read. Where another page is
//     refused (cachemgr_passwd) only its series are missing, and the error told.
//
// Source of the format: squid-cache/squid src/mgr/CountersAction.cc,
// src/mgr/IntervalAction.cc, src/stat.cc. The SNMP agent of Squid is asked by
// package snmp.
package squid
