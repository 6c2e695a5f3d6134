// Package state is the pure state machine of one alert: a verdict at an instant
// goes in, the next state and what changed come out. It knows no clock, no
// database and no network.
//
//	        bad                 enough attempts, and `for` has passed
//	┌────┐ ─────────► ┌──────┐ ─────────────────────────► ┌──────┐
//	│ OK │            │ Soft │                            │ Hard │◄─┐
//	└────┘ ◄───────── └──────┘         ┌───────────────── └──────┘  │ bad again
//	  ▲  ▲   not bad                   │ good (as long as    │      │ or held
//	  │  └─────────────────────────────┘ keep_firing_for)    │ missing
//	  │                                                      ▼      │
//	  │  missing in `no_data` looks, or good             ┌───────┐  │
//	  └───────────────────────────────────────────────── │ Stale │ ─┘
//	                                                     └───────┘
//
// Soft and hard are Nagios' words (nagioscore base/checks.c): a soft state is
// not yet believed and tells nobody. A check is believed by its attempts, a
// rule by its `for`.
//
// Whether an alert flaps is judged beside that, by Flap. The tests hold phases,
// attempts and flapping to Debian's nagios4 on the same results, and list where
// it does otherwise.
//
// Invariants, which the tests explore exhaustively:
//   - Problem comes only from OK or Soft, and each Problem is followed by exactly
//     one Recovery or Ended before the next Problem.
//   - Soft and Stale never make a Problem end by themselves, and a vanished
//     series is no recovery.
//   - Nothing ends by absence while the clock stands before where it once was.
//   - Flapping is a label: it changes no phase and no Change.
//   - No verdict and no step of the clock makes Next panic.
package state
