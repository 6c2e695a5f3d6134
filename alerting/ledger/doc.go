// Package ledger keeps what the alerting engine must not forget: the state of
// each alert, who is to be told, who was told, and the history.
//
//	alert      what each alert is now; one row per check and per bad instance
//	delivery   one row per message, contact and route: the outbox, and the record
//	           of who was told of what
//	event      the history of alerts, bounded in age and number
//	happening  the events that others tell of, bounded for themselves: however
//	           many there are, they push nothing out of the history
//	handler_order  what event handlers were ordered, and what came of it
//	episode    what became of each trouble, kept when its alert is forgotten
//	entry      what people decided: silences, downtimes, who takes a shift
//	meta       the identity of this ledger, its format, the key of its links
//
//	delivery:  queued ──► sent      the other side took it over
//	                 ├──► failed    refused for good, or past its deadline
//	                 └──► dropped   the end of a problem that nobody was told of
//
// It is an SQLite database, DIR/alerting.db, because one transaction can then
// move the state of an alert and queue the messages about it: they are both there
// after a crash, or neither. The same promise over hand-made files would be a
// worse database. It is embedded, needs no cgo (modernc.org/sqlite), and an
// operator can read it with sqlite3. WAL with synchronous=FULL: a commit that
// returned survives a power cut.
//
// Invariants:
//   - A message is queued in the transaction that keeps what follows from it: the
//     state of its alert, and who was told so far.
//   - One episode of an alert has at most one problem, one update of each number,
//     and one end, recovery or closed, for each contact and route (a UNIQUE
//     constraint).
//   - An end is queued for just those routes for which the problem was sent or
//     still is to be sent. It becomes due when its problem was sent, so that it
//     always comes second; if the problem fails, it is dropped. Nobody is told of
//     an end without the begin, even when an outage of the mail server outlasts
//     the trouble: then both arrive, in order.
//   - FallOver queues what waits for a route that is dead for another as well: a
//     problem, then its end. Each of the two is told of both or of neither.
//   - Rows that go in one message are bound in a transaction before it is sent,
//     and stay so: each further attempt sends the same, under the same name.
//   - What is over is bounded in age and number (Prune); who is still to be told
//     of an end is not forgotten.
//   - Messages of one alert to one route are sent in the order they were queued.
//     At most 50 wait; a further problem fails at once, and its end with it.
//
// A file that SQLite cannot read is renamed aside, never deleted, and a new one
// begun; Open says so.
package ledger
