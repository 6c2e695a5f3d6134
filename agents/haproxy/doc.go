// Package haproxy measures a process of HAProxy by its stats socket, with the
// names and labels of the exporter that HAProxy 2.6 has itself (addons/promex),
// so that its dashboards and rules work on our data. A test compares the two.
//
//	show stat ─► CSV, columns by their header ─► haproxy_frontend_…{proxy}
//	                                             haproxy_backend_…{proxy}
//	                                             haproxy_server_…{proxy,server}
//	show info ─► key: value ───────────────────► haproxy_process_…
//
// What holds:
//   - Counters are those of the process. Of several processes each has a stats
//     socket, and is a target with a label of its own (labels: {process: "2"});
//     sum() adds them. After a reload the old process serves its connections to
//     their end, and no socket tells of it.
//   - haproxy_server_weight is the weight in force, slow start and agent
//     included; haproxy_server_uweight is the one that was set.
//   - The times "average" are means of the last 1,024 requests: after a step in
//     load they still hold what was before.
//   - Of HAProxy's own series those for each result of a check (check_status) are
//     left out, 16 a server, and agg_…; check_code and status tell most of it.
//
// Source of the format: haproxy/haproxy doc/management.txt, 9.1 and 9.3.
package haproxy
