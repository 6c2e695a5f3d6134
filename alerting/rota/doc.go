// Package rota says who is on call: the members of a rota take turns, and
// overrides put another in the place of the one whose turn it is.
//
//	start ──shift──┬──shift──┬──shift──┬──shift──►   handovers
//	       ada     │   bob   │   eve   │   ada       members, in order, for ever
//	               └─ada─┘ override                  the newest one wins
//	     ▓▓▓▓▓   ▓▓▓▓▓   ▓▓▓▓▓   ▓▓▓▓▓              during: outside nobody is on
//
// A shift is a number of weeks, days or hours: 2w, 1d, 12h. It is counted on the
// clock of the rota's zone: the n-th handover is when the clock first shows start
// plus n shifts, or later. So a weekly or a daily one comes at the same time of
// day all year, and a shift of 12h has 11 or 13 hours when the clock jumps; one
// that falls whole into an hour left out has no length and is passed over.
//
// Invariants:
//   - At most one contact is on at a time. Nobody is before start, unless an
//     override says so, and nobody ever is outside `during`.
//   - On is constant over each Shift, and Shifts do not overlap.
//   - Of overrides that hold at an instant the one with the highest ID wins.
package rota
