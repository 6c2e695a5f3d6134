// Package agents runs what measures: it calls each target's agent at every tick
// of the target, labels what it returns, and hands it to a Sink.
//
//	wall clock ─► tick ─► target ─┐                              ┌─ live tick: LiveSink
//	              (aligned) ─► target ─┼─► + instance, job, labels ─┤
//	                    ─► target ─┘                              └─ interval tick: queue ─► Sink
//
// What holds:
//   - Ticks fall on multiples of the target's interval since the Unix epoch, and samples
//     carry the instant of their tick, so that many hosts' samples line up.
//   - An agent has at most one call outstanding. A call that outlives its
//     deadline, 80 % of the interval, is left behind and counted; the agent is
//     asked again when that call has returned. No agent ever delays another.
//   - Samples wait in one bounded queue until the Sink took them, in order and
//     with the instants they were measured at. When the queue is full the
//     oldest are dropped and counted.
//   - When Run's context ends, the calls under way may finish and the queue is
//     put a last time by the same code, within DrainTimeout.
//
// At each tick of its own interval the Runner adds, with the labels instance and
// job, plimsoll_agent_interval_seconds, by which the receiver knows that the host
// is alive, and plimsoll_agent_dropped_samples_total. At each tick of a target it
// adds, with the target's labels, plimsoll_agent_success{agent},
// plimsoll_agent_duration_seconds{agent} and
// plimsoll_agent_last_success_timestamp_seconds{agent}; and for a target with a
// job of its own up and scrape_duration_seconds, as Prometheus tells of a scrape,
// so that rules and dashboards made for exporters hold.
package agents
