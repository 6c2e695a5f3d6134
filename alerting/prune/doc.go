// Package prune helps to keep few rules that matter, of the many that were
// written: what each rule's episodes were good for, what it would have done had
// it been written otherwise, and what should therefore be changed. It changes
// nothing itself.
//
//	stored history ─► Replay: range queries ─► rule.Past ─► state.Next ─► Report
//	                                              │ the same judge as a live look
//	episodes, of the ledger ─► Stats
//	                       └─► Suggest ─► relations, times, nobody cared   ─► YAML to write
//	                              └─► Replay of each candidate, on history ─┘
//	rules that are new ─► Replay ─► Noisy: they start as information
//
// Replay goes through time in stretches: at most 500 instants, six hours and
// about a million points each, so that its memory is bounded whatever the rule
// asks for. It looks each interval of the rule, or as often as the archives have
// rows there if that is less often, which the Report tells of.
//
// Invariants:
//   - A replay over samples that a rule was evaluated on live gives the episodes
//     that it had, if both look at the same instants and the samples are kept at
//     least as densely as the rule looks.
//   - What the archives do not tell is said: spans without data and spans that
//     are coarser than the rule's interval. Neither is made up.
//   - A suggestion names the episodes and the numbers that it rests on, is never
//     applied by itself, and says how to take it back.
//
// A replay begins with no alert: one that was firing before is seen to begin
// with the replay, after its `for`.
package prune
