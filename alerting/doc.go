// Package alerting looks at services and series, decides what is trouble,
// remembers it, and tells people of its begin and of its end.
//
//	tick(now) ─► fetch: probe (check) or PromQL (rule)     may fail: nothing changes
//	                │ sightings
//	                ▼
//	             decide: state.Next for each alert         pure
//	                │ steps
//	                ▼
//	             commit: states, history and messages      one SQLite transaction
//	                │
//	                ▼
//	             dispatch(now) ─► Send ─► note the result  the outbox, package ledger
//
// The states, drawn in package state, are Nagios' for checks and Prometheus' for
// rules, in one machine:
//
//	OK ──bad──► Soft ──max_attempts (check), for (rule)──► Hard ──good──► OK
//	              └──not bad──► OK, silently                │ ▲
//	                                                 missing▼ │bad
//	                                                      Stale ──no_data──► OK
//
// A soft check is looked at each retry_interval. Reaching Hard begins an episode,
// leaving Hard or Stale for OK ends it. An alert that nothing is seen of for
// no_data, or whose check or rule is removed from the configuration, is closed:
// the same people are told, in words that do not say that all is well.
//
// Who is told is decided apart from that, in one pure place:
//
//	episode, Telling ─┐
//	routes, rotas ────┤                        ┌─► messages, queued in the
//	acknowledgement ──┼─► policy.Plan(now) ────┤   transaction that keeps the
//	holds ────────────┘                        └─► Telling: who knows what
//	  ▲
//	  ├─ silences and downtimes (package hold)
//	  ├─ services: a member's own alert is its service's affair (package quorum)
//	  └─ dependencies: what cannot be reached is not down (package depend)
//
// It is asked at each look at an alert that is hard, and each second for every
// open episode: so it finds by itself that an escalation is due, a silence is
// over, an acknowledgement has run out, somebody else is on call. Nothing of
// that has a timer or a state of its own. Holds and acknowledgements only keep
// the word of a problem from being queued. An end goes to exactly those who were
// told, whatever holds, and the ledger alone knows who they are.
//
// What is judged by others, services and dependencies, looks at the board: what
// all alerts were at the last second. What depends on something waits for
// dependency_wait before anybody is told, as what it depends on is perhaps looked
// at later; and again when that is reachable, as its own last look is older.
//
// At the outbox messages are joined (package ledger, Folding): the first of a
// group goes at once, what follows in one; which rows go in one is stored before
// it is sent.
//
// The rules of a group of a rule file take their turns together: one after the
// other, at one instant, those that record putting what they find into the Sink
// before the next looks (group.go). What is not ok of any rule is written there
// as ALERTS, too (alertseries.go).
//
// What others send comes in beside that: results of passive checks, which are
// judged by the same machine, and events, which are kept to be read.
//
//	PutCheck ─► queue (bounded) ─┐ Run, each tick   a batch: decide ─► one transaction
//	PutEvent ─► queue (bounded) ─┘                  a batch ─► one transaction
//
// Neither call waits for anything but a mutex: a full queue refuses and counts.
// What the ledger does not take stays queued, in order, and is tried again
// after 5 seconds. A passive check is its name and its labels, the host among
// them; it comes into being with its first result. Its state is what it said
// last. When it says nothing for its freshness, one that was bad goes on as a
// series that vanished: Stale, then closed. One that was well becomes unknown,
// of which nobody is told, and is forgotten after as long. Neither is an
// all-clear. At a restart its silence begins anew. Its state is also the series
// service_check_status, in Datadog's numbers, written each 10 seconds: the worst
// since the last time.
//
// A Rehearsal is the same engine on a stage, at instants of the caller's: package
// timeline leads it through stories.
//
// Invariants:
//   - A problem that was sent to a route is followed by exactly one end, recovery
//     or closed, to it; there is no end without a problem; soft states tell nobody.
//     Updates of a problem (reminder, worse, an acknowledgement that ended) come
//     between the two.
//   - What is held back goes on to be measured and shown, and at the end of the
//     hold the truth is told once: a problem that lasts to those who do not know.
//     TestEveryInterleaving looks at all that can happen.
//   - State and messages move together: after a crash both are there or neither.
//     A message is sent at least once, and again only if the crash fell between
//     the other side's acceptance and our note of it. Both copies then carry the
//     same Message-ID, or Idempotency-Key.
//   - A contact that is not reached for fall_over_after, or refuses, has its
//     fallback told of what waits, and of its end. What waits goes on to be
//     tried: who is reached in the end is told as ever.
//   - The heartbeat stops when no rule or no check is evaluated any more.
//   - A clock that goes forward and is set back leaves a store that has samples
//     of the time to come and takes none of now. Until the clock is where it was
//     once looked at, absence is no evidence: it neither closes an alert nor
//     recovers it. And no_data is counted in looks, so that a clock set forward
//     and a service that stood still do not use it up.
//   - A flood of events or of new checks costs a batch a tick, the bounds of the
//     queues and of the ledger, and delays no result of a check that is known.
//   - A query that fails, and a look cut short by shutdown, change no state.
//   - A check or rule that hangs holds one slot until its deadline and delays no
//     other while slots are left; its own missed turns are skipped and counted.
//   - An end that comes while its problem still waits for a dead mail server
//     follows it: the reader gets both, in order. (Dropping both would hide an
//     outage; package ledger says more.)
//
// Event handlers are tried before anybody is told. A look that finds one due makes
// an order in the transaction of the state; who runs it fetches it, and answers:
//
//	soft, due ─► budgets (package handler) ─┬─ left ─► order ─► Take ─► agent ─► Answer
//	                                        │       one transaction, each time
//	                                        └─ used up ─► hard at once
//
// An order is given to one process of an agent, ever. It is not given when its
// time is over, its trouble is, or somebody works there. What ended without an
// answer is expired: what came of it is unknown.
//
// A state that was soft at a restart goes on being soft, and its `for` with it:
// what was bad before and is bad after counts as bad between.
//
// A check is a warning, critical or unknown by what it finds, and no worse than its
// severity allows; one that could not ask the series it looks at has no verdict.
// What checks find and measure goes into the Sink under the names of
// blackbox_exporter: probe_success is 1 for a warning too, as the service answers.
//
// BUG: a state that is held neither good nor missing because its rule's
// expressions do not tell (see package rule) stays until it is seen to be good
// or the rule is removed.
// BUG: `for` and keep_firing_for count wall time: a clock set forward ends them
// early.
// BUG: a clock that is set back while the service is down is not noticed.
// BUG: the series of alerts that end while the service is down end by query.lookback.
package alerting
