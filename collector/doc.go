// Package collector receives samples that others measured, by Prometheus' remote
// write 1.0 and 2.0, keeps every source of samples to its limits, and knows which
// hosts are alive.
//
//	POST /api/v1/write ─► decode ─┐
//	graphite, gmond, SNMP … ──────┼─► From(source) ─► limits ─┬─► Config.Sink
//	local agents ─────────────────┘                           │
//	                                                    hosts, seen now
//	each second: who is silent? ─► up{instance,job} ─► Config.Sink
//
// What holds:
//   - A sample that is refused does not hurt the others of its request: they are
//     stored, and the answer is 400 with the counts and the first one named, so
//     that a Prometheus does not send them again. Where the sink is not
//     available nothing is stored and the answer is 503, so that it does.
//   - A source is one sender: "remote write 10.0.0.7", "graphite 10.0.0.8". Its
//     limits (package limit) are its own: what it sends too much changes nothing
//     for others. It is named in Sources, with what was refused and an example.
//     Over HTTP it is who holds the token or certificate, FromSender, of whom only
//     what he may write is taken; over his rate he is told to wait.
//   - What a request may cost is bounded: its bytes, packed and unpacked, its
//     samples, its labels, the time to send it, and how many run at a time, in
//     all and from one address. What was refused is counted by reason and source.
//   - A host is known once a batch holds its plimsoll_agent_interval_seconds. It
//     is up until three of its intervals have passed without another one. up is
//     1 or 0 at each multiple of its interval since the Unix epoch.
//   - Known hosts are kept in collector-hosts.json, so that a host that fell
//     silent while the collector was down is noticed: it has three intervals
//     from the start to show itself.
//   - The age of data is known of all that has a label instance, by instance and
//     job, and kept in collector-ages.json. A host silent for Config.Retire is
//     retired: it is no longer watched, its up is no longer written, and Ages
//     says when. It comes back by itself when it sends.
//   - up has one writer: the collector for hosts that beat, and for those of
//     Config.Watch that never sent an up of their own.
//   - A series' kind is what its sender says of it. With remote write 1.0, where
//     that comes now and then, the types of 20,000 names are remembered, and kept
//     in collector-types.json; until one is known, the name's suffix decides.
//
// A request of which the answer got lost is sent again. Senders that number their
// samples, as plimsoll-agent does, have nothing taken twice: how far each has come
// is kept in collector-streams.json, each minute and at the end. A request that a
// crash in between cost the collector's memory is judged by the store, which
// refuses what it has as late. What is newer than all that came of a stream is no
// repeat, whatever its number: a machine that was set back to a snapshot, or a spool
// to a backup, gives numbers anew.
//
// Every NaN is passed on as a stale marker, which means "not known". A native
// histogram becomes a timing: a gauge with a start timestamp is that of its
// interval; a cumulative one counts what it grew by since the last one of its
// series, of which the last 20,000 are remembered, half of them for one source.
// Those with custom buckets are refused. Exemplars are ignored, but for ours, which
// tell the least, the greatest and the deviation of a timing.
//
// BUG: the last cumulative histograms are not kept over a restart: what such a
// series counted between the last one before and the first one after is missed.
//
// BUG: metric types sent with remote write 1.0 are remembered by name, not by
// sender: two that disagree about a name change its kind in turn.
package collector
