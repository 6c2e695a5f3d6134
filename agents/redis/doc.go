// Package redis measures a Redis, or a Valkey, by INFO, with the names and labels
// of oliver006/redis_exporter 1.45, so that its dashboards and rules work on our
// data.
//
//	AUTH [user] password   only with a password
//	INFO all               ─► sections of key:value
//	SLOWLOG LEN            ─► redis_slowlog_length
//
// What holds:
//   - No command that grows with the data is sent: no KEYS, no SCAN. Where
//     SLOWLOG is not allowed, or renamed, its series is missing and nothing else.
//   - Commands that were never called have no series; those that were have calls,
//     time and failures. The exporter's quantiles of latency are left out: they
//     are those of the time since the start and say little about now.
//   - A database without keys has no series.
//   - The password is in no error and no log.
//
// Source of the format: redis/redis src/server.c genRedisInfoString, and the RESP
// specification (redis.io/docs/latest/develop/reference/protocol-spec).
package redis
