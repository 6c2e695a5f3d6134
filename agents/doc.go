// Package agents runs what measures: it calls each agent at every tick, stamps
// what it returns, and hands it to a Sink.
//
//	wall clock ─► tick ─► agent ─┐                     ┌─ live tick: LiveSink
//	              (aligned) ─► agent ─┼─► + instance, job ─┤
//	                    ─► agent ─┘                     └─ interval tick: queue ─► Sink
//
// What holds:
//   - Ticks fall on multiples of the interval since the Unix epoch, and samples
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
// At each interval tick the Runner adds, with the labels instance and job,
// plimsoll_agent_interval_seconds, by which the receiver knows that the host is
// alive, plimsoll_agent_dropped_samples_total, and for each agent
// plimsoll_agent_success{agent} and plimsoll_agent_duration_seconds{agent}.
package agents
