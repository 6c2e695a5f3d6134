// Package memcache measures a memcached, with the names and labels of
// prometheus/memcached_exporter 0.15 (its slab collector included), so that its
// dashboards and rules work on our data.
//
//	stats          ─► general, commands, extstore
//	stats settings ─► limits and switches
//	stats slabs    ─┐
//	stats items    ─┴► one set of series for each slab class
//
// What holds:
//   - One connection a tick, four questions, at most 1 MiB of answers. Nothing
//     that costs the server is asked: no stats sizes, reset or detail, no
//     cachedump.
//   - What a version does not tell is left out. memcached_up is 0 when not all
//     was answered.
//   - memcached counts cas commands among cmd_set;
//     memcached_commands_total{command="set"} is without them, as the exporter's.
//
// Source of the format: memcached/memcached doc/protocol.txt, "Statistics". The
// CPU times are documented as s:us and printed as s.us with six digits.
package memcache
