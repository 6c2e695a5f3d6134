// Package handler decides when an event handler is run: a failed service is
// restarted while its alert is still soft, before anybody is woken. It is pure:
// past orders and an instant go in, a verdict comes out.
//
//	soft, attempt n ─► Decide ─┬─ Run:   order it         queued ─► handed ─┬─► done
//	                           ├─ Wait:  one is under way    │         │    └─► failed
//	                           └─ Spent: page at once        │         └─► expired: nobody knows
//	                                                         └─► refused, or expired: not run
//
// What holds:
//   - A run is paid for when it is ordered, and paid back only if it is known
//     that it was not run: an order that was refused, or never handed out. What
//     became of an expired one is unknown, and so it counts.
//   - Budgets are counted over the orders of the ledger: a restart renews none.
//     After a step of the clock an order counts that lies as far ahead as it
//     would behind.
//   - One order of an alert, and of a handler on an instance, is open at a time.
package handler
