// Package mongodb measures a mongod or a mongos (from 5.0 on) by its commands, with
// the names and labels of percona/mongodb_exporter 0.40, so that its dashboards and
// rules work on our data.
//
//	hello               ─► the name of the replica set, if there is one
//	saslStart, …        ─► only with a user: SCRAM-SHA-256
//	serverStatus        ─► mongodb_ss_*
//	replSetGetStatus    ─► mongodb_rs_*, lag of each secondary
//
// A message, all numbers little-endian (OP_MSG of the wire protocol):
//
//	length int32 | id int32 | answers int32 | 2013 int32 | flags uint32 | 0 byte | BSON document
//
// What holds:
//   - It was never run against a real server: Debian has none. It is built on the
//     manual and tried with a server of the tests' own, which was itself tried with
//     MongoDB's driver for Go, authentication included. RFC 7677's example holds
//     SCRAM in place.
//   - An answer is at most maxMessage long, and its documents maxDepth deep;
//     whatever a server sends, reading it ends with the tick's deadline.
//   - A lag is told only while the set has a primary, and is that of a secondary's
//     last operation behind the primary's last.
//   - Counters are raw. Of the thousand values of serverStatus those are told that
//     the tables of this package have; the exporter tells all of them. The labels
//     that it adds of the topology (cl_id, rs_nm, …) are left out: give the target
//     labels of its own.
//   - The password is in no error and no log, and never sent. It is stretched
//     again only when it or the server's salt has changed, since that costs some
//     milliseconds.
//
// The account needs the role clusterMonitor on admin.
//
// Sources of the format: the manual's "MongoDB Wire Protocol", "serverStatus" and
// "replSetGetStatus", bsonspec.org 1.1, RFC 5802 and RFC 7677.
//
// BUG: a password or user name of other than ASCII characters has to be given as
// SASLprep leaves it (RFC 4013).
package mongodb
