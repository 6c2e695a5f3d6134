// Package quorum judges services: sets of members of which some may be down
// before anybody need be told. It keeps nothing between two looks.
//
//	Members  PromQL ──► 0: down, else up ─────┐
//	Known    seen before, now silent: down ───┤
//	Checks   names ──► down by a hard alert ──┼─► down of total ─► thresholds
//	Alerts   of a member, hard: down ─────────┘
//
// What counts as down is what is known to be bad: a soft alert does not. Which
// members there should be is known by three means. Checks are configured. A
// member of the vector is remembered for Forget after it was last seen, and
// silent for so long it counts as down. And MinMembers says how many there are
// at the least:
//
//	critical crossed by those known ─► critical
//	fewer known than MinMembers     ─► unknown     (never fewer than one)
//	warning crossed by those known  ─► warning
//	else                            ─► ok
//
// After Forget a silent member is no member any more. If the finding is well
// only since such members are not counted, it says Absent, for as long again:
// nothing was seen to recover, so trouble ends by being closed.
//
//	last seen      + Forget                  + 2 Forget
//	   │   down      │   not counted, Absent     │   gone
//
// Invariants:
//   - Nothing known is unknown, never ok.
//   - Within Forget, that a member falls silent never makes a finding better.
//   - One more member down never makes a finding better.
//   - A query that fails gives an error and no finding.
//
// BUG: a clock that is set forward by more than Forget forgets those that are
// silent at that time. If all are, the finding is unknown.
package quorum
