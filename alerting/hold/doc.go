// Package hold is silences and downtimes: times in which nobody is told of the
// problems that matchers pick. It says when; that a hold keeps back the word of
// a problem, and never a look, a state or a recovery, is for who asks.
//
//	fixed       From ├────────────────┤ Until
//	flexible    From ├─ ─ ─ ▼ ─ ─ ─ ─ ┤ Until         begins with the first problem
//	                        ├──── Flexible ────┤       of the time, and lasts so long
//	recurring   From ├ ▓▓ ─ ─ ▓▓ ─ ─ ▓▓ ─ ─ ▓▓ ─►     windows, in package period's words,
//	                                                   cut by From and Until
//	ended       whatever it was, nothing from Ended on
//
// A flexible hold that recurs begins once in each window. A Hold is kept as JSON,
// durations as nanoseconds. It is a value: Trigger returns a changed copy, and
// its Recurrence is shared and never changed.
//
// Invariants:
//   - A hold without matchers picks nothing unless it says All.
//   - A hold that is Over is never Active again. One whose recurrence cannot be
//     read, since another version wrote it, holds nothing back and is never Over.
//   - Active is true within the Windows, but for a flexible hold that waits:
//     its windows are those in which it may begin.
//   - A silence has an end.
package hold
