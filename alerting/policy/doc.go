// Package policy decides who is told of a problem, and when. It is pure: a case
// and an instant go in; what was decided, and what is to be told, come out.
//
//	case ──► held? ──yes──► nobody new is told          silence, downtime, quorum, dependency
//	          │no
//	          ▼
//	       acknowledged? ──yes──► nobody new is told    until it ends or trouble gets worse
//	          │no
//	          ▼
//	       routes that match now ──► contacts, rotas ──► those not told yet: a problem
//	          │                                          those told: worse, reminder, expired
//	          ▼
//	       escalation steps that are due ──► contacts
//
// Plan is asked when an alert becomes hard and again at each tick as long as it
// is. Whatever passes with time (an escalation that falls due, a silence that
// ends, a period that begins, a handover) is therefore found, and nothing else
// needs a timer. What Plan decided is the case's Telling, which is stored with
// the messages in one transaction: after a crash it goes on where it was.
//
// Invariants:
//   - A contact is in Told at most once, so it is told of the begin at most once.
//   - Nothing here tells of an end: the ledger tells exactly those who were told.
//   - While a case is held or acknowledged, nobody is told. When that ends, those
//     who should know and do not are told once; the clock of the escalation and
//     of the reminders begins anew.
//   - An acknowledgement ends by itself: at its end, when trouble gets worse
//     unless it is sticky, and with the episode.
package policy
